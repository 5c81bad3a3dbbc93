"""Every wave is estimated as if training had been for it, with one path of gamma."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_waves import estimated, every_wave, in_time, planted, trained, true_margins

from silentnps.estimation.trend.drawn import Drawn
from silentnps.estimation.trend.every_wave import EstimatedWave, estimate_every_wave, n_fits
from silentnps.estimation.trend.wave_groups import ALL, groups_of_wave
from silentnps.estimation.wave.repeat_estimate import RepeatModels
from silentnps.numerics.arrays import Floats
from silentnps.outcome.survey_data import SurveyData

THREE = in_time(*(planted(700, seed, wish=0.4) for seed in range(3)))
MARGINS = np.concatenate([true_margins(THREE), true_margins(THREE, 0.05)])
TRAINED = trained(THREE, MARGINS)
WAVES = every_wave(*TRAINED)


def headline(models: list[RepeatModels]) -> list[float]:
    return [each.by_assumption["selection"] for each in models]


def test_the_wave_of_the_training_is_as_it_was_trained():
    _, repeats, drawn = TRAINED
    own = WAVES[-1]
    assert headline(own.repeats) == [repeat.by_assumption["selection"] for repeat in repeats]
    assert headline(own.bootstrap.models) == headline(drawn.models)


@pytest.mark.parametrize("code", [0, 1])
def test_another_wave_is_as_if_training_had_been_for_it(code: int):
    """Up to what the evidence of gamma depends on the prior of its fit: intervals are 30 points long."""
    wave, repeats, drawn = trained(THREE.of_wave(code), MARGINS)
    assert headline(WAVES[code].repeats) == pytest.approx(
        [repeat.by_assumption["selection"] for repeat in repeats], abs=0.5
    )
    moved, wanted = (np.array(headline(each)) for each in (WAVES[code].bootstrap.models, drawn.models))
    assert np.std(moved - wanted) < 0.25 * np.std(wanted)
    assert WAVES[code].wave.rows.tolist() == wave.rows.tolist()


def test_draws_are_those_of_the_estimate():
    """`Drawn.draws` and `Bootstrap.draws` are two implementations of one formula."""
    wave, repeats, drawn = TRAINED
    wanted = [draw.by_assumption["selection"] for draw in drawn.draws(wave, repeats)]
    number = Drawn.of([repeat.point.nps for repeat in repeats], headline(drawn.originals), headline(drawn.models))
    assert number.draws(drawn.plan).tolist() == pytest.approx(wanted, abs=1e-9)


def test_threads_change_nothing():
    wave, repeats, drawn = TRAINED
    counts = [(int((~other.sample.answered).sum()), 0) for other in wave.others]
    counted: list[int] = []
    again = estimate_every_wave(
        wave, [each.models for each in repeats], drawn, n_silent=counts, n_jobs=2, progress=counted.append
    )
    assert [headline(each.bootstrap.models) for each in again] == [
        headline(each.bootstrap.models) for each in WAVES
    ]
    assert sum(counted) == n_fits(drawn.plan)


def test_one_wave_is_returned_alone():
    data = planted(700, 5, wish=0.4)
    alone = estimated(data, true_margins(data))
    assert len(alone) == 1
    assert alone[0].wave.others == ()


def uninvited(data: SurveyData, share: float = 0.3) -> SurveyData:
    rng = np.random.default_rng(0)
    return replace(data, invited=data.answered | (rng.random(len(data.classes)) > share))


def test_a_sample_of_silent_customers_stands_for_all():
    """Half of the silent customers of the first wave are held; half of them were invited before and after."""
    data = uninvited(THREE)
    silent = np.flatnonzero(~data.answered & (data.waves == 0))
    dropped = np.random.default_rng(1).choice(silent, len(silent) // 2, replace=False)
    kept = np.setdiff1d(np.arange(len(data.classes)), dropped)
    counts = {wave: strata_of(data, wave) for wave in (0, 1)}
    sampled = _estimated(data.take(kept), true_margins(data)[:, kept], counts)[0]
    full = _estimated(data, true_margins(data), counts)[0]
    groups = [groups_of_wave(each)[ALL] for each in (full, sampled)]
    assert [group.n for group in groups] == [700, 700]
    assert [group.n_invited for group in groups] == [int(data.invited[data.waves == 0].sum())] * 2
    assert groups[0].silent is not None
    assert groups[1].silent is not None
    assert groups[1].silent.nps.value == pytest.approx(groups[0].silent.nps.value, abs=6.0)
    assert groups[1].silent.unseen > groups[0].silent.unseen
    odds = [each.repeats[0].selection.alpha for each in (full, sampled)]
    assert odds[1] == pytest.approx(odds[0], abs=0.25)  # without the correction they differ by log 2


def strata_of(data: SurveyData, wave: int) -> tuple[int, int]:
    silent = ~data.answered & (data.waves == wave)
    return int((silent & data.invited).sum()), int((silent & ~data.invited).sum())


def _estimated(data: SurveyData, margins: Floats, counts: dict[int, tuple[int, int]]) -> list[EstimatedWave]:
    wave, repeats, drawn = trained(data, margins)
    n_silent = [counts[code] for code in (0, 1)]
    return estimate_every_wave(wave, [repeat.models for repeat in repeats], drawn, n_silent=n_silent)


def test_replicates_of_the_same_customers_move_together():
    """The same customers with the same answers in both waves: what moves one moves the other.

    Levels are nearly the same: the path of gamma is freer at its end than at its start.
    """
    one = planted(700, 7, wish=0.4)
    same = in_time(one, one)
    waves = estimated(same, true_margins(same))
    groups = [groups_of_wave(each)[ALL] for each in waves]
    assert groups[0].silent is not None
    assert groups[1].silent is not None
    plan = waves[0].bootstrap.plan
    change = groups[1].silent.nps - groups[0].silent.nps
    assert change.value == pytest.approx(0.0, abs=1.5)
    levels = [group.silent.nps.draws(plan).std() for group in groups if group.silent is not None]
    assert change.draws(plan).std() < 0.6 * np.hypot(*levels)
