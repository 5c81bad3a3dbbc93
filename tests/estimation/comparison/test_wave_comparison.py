"""A wave's comparison: the numbers of its estimate by segment, and truth that is covered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit
from surveys import QUICK, cross_fitted, survey

from silentnps.estimation.comparison.wave_comparison import compare_wave, comparison_of_draws, repeats_of
from silentnps.estimation.wave.bootstrap import Bootstrap, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.estimation.wave.segment_table import segment_differences, segment_table
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData, tidy_features

N = 700
Made = tuple[CrossFittedWave, list[RepeatEstimate], Bootstrap]


def made(data: SurveyData, segments: pd.DataFrame, *, replicates: int = 10, seed: int = 0) -> Made:
    wave = cross_fitted(data, QUICK, segments=segments, random_state=seed, replicates=replicates)
    repeats = estimate_repeats(wave)
    return wave, repeats, bootstrap(wave, repeats, replicates=replicates)


@pytest.fixture(scope="module")
def small() -> Made:
    data = survey(N)
    cut = pd.DataFrame({"channel": data.features["channel"], "half": np.arange(N) % 2})
    return made(data, cut.astype(str))


def test_levels_and_pairs_are_those_of_the_estimate_to_the_last_digit(small: Made) -> None:
    wave, repeats, drawn = small
    draws = drawn.draws(wave, repeats)
    found = compare_wave(wave, repeats, drawn, against="pairs")
    levels = segment_table(wave, repeats, draws)
    pd.testing.assert_frame_equal(found.levels.drop(columns="answer_rate"), levels, check_exact=True)
    assert (found.levels["answer_rate"] == levels["n_respondents"] / levels["n"]).all()
    pairs = segment_differences(wave, repeats, draws)
    same = found.differences.merge(pairs, on=["segmentation", "segment", "other"], suffixes=("", "_estimated"))
    assert len(same) == len(pairs) == len(found.differences) == 4
    for name in ("difference", "low", "high", "standard_error"):
        assert (same[name] == same[f"{name}_estimated"]).all(), name


def test_models_that_were_kept_give_the_same_comparison(small: Made) -> None:
    wave, repeats, drawn = small
    again = repeats_of(wave, [repeat.models for repeat in repeats])
    one, two = (compare_wave(wave, each, drawn, against="base") for each in (repeats, again))
    pd.testing.assert_frame_equal(one.differences, two.differences)


def test_the_settings_of_the_wave_are_used(small: Made) -> None:
    wave, repeats, drawn = small
    draws = drawn.draws(wave, repeats)
    strict = replace(wave, estimation=wave.estimation.model_copy(update={"confidence_level": 0.99}))
    few = replace(wave, estimation=wave.estimation.model_copy(update={"min_segment_n": 300}))
    plain, wide, less = (
        comparison_of_draws(each, repeats, draws, against="base").differences for each in (wave, strict, few)
    )
    assert (wide["joint_high"] - wide["joint_low"] > plain["joint_high"] - plain["joint_low"]).all()
    assert set(less["segmentation"]) == {"half"}  # of the three channels none has 300


def planted(n: int, seed: int, *, gap: float) -> tuple[SurveyData, pd.DataFrame, Integers]:
    """Return a survey with the classes of all, and a cut in three: the first is `gap` points above the others.

    Another cut, at random, has no gap. Who answers depends on tenure and on satisfaction.
    """
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n)
    late, tenure = rng.normal(size=n), rng.gamma(2.0, 2.0, n)
    happy = 0.2 - late + gap / 30.0 * (group == 0) + rng.logistic(size=n)
    classes = np.digitize(happy, [-0.6, 0.8]).astype(np.int64)
    answered = rng.random(n) < expit(-1.2 + 0.2 * tenure + 0.3 * (classes - 1))
    names = np.array(["a", "b", "c"])[group]
    features = tidy_features(pd.DataFrame({"tenure": tenure, "late": late, "group": names}))
    data = SurveyData(
        features=features,
        classes=np.where(answered, classes, -1),
        target=np.ones(n, dtype=np.bool_),
        invited=np.ones(n, dtype=np.bool_),
        persons=np.arange(n),
        response_drivers=("tenure", "group"),
        shadow_features=("late",),
    )
    return data, pd.DataFrame({"group": names, "chance": rng.choice(["x", "y", "z"], n)}), classes


def true_differences(table: pd.DataFrame, cut: pd.DataFrame, classes: Integers, silent: Floats) -> Floats:
    """Return the realised differences between silent customers, as simulated."""
    values = CLASS_VALUES[classes]
    truth = []
    for row in table.to_dict("records"):
        here = (cut[row["segmentation"]] == row["segment"]).to_numpy()
        truth.append(values[here & silent].mean() - values[~here & silent].mean())
    return np.array(truth)


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.0, 10.0])
def test_planted_differences_are_covered_and_none_is_found_where_there_is_none(gap: float) -> None:
    # one survey a time: intervals of one survey are not independent
    repetitions, missed, wrong, alone = 40, 0, 0, np.zeros(6)
    for seed in range(repetitions):
        data, cut, classes = planted(900, seed, gap=gap)
        wave, repeats, drawn = made(data, cut, replicates=20, seed=seed)
        table = compare_wave(wave, repeats, drawn, against="base").differences
        truth = true_differences(table, cut, classes, ~data.answered)
        missed += bool(((truth < table["joint_low"]) | (truth > table["joint_high"])).any())
        chance = table["segmentation"] == "chance"
        wrong += bool((table["differs"] & (chance | (gap == 0.0))).any())
        inside = ((truth >= table["low"]) & (truth <= table["high"])).to_numpy()
        alone += inside[np.lexsort((table["segment"], table["segmentation"]))]
    print(f"gap {gap}: {missed} of {repetitions} missed jointly, {wrong} wrong, single intervals cover {alone}")
    assert stats.binomtest(missed, repetitions, 0.05, alternative="greater").pvalue > 0.005
    assert stats.binomtest(wrong, repetitions, 0.05, alternative="greater").pvalue > 0.005
    for covered in alone:
        assert stats.binomtest(int(covered), repetitions, 0.95, alternative="less").pvalue > 0.001
