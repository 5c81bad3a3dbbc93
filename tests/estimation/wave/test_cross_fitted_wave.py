"""A large base is fitted on a sample of its silents: weights, results, segments, earlier waves, never invited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import cross_fitted, survey

from silentnps.config import ModelConfig
from silentnps.estimation.wave import sampled_rows as module
from silentnps.estimation.wave.bootstrap import BootstrapDraw, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.estimation.wave.report import assemble_report
from silentnps.estimation.wave.sampled_rows import fitting_weights, rows_to_fit
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData

MODEL = ModelConfig(repeats=2, folds=2, trees=5)
DATA = survey(4000, intercept=-1.6)


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few hundred silents be many."""
    monkeypatch.setattr(module, "_FEWEST_SILENT", 500)
    monkeypatch.setattr(module, "_SILENT_PER_ANSWER", 1)


def with_earlier_wave(data: SurveyData) -> SurveyData:
    """Return the survey between answers of an earlier wave, which come first and last."""
    earlier = survey(300, seed=9)
    old = earlier.features[earlier.answered], earlier.classes[earlier.answered]
    n, m = len(data.classes), len(old[1])
    parts = [old[0].iloc[:50], data.features, old[0].iloc[50:]]
    return replace(
        data,
        features=pd.concat(parts, ignore_index=True),
        classes=np.concatenate([old[1][:50], data.classes, old[1][50:]]),
        target=np.isin(np.arange(n + m), np.arange(50, 50 + n)),
        invited=np.concatenate([np.ones(50, dtype=np.bool_), data.invited, np.ones(m - 50, dtype=np.bool_)]),
        persons=np.arange(n + m),
    )


def partly_invited(data: SurveyData, share: float = 0.3) -> SurveyData:
    invited = np.random.default_rng(3).random(len(data.classes)) < share
    return replace(data, invited=invited, classes=np.where(invited, data.classes, -1))


Estimated = tuple[CrossFittedWave, list[RepeatEstimate]]


def estimated(data: SurveyData, *, random_state: int = 0) -> Estimated:
    """Return a wave and its repeats; `random_state` decides which silent customers are drawn."""
    segments = pd.DataFrame({"third": np.array(list("abc"))[np.arange(data.target.sum()) % 3]})
    wave = cross_fitted(data, MODEL, segments=segments, replicates=10)
    margins, splits = wave.margins, wave.splits
    if random_state:
        wave = replace(cross_fitted(data, MODEL, segments=segments, replicates=10, random_state=random_state))
        wave = replace(wave, margins=margins, splits=splits)
    return wave, estimate_repeats(wave)


def nps_of(repeats: list[RepeatEstimate]) -> float:
    return float(np.mean([repeat.point.nps for repeat in repeats]))


def draws_of_wave(wave: CrossFittedWave, repeats: list[RepeatEstimate], *, n: int = 10) -> list[BootstrapDraw]:
    return bootstrap(wave, repeats, replicates=n).draws(wave, repeats)


def test_small_bases_are_fitted_whole():
    assert (rows_to_fit(DATA, random_state=0) == np.arange(4000)).all()
    assert (fitting_weights(DATA, np.arange(4000)) == 1.0).all()
    wave, _ = estimated(DATA)
    assert wave.sampled() is wave
    assert wave.row_weights is None


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize("data", [DATA, with_earlier_wave(DATA), partly_invited(DATA)])
def test_all_answers_are_kept_and_weights_sum_to_the_number_of_silents(data: SurveyData):
    kept = rows_to_fit(data, random_state=0)
    weights = fitting_weights(data, kept)
    assert (np.diff(kept) > 0).all()
    assert np.isin(np.flatnonzero(data.answered), kept).all()
    assert (weights[data.answered] == 1.0).all()
    most = max(data.n_answers, 500)
    for group in (~data.answered & data.invited, ~data.answered & ~data.invited):
        assert weights[group].sum() == pytest.approx(group.sum())
        assert np.isin(kept, np.flatnonzero(group)).sum() == min(most, group.sum())
    assert (weights[np.setdiff1d(np.arange(len(weights)), kept)] == 0.0).all()


@pytest.mark.usefixtures("thin")
def test_the_invited_silents_are_not_crowded_out_by_the_never_invited(monkeypatch: pytest.MonkeyPatch):
    # Where all the invited are kept, the fit is that of the whole base.
    data = partly_invited(DATA)
    monkeypatch.setattr(module, "_FEWEST_SILENT", 1000)
    wave, repeats = estimated(data)
    assert wave.headline == "selection"
    assert len(wave.sampled().data.classes) < 2500
    monkeypatch.setattr(module, "_FEWEST_SILENT", 10_000)
    assert nps_of(repeats) == pytest.approx(nps_of(estimated(data)[1]), abs=0.5)


@pytest.mark.usefixtures("thin")
def test_every_silent_customer_is_in_the_estimate():
    wave, repeats = estimated(DATA)
    one, sample = repeats[0].point, wave.sample
    assert len(one.silent_probabilities) == 4000
    silent = ~DATA.answered
    expected = one.silent_probabilities @ CLASS_VALUES
    gap = one.corrections[~silent] @ (CLASS_VALUES[DATA.classes[~silent]] - expected[~silent])
    assert one.nps == pytest.approx(expected[silent].mean() + gap, abs=1e-9)
    assert (sample.weights > 0).sum() < 2000


@pytest.mark.usefixtures("thin")
def test_a_replicate_sees_the_kept_rows_only_and_aligned():
    data = with_earlier_wave(DATA)
    wave, repeats = estimated(data)
    kept, sample = rows_to_fit(data, random_state=0), wave.sampled()
    assert (sample.data.classes == data.classes[kept]).all()
    assert (sample.data.target == data.target[kept]).all()
    assert (sample.rows == np.flatnonzero(sample.data.target)).all()
    assert (sample.sample.classes == sample.data.classes[sample.data.target]).all()
    assert sample.row_weights == pytest.approx(fitting_weights(data, kept)[kept])
    rows = kept[data.target[kept]] - 50
    assert (sample.segmentations[0].codes == rows % 3).all()
    assert (sample.design.design == wave.design.design[kept]).all()
    assert (sample.margins == wave.margins[:, kept]).all()
    assert (sample.sample.drivers == wave.sample.drivers[rows]).all()
    draws = draws_of_wave(wave, repeats, n=3)
    assert np.isfinite([draw.by_assumption["selection"] for draw in draws]).all()


@pytest.mark.slow
def test_with_four_silents_an_answer_the_estimate_hardly_moves(monkeypatch: pytest.MonkeyPatch):
    # Root mean square over four draws of the silents, against the error of the estimate itself.
    data = survey(6000, intercept=-2.6)
    wave, repeats = estimated(data)
    error = np.std([draw.by_assumption["selection"] for draw in draws_of_wave(wave, repeats, n=60)])
    monkeypatch.setattr(module, "_FEWEST_SILENT", 100)
    thinned = [estimated(data, random_state=state) for state in range(4)]
    assert all(len(one.sampled().data.classes) == 5 * data.n_answers for one, _ in thinned)
    gaps = np.array([nps_of(of_state) for _, of_state in thinned]) - nps_of(repeats)
    assert 0 < np.mean(gaps**2) ** 0.5 < 0.5 * error
    draws = draws_of_wave(*thinned[0], n=60)
    thinned_error = np.std([draw.by_assumption["selection"] for draw in draws])
    assert thinned_error == pytest.approx(error, rel=0.5)


@pytest.mark.usefixtures("thin")
def test_segments_of_a_thinned_base_add_up():
    wave, repeats = estimated(DATA)
    got = assemble_report(wave, repeats, draws_of_wave(wave, repeats))
    third = got.segments
    silent = third["n"] - third["n_respondents"]
    assert silent.sum() == got.silent.n == (~DATA.answered).sum()
    assert (third["value"] @ silent) / silent.sum() == pytest.approx(got.silent.value, abs=1e-9)
    assert (third["base_value"] @ third["n"]) / 4000 == pytest.approx(got.base.value, abs=1e-9)


@pytest.mark.usefixtures("thin")
def test_the_drawn_silents_follow_the_random_state():
    one, again, other = (estimated(DATA, random_state=state) for state in (0, 0, 1))
    assert nps_of(one[1]) == nps_of(again[1])
    first, second = (draws_of_wave(*each)[0].by_assumption for each in (one, again))
    assert first == second
    assert nps_of(one[1]) != nps_of(other[1])
