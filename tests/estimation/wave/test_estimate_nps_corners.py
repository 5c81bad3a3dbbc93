"""`estimate_nps` where tables are odd: every number is there, or words say why it is not."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from surveys import first_answers, survey

import silentnps.estimation.wave.estimate_nps as estimating
import silentnps.estimation.wave.report
from silentnps.cli.screen import show_report
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.errors import DataError
from silentnps.estimation.checks.calibration_equations import GammaGap
from silentnps.estimation.wave.estimate_nps import estimate_nps
from silentnps.estimation.wave.nps_report import TABLES, NPSReport

RATING_OF_CLASS = np.array([3.0, 8.0, 10.0, np.nan])
DATA = survey(700)
FEATURES = DATA.features
RATING = pd.Series(RATING_OF_CLASS[DATA.classes])
ANSWERED = RATING.notna()
NOISE = np.random.default_rng(0).normal(size=700)
SEGMENTS = pd.DataFrame(
    {
        "quiet": np.where(ANSWERED, "a", np.where(np.arange(700) % 3 == 0, "nobody answered", "a")),
        "loud": np.where(ANSWERED & (np.arange(700) < 200), "all answered", "rest"),
        "small": np.where(np.arange(700) < 20, "few", "many"),
        "one": "everybody",
    }
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "ModelConfig", partial(ModelConfig, repeats=1, folds=2, trees=5))
    monkeypatch.setattr(estimating, "EstimationConfig", partial(EstimationConfig, replicates=10))


def estimate(features: pd.DataFrame = FEATURES, rating: pd.Series = RATING, **options: Any) -> NPSReport:
    return estimate_nps(features, rating, **{"shadow_features": ["late"], **options})


@cache
def usual() -> NPSReport:
    """Return the estimate as it is, which is made once."""
    return estimate()


def unexplained(report: NPSReport) -> dict[str, list[str]]:
    """Return the columns of each table that have a missing or infinite number without a reason beside it."""
    explained = {
        # without silent customers there is nothing that assumptions could differ about
        "by_assumption": (report.by_assumption["assumption"] == "manski") | (report.silent.n == 0),
        "segments": report.segments["suppressed"].astype(bool),
        "tipping_points": ~report.tipping_points["reachable"].astype(bool),
    }
    bad = {}
    for name in TABLES:
        table = getattr(report, name)
        silent = explained.get(name, pd.Series(False, table.index))
        rest = table[~silent].copy()
        if name == "segments":  # no answer: no survey; no silents: no estimate of them
            rest.loc[rest["n_respondents"] == 0, "survey_nps"] = 0.0
            rest.loc[rest["n_respondents"] == rest["n"], ["value", "low", "high", "standard_error"]] = 0.0
        numbers = rest.select_dtypes("number").replace([np.inf, -np.inf], np.nan)
        if numbers.isna().any(axis=None):
            bad[name] = numbers.columns[numbers.isna().any()].tolist()
    return bad


CORNERS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no shadow": {"shadow_features": None},
    "no driver": {"shadow_features": list(FEATURES)},
    "two shadows": {"features": FEATURES.assign(other=NOISE), "shadow_features": ["late", "other"]},
    "a shadow named twice": {"shadow_features": ["late", "late"]},
    "30 answers": {"rating": pd.Series(RATING_OF_CLASS[first_answers(DATA, 30).classes])},
    "200 answers": {"rating": pd.Series(RATING_OF_CLASS[first_answers(DATA, 200).classes])},
    "constant driver": {"features": FEATURES.assign(tenure=1.0)},
    "nothing varies": {"features": pd.DataFrame({"late": np.ones(700)})},
    "empty columns": {"features": FEATURES.assign(e=np.nan, f=pd.Series([None] * 700, dtype=object))},
    "missing of all respondents": {
        "allow_leaks": ["e"],
        "features": FEATURES.assign(e=np.where(ANSWERED, np.nan, NOISE)),
    },
    "a driver separates": {
        "allow_leaks": ["answered"],
        "features": FEATURES.assign(answered=ANSWERED.astype(float)),
    },
    "a shadow tells the class": {
        "allow_leaks": ["late"],
        "features": FEATURES.assign(late=DATA.classes + 1e-6 * NOISE),
    },
    "category of silents only": {
        "allow_leaks": ["channel"],
        "features": FEATURES.assign(channel=np.where(ANSWERED, "web", "new")),
    },
    "a category each": {"features": FEATURES.assign(name=[f"x{i}" for i in range(700)])},
    "no passive": {"rating": RATING.replace(8.0, 10.0)},
    "one detractor": {"rating": RATING.where(RATING.isna() | (RATING.index == ANSWERED.idxmax()), 10.0)},
    "all invited answered": {"invited": ANSWERED},
    "half invited": {"invited": ANSWERED | (np.arange(700) % 2 == 0)},
    "one silent": {"rating": RATING.fillna(8.0).where(np.arange(700) != 5)},
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CORNERS.values(), ids=list(CORNERS))
def test_every_number_is_there_or_its_absence_is_explained(change: dict[str, Any]):
    got = estimate(**{"segments": SEGMENTS, **change})
    assert unexplained(got) == {}
    assert np.isfinite(list(got.diagnostics.values())).all()
    assert -100 <= got.silent.low <= got.silent.value <= got.silent.high <= 100
    assert got.base.low <= got.base.value <= got.base.high
    assert got.shares.sum() == pytest.approx(1.0)


LEAKS = {name: change for name, change in CORNERS.items() if "allow_leaks" in change}


@pytest.mark.parametrize("change", LEAKS.values(), ids=list(LEAKS))
def test_a_column_that_knows_too_much_is_refused_unless_it_is_allowed(change: dict[str, Any]):
    [name] = change["allow_leaks"]
    with pytest.raises(
        DataError, match=f"features must know neither the rating nor who answered; got 1.*: {name} "
    ):
        estimate(**{key: value for key, value in change.items() if key != "allow_leaks"})


def test_only_columns_can_be_allowed():
    with pytest.raises(DataError, match="allow_leaks must name columns of features; got 'q8'"):
        estimate(allow_leaks=["q8"])


def shared_by_two(noise: float) -> pd.DataFrame:
    """Return features of which two know together who answered, and neither alone where there is noise."""
    drawn = noise * np.random.default_rng(1).normal(size=700)
    return FEATURES.assign(one=drawn + ANSWERED, two=drawn - ANSWERED)


def test_what_several_features_know_together_of_who_answered_is_said_first(capsys: pytest.CaptureFixture[str]):
    got = estimate(shared_by_two(2.0))
    assert got.caution.startswith("Do not rely on this number: those who answered and the silent hardly overlap.")
    assert got.warnings[0] == got.caution
    assert got.disagreement.startswith(got.caution)
    assert repr(got).splitlines()[0] == str(got).splitlines()[0] == got.caution
    show_report(got)
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0] == got.caution
    assert got.caution not in shown.err


def test_where_answers_and_silent_overlap_nothing_comes_before_the_numbers(capsys: pytest.CaptureFixture[str]):
    got = usual()
    assert got.caution == ""
    assert str(got).splitlines()[0] == f"NPS of {got.respondents.n:,} who answered: {got.respondents.value:+.1f}"
    assert "Do not rely" not in "".join(got.warnings) + got.disagreement
    show_report(got)
    assert capsys.readouterr().out.startswith("Net Promoter Score")


def test_a_shadow_that_does_not_vary_is_told():
    got = estimate(FEATURES.assign(late=2.0))
    assert got.headline == "mar"
    assert any("No declared shadow feature varies in the wave" in words for words in got.warnings)
    assert not any("Only one family" in words for words in got.warnings)


def test_where_nobody_is_silent_there_is_no_curve_and_no_number_of_the_silent():
    got = estimate(rating=RATING.fillna(8.0), segments=SEGMENTS)
    assert unexplained(got) == {}
    assert np.isfinite(list(got.diagnostics.values())).all()
    assert (got.silent.n, np.isnan(got.silent.value)) == (0, True)
    assert got.base.value == got.respondents.value
    assert got.sensitivity.empty
    assert got.tipping_points["words"].str.contains("nobody stayed silent").all()
    assert got.disagreement == "Nobody stayed silent."


def test_a_shadow_named_twice_is_one():
    one, two = usual(), estimate(shadow_features=["late", "late"])
    assert one.silent == two.silent


@pytest.mark.slow
def test_rows_of_the_same_persons_are_no_new_answers(monkeypatch: pytest.MonkeyPatch):
    # Four copies of all rows halve the error, unless they are known to be of the same persons. The error of each
    # error is a ninth; 0.8 is three such errors of the ratio away from a half.
    monkeypatch.setattr(estimating, "EstimationConfig", partial(EstimationConfig, replicates=40))
    copies, rating = pd.concat([FEATURES] * 4, ignore_index=True), pd.concat([RATING] * 4, ignore_index=True)

    def error(**options: Any) -> float:
        got = estimate(copies, rating, shadow_features=None, **options)
        return float(got.by_assumption.set_index("assumption")["standard_error"]["weighted"])

    assert error() < 0.8 * error(person=pd.Series(np.tile(np.arange(700), 4)))


@pytest.mark.parametrize("n_persons", [1, 3, 29])
def test_many_answers_of_few_persons_are_refused(n_persons: int):
    person = pd.Series(np.where(ANSWERED, np.arange(700) % n_persons, np.arange(700) + 1000))
    with pytest.raises(DataError, match=f"at least 30 persons; got {n_persons}"):
        estimate(person=person)


@pytest.mark.parametrize("change", ["features", "segments"])
def test_a_column_that_is_there_twice_is_refused(change: str):
    frame = FEATURES if change == "features" else SEGMENTS
    twice = pd.concat([frame, frame.iloc[:, :1]], axis=1)
    with pytest.raises(DataError, match=f"{change} must have each column once; got '{frame.columns[0]}' twice"):
        estimate(**{change: twice})


def test_swapping_promoters_and_detractors_swaps_the_estimate_nearly():
    # The trees are grown on thresholds from below, so the outcome model itself is only nearly symmetric.
    swapped = RATING.map({3.0: 10.0, 8.0: 8.0, 10.0: 3.0})
    one, two = usual(), estimate(rating=swapped)
    assert two.respondents.value == -one.respondents.value
    assert two.silent.value == pytest.approx(-one.silent.value, abs=0.5 * one.silent.standard_error)


def test_a_second_look_without_a_number_says_why(monkeypatch: pytest.MonkeyPatch):
    none = GammaGap(None, None, None, "no weights make the answers look like the silent")
    assert "calibration_gap_nps" in usual().diagnostics
    monkeypatch.setattr(silentnps.estimation.wave.report, "gamma_gap", lambda *_, **__: none)
    report = estimate()
    assert "calibration_gap_nps" not in report.diagnostics
    assert any(none.reason in words for words in report.warnings)
