"""What one feature alone reveals about a class, against numbers by hand, scikit-learn, and chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from silentnps.leakage.class_separation import class_separation
from silentnps.metrics import auc_interval

LEAK = 0.95
"""The border of the audit: the lower end of the interval must not pass it."""


def measured(features: dict[str, object], classes: np.ndarray, persons=None, **options) -> pd.DataFrame:
    persons = np.arange(len(classes)) if persons is None else persons
    return class_separation(pd.DataFrame(features), classes, persons, **options).set_index("name")


def drawn(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.choice(3, n, p=[0.25, 0.3, 0.45])


def test_the_interval_by_hand():
    # Five against five, N = 5, half of the 25 pairs in order: (1/2 - A)^2 = z^2 A (1 - A) (...) / 25.
    # Worked by bisection in awk: `awk 'BEGIN{l=0;h=.5;for(i=0;i<60;i++){a=(l+h)/2;
    # v=a*(1-a)*(1+4*((1-a)/(2-a)+a/(1+a)))/25;if((.5-a)>1.959964*sqrt(v))l=a;else h=a};printf "%.6f\n",a}'`
    low, high = auc_interval(0.5, 5, 5)
    assert low == pytest.approx(0.205613, abs=1e-6)
    assert high == pytest.approx(1 - low)


@pytest.mark.parametrize("auc", [0.0, 0.3, 0.5, 0.96, 1.0])
def test_the_interval_holds_its_auc_and_mirrors_with_it(auc):
    low, high = auc_interval(auc, 12, 70)
    assert 0 <= low <= auc <= high <= 1
    assert low < high
    assert auc_interval(1 - auc, 12, 70) == pytest.approx((1 - high, 1 - low))
    assert auc_interval(auc, 12, 70, confidence_level=0.99)[0] <= low


def test_a_perfect_order_of_few_answers_is_uncertain_and_of_many_is_not():
    assert auc_interval(1.0, 15, 15)[0] < 0.9
    assert auc_interval(1.0, 1, 10_000)[0] < LEAK
    assert auc_interval(1.0, 40, 40)[0] > LEAK


def test_the_interval_covers_the_truth():
    # Normal scores one apart: the AUC is Phi(1 / sqrt 2). False alarm 0.1 %, one-sided.
    rng, truth, n = np.random.default_rng(0), 0.7602499389065234, 400
    covered = 0
    for _ in range(n):
        scores = np.concatenate([rng.normal(1, 1, 30), rng.normal(0, 1, 50)])
        low, high = auc_interval(roc_auc_score(np.arange(80) < 30, scores), 30, 50)
        covered += low <= truth <= high
    assert binomtest(covered, n, 0.95, alternative="less").pvalue > 0.001


def test_a_number_has_the_auc_of_scikit_learn_in_its_better_direction():
    rng = np.random.default_rng(1)
    classes = drawn(rng, 300)
    up = (classes + rng.normal(0, 1.5, 300)).round(1)
    got = measured({"up": up, "down": -up}, classes)
    wanted = max(max(auc, 1 - auc) for auc in (roc_auc_score(classes == code, up) for code in range(3)))
    assert got.loc["up", "auc"] == pytest.approx(wanted)
    assert got.loc["down"].tolist() == got.loc["up"].tolist()


@pytest.mark.parametrize(("code", "label"), [(0, "detractor"), (1, "passive"), (2, "promoter")])
def test_a_missing_value_is_a_value_of_its_own(code, label):
    classes = drawn(np.random.default_rng(2), 400)
    for filled in (classes == code, classes != code):
        noise = np.random.default_rng(3).normal(size=400)
        got = measured({"known": np.where(filled, noise, np.nan)}, classes).loc["known"]
        assert (got["nps_class"], got["auc"]) == (label, 1.0)


@pytest.mark.parametrize("n", [30, 100, 5000])
def test_a_category_with_as_many_levels_as_answers_reveals_nothing(n):
    rng = np.random.default_rng(4)
    levels = {"own": [f"s{i}" for i in range(n)], "none": [None] * n, "one": ["a"] * n}
    got = measured({name: pd.Series(values, dtype="object") for name, values in levels.items()}, drawn(rng, n))
    assert (got["auc"] <= 0.5).all()


def test_a_category_that_names_the_class_is_found_and_missing_is_a_level():
    classes = drawn(np.random.default_rng(5), 600)
    names = pd.Series(np.array(["low", None, "high"], dtype="object")[classes])
    got = measured({"label": names, "flag": pd.Series(classes == 0)}, classes)
    assert (got["auc"] == 1.0).all()
    assert (got["auc_low"] > LEAK).all()


def test_a_person_does_not_tell_his_own_answers():
    # Everyone answers three times and never changes their mind: a category of persons would tell the other answers.
    persons = np.repeat(np.arange(200), 3)
    classes = np.repeat(drawn(np.random.default_rng(6), 200), 3)
    got = measured({"who": pd.Series(persons.astype(str))}, classes, persons)
    assert got.loc["who", "auc"] <= 0.5


def test_chance_never_passes_the_border_among_thirty_answers():
    # 40 surveys of 30 answers, 40 features of noise each, some with one or two detractors.
    rng = np.random.default_rng(7)
    for _ in range(40):
        classes = rng.choice(3, 30, p=[0.05, 0.15, 0.8])
        noise = dict(enumerate(rng.normal(size=(38, 30)).round(1)))
        words = {"a": rng.choice(["x", "y", "z"], 30), "b": rng.choice(list("abcdefghijkl"), 30)}
        assert not (measured(noise | words, classes)["auc_low"] > LEAK).any()


def test_one_class_only_reveals_nothing():
    got = measured({"x": np.arange(40.0)}, np.zeros(40, dtype=np.int64)).loc["x"]
    assert got["nps_class"] == ""
    assert got[["auc", "auc_low", "auc_high"]].isna().all()


def test_the_random_state_makes_the_folds_and_nothing_else():
    rng = np.random.default_rng(8)
    classes = drawn(rng, 300)
    features = {"x": rng.normal(size=300), "word": rng.choice(list("abcdefghij"), 300)}
    one, same, other = (measured(features, classes, random_state=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same, check_exact=True)
    assert one.loc["x"].tolist() == other.loc["x"].tolist()
    assert one.loc["word", "auc"] != other.loc["word", "auc"]
