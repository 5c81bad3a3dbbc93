"""Profiles of the classes: identities, what was planted is found, truth is covered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit
from surveys import QUICK, cross_fitted, survey

from silentnps.estimation.comparison.class_profiles import CLASS_COLUMNS, COLUMNS, ClassProfiles, class_profiles
from silentnps.estimation.wave.bootstrap import bootstrap
from silentnps.estimation.wave.repeat_estimate import estimate_repeats, headline_shares
from silentnps.numerics.arrays import Integers
from silentnps.outcome.survey_data import SurveyData, tidy_features


def profiled(data: SurveyData, *, replicates: int = 10, seed: int = 0, **options: object) -> ClassProfiles:
    wave = cross_fitted(data, QUICK, random_state=seed, replicates=replicates)
    repeats = estimate_repeats(wave)
    return class_profiles(wave, repeats, bootstrap(wave, repeats, replicates=replicates), **options)


@pytest.fixture(scope="module")
def data() -> SurveyData:
    data = survey(800)
    features = data.features.assign(constant=1.0)
    return replace(data, features=features, response_drivers=(*data.response_drivers, "constant"))


@pytest.fixture(scope="module")
def found(data: SurveyData) -> ClassProfiles:
    return profiled(data)


def test_there_is_a_row_for_each_class_and_feature_or_level(found: ClassProfiles) -> None:
    assert list(found.profiles.columns) == list(COLUMNS)
    assert list(found.classes.columns) == list(CLASS_COLUMNS)
    assert len(found.profiles) == 3 * (2 + 3)
    assert found.profiles["nps_class"].unique().tolist() == ["detractor", "passive", "promoter"]


def test_a_feature_that_is_constant_is_left_out_and_named(found: ClassProfiles) -> None:
    assert found.constant == ("constant",)
    assert "constant" not in set(found.profiles["feature"])


def test_late_deliveries_go_with_detractors(found: ClassProfiles) -> None:
    late = found.profiles[found.profiles["feature"] == "late"].set_index("nps_class")
    assert late.loc["detractor", "joint_low"] > 0
    assert late.loc["promoter", "joint_high"] < 0
    assert late.loc[["detractor", "promoter"], "differs"].all()


def test_shares_are_those_of_the_estimate(data: SurveyData, found: ClassProfiles) -> None:
    wave = cross_fitted(data, QUICK, replicates=10)
    shares = headline_shares(estimate_repeats(wave))
    n_silent, answers = int((~data.answered).sum()), np.bincount(data.classes[data.answered], minlength=3)
    assert found.classes["share"].to_numpy() == pytest.approx((answers + n_silent * shares) / 800, rel=1e-9)
    assert found.classes["n_respondents"].tolist() == answers.tolist()


def test_the_classes_together_are_the_base(found: ClassProfiles) -> None:
    tenure = found.profiles[found.profiles["feature"] == "tenure"]
    assert found.classes["share"] @ tenure["difference"].to_numpy() == pytest.approx(0.0, abs=1e-9)
    level = found.profiles[found.profiles["level"] == "app"]
    assert found.classes["share"] @ level["class_mean"].to_numpy() == pytest.approx(level["base_mean"].iloc[0])


def test_where_everybody_answered_means_are_those_of_the_answers() -> None:
    everybody = survey(400, intercept=30.0)
    assert everybody.answered.all()
    got = profiled(everybody).profiles
    tenure = got[got["feature"] == "tenure"].set_index("nps_class")["class_mean"]
    for code, name in enumerate(("detractor", "passive", "promoter")):
        expected = everybody.features.loc[everybody.classes == code, "tenure"].mean()
        assert tenure[name] == pytest.approx(expected)


def test_the_confidence_level_makes_intervals_longer(data: SurveyData, found: ClassProfiles) -> None:
    wide = profiled(data, confidence_level=0.99)
    assert (wide.profiles["high"] > found.profiles["high"]).all()
    assert (wide.classes["low"] < found.classes["low"]).all()
    assert (wide.profiles["confidence_level"] == 0.99).all()


def drawn(n: int, seed: int) -> tuple[SurveyData, Integers, pd.DataFrame]:
    """Return a survey with the classes of all; `noise` and `tier` have nothing to do with satisfaction."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "tenure": rng.gamma(2.0, 2.0, n),
            "late": rng.normal(size=n),
            "noise": rng.normal(size=n),
            "tier": rng.choice(["basic", "gold"], n),
        }
    )
    classes = np.digitize(0.2 - frame["late"] + rng.logistic(size=n), [-0.6, 0.8]).astype(np.int64)
    answered = rng.random(n) < expit(-1.2 + 0.2 * frame["tenure"] + 0.3 * (classes - 1))
    data = SurveyData(
        features=tidy_features(frame),
        classes=np.where(answered, classes, -1),
        target=np.ones(n, dtype=np.bool_),
        invited=np.ones(n, dtype=np.bool_),
        persons=np.arange(n),
        response_drivers=("tenure", "noise", "tier"),
        shadow_features=("late",),
    )
    return data, classes, frame


@pytest.mark.slow
def test_means_of_the_classes_are_covered() -> None:
    repetitions, missed, inside = 40, 0, 0
    for seed in range(repetitions):
        data, classes, frame = drawn(900, seed)
        table = profiled(data, replicates=20, seed=seed).profiles
        values = frame.assign(tier=frame["tier"] == "gold").astype(float)
        kept = table[table["level"].isna() | (table["level"] == "gold")]
        scaled = (values - values.mean()) / values.std(ddof=0)
        codes = kept["nps_class"].map({"detractor": 0, "passive": 1, "promoter": 2})
        truth = np.array([scaled.loc[classes == c, f].mean() for c, f in zip(codes, kept["feature"], strict=True)])
        missed += bool(((truth < kept["joint_low"]) | (truth > kept["joint_high"])).any())
        inside += int(((truth >= kept["low"]) & (truth <= kept["high"])).sum())
    print(f"{missed} of {repetitions} missed jointly, single intervals cover {inside / (12 * repetitions):.3f}")
    assert stats.binomtest(missed, repetitions, 0.05, alternative="greater").pvalue > 0.005
    assert inside / (12 * repetitions) > 0.9
