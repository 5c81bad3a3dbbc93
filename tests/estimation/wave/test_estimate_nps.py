"""`estimate_nps` as its users see it: what it refuses, what each option does, and whether its interval holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, first_answers, from_margins, survey

import silentnps.estimation.wave.estimate_nps as estimating
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.errors import DataError
from silentnps.estimation.wave.bootstrap import Bootstrap, BootstrapDraw
from silentnps.estimation.wave.estimate_nps import estimate_nps
from silentnps.estimation.wave.nps_report import TABLES, NPSReport
from silentnps.estimation.wave.segment_table import COLUMNS
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData

RATING_OF_CLASS = np.array([3.0, 8.0, 10.0, np.nan])
"""A rating of each class, the last of the silent (code -1)."""

DATA = survey(700)
FEATURES = DATA.features.set_axis([f"c{i}" for i in range(700)])
RATING = pd.Series(RATING_OF_CLASS[DATA.classes], FEATURES.index)
SEGMENTS = pd.DataFrame(
    {
        "third": np.array(["a", "b", "c"])[np.arange(700) % 3],
        "rare": np.where(np.arange(700) < 20, "few", "many"),
    },
    index=FEATURES.index,
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `estimate_nps` use smaller models and fewer replicates."""
    monkeypatch.setattr(estimating, "ModelConfig", partial(ModelConfig, repeats=1, folds=2, trees=8))
    monkeypatch.setattr(estimating, "EstimationConfig", partial(EstimationConfig, replicates=12))


def estimate(**options: Any) -> NPSReport:
    chosen = {"response_drivers": ["tenure", "channel"], "shadow_features": ["late"], **options}
    return estimate_nps(FEATURES, RATING, **chosen)


@cache
def usual() -> NPSReport:
    """Return the estimate with nothing but defaults, which is made once, with `quick`."""
    return estimate()


@cache
def in_segments() -> NPSReport:
    """Return the estimate by segments, which is made once, with `quick`."""
    return estimate(segments=SEGMENTS)


def everything(report: NPSReport) -> str:
    return json.dumps(report.to_dict(), sort_keys=True) + "".join(getattr(report, name).to_csv() for name in TABLES)


@pytest.mark.usefixtures("quick")
class TestWhatIsReported:
    def test_the_parts_belong_together(self):
        got = usual()
        assert got.headline == "selection"
        assert got.shares.sum() == pytest.approx(1.0)
        assert got.silent.value == pytest.approx(float(got.shares @ CLASS_VALUES))
        assert got.silent.low < got.silent.value < got.silent.high
        assert (got.silent.n, got.respondents.n, got.base.n) == (RATING.isna().sum(), RATING.notna().sum(), 700)
        mean = (got.respondents.n * got.respondents.value + got.silent.n * got.silent.value) / 700
        assert got.base.value == pytest.approx(mean)
        assert got.respondents.value == pytest.approx(CLASS_VALUES[DATA.classes[DATA.answered]].mean())
        assert got.respondents.standard_error == 0.0

    def test_every_assumption_has_a_row_with_its_interval(self):
        table = usual().by_assumption.set_index("assumption")
        names = ["survey", "weighted", "mar", "label_shift", "selection", "manski"]
        assert table.index.tolist() == names
        estimated = table.loc[names[:-1], ["value", "low", "high", "standard_error", "n"]]
        assert estimated.notna().all(axis=None)
        assert ((estimated["low"] <= estimated["value"]) & (estimated["value"] <= estimated["high"])).all()
        assert table.loc["manski", ["low", "high"]].tolist() == [-100.0, 100.0]
        assert table["note"].str.len().min() > 10
        assert (table["confidence_level"] == 0.95).all()

    def test_the_headline_is_in_the_table(self):
        got = usual()
        row = got.by_assumption.set_index("assumption").loc["selection"]
        assert (row["value"], row["low"], row["high"]) == (got.silent.value, got.silent.low, got.silent.high)

    def test_segments_add_up_to_the_silent_and_the_base(self):
        got = in_segments()
        third = got.segments[got.segments["segmentation"] == "third"]
        silent = third["n"] - third["n_respondents"]
        assert list(got.segments.columns) == list(COLUMNS)
        assert (third["value"] @ silent) / silent.sum() == pytest.approx(got.silent.value, abs=1e-9)
        assert (third["base_value"] @ third["n"]) / 700 == pytest.approx(got.base.value, abs=1e-9)
        assert ((third["low"] < third["value"]) & (third["value"] < third["high"])).all()

    def test_small_segments_are_listed_without_numbers(self):
        table = in_segments().segments.set_index("segment")
        assert table.loc["few", "suppressed"]
        assert table.loc["few", "n"] == 20
        assert table.loc["few", ["value", "low", "high", "survey_nps", "base_value"]].isna().all()
        assert not table.loc["many", "suppressed"]

    def test_a_segment_without_silents_has_no_estimate_of_them(self):
        cut = pd.Series(np.where(RATING.notna() & (np.arange(700) < 200), "answered", "rest"), RATING.index)
        row = estimate(segments=cut.rename("cut")).segments.set_index("segment").loc["answered"]
        assert row["base_value"] == pytest.approx(row["survey_nps"])
        assert np.isnan(row["value"])
        assert np.isnan(row["low"])

    def test_a_segment_of_missing_labels_is_a_segment(self):
        cut = SEGMENTS["third"].where(SEGMENTS["third"] != "b")
        assert estimate(segments=cut).segments["segment"].tolist() == ["(missing)", "a", "c"]

    def test_everybody_invited_is_said(self):
        assert any("everybody counts as invited" in words for words in usual().warnings)

    def test_few_answers_and_no_shadow_are_said(self):
        few = estimate_nps(FEATURES, pd.Series(RATING_OF_CLASS[first_answers(DATA, 60).classes], FEATURES.index))
        assert few.headline == "mar"
        assert "selection" not in set(few.by_assumption["assumption"])
        assert any("Only 60 answers" in words and "must not be promoted" in words for words in few.warnings)
        assert any("No shadow feature" in words for words in few.warnings)

    def test_the_report_goes_into_a_file(self):
        got = usual()
        again = json.loads(json.dumps(got.to_dict()))
        assert again["silent"]["value"] == got.silent.value
        assert list(again["shares"]) == ["detractor", "passive", "promoter"]


@pytest.mark.usefixtures("quick")
class TestEveryOptionMatters:
    def test_the_same_inputs_give_the_same_bytes(self):
        assert everything(estimate(segments=SEGMENTS)) == everything(in_segments())

    @pytest.mark.parametrize(
        "options",
        [
            {"selection_prior_sd": 0.1},
            {"random_state": 1},
            {"shadow_features": ["channel"], "response_drivers": ["tenure"]},
            {"shadow_features": None},
            {"invited": RATING.notna() | (np.arange(700) % 2 == 0)},
            {"person": pd.Series(np.arange(700) // 2, RATING.index)},
        ],
        ids=["selection_prior_sd", "random_state", "shadow_features", "no_shadow", "invited", "person"],
    )
    def test_an_option_changes_the_estimate(self, options: dict[str, Any]):
        one, other = usual(), estimate(**options)
        assert one.silent.value != other.silent.value
        assert one.silent.standard_error != other.silent.standard_error

    def test_the_confidence_level_changes_the_intervals_only(self):
        one, other = usual(), estimate(confidence_level=0.8)
        assert one.silent.value == other.silent.value
        assert one.silent.standard_error == other.silent.standard_error
        # t quantiles of 11 degrees: 1.3634 at 0.9, 2.2010 at 0.975
        ratio = (other.silent.high - other.silent.value) / (one.silent.high - one.silent.value)
        assert ratio == pytest.approx(1.3634 / 2.2010, rel=1e-4)
        assert other.base.confidence_level == other.respondents.confidence_level == 0.8
        assert (other.by_assumption["confidence_level"] == 0.8).all()

    def test_segments_change_the_table_only(self):
        one, other = usual(), in_segments()
        assert (len(one.segments), len(other.segments)) == (0, 5)
        assert one.silent == other.silent

    def test_ratings_matter_by_their_class_only(self):
        other = RATING.replace({3.0: 6.0, 8.0: 7.0, 10.0: 9.0})
        again = estimate_nps(FEATURES, other, response_drivers=["tenure", "channel"], shadow_features=["late"])
        assert everything(again) == everything(usual())

    def test_labels_of_rows_do_not_matter(self):
        features, rating = FEATURES.reset_index(drop=True), RATING.reset_index(drop=True)
        again = estimate_nps(features, rating, shadow_features=["late"])
        assert everything(again) == everything(usual())

    def test_unscaled_features_are_as_good(self):
        features = FEATURES.assign(tenure=FEATURES["tenure"] * 1024)
        again = estimate_nps(features, RATING, shadow_features=["late"])
        assert again.silent.value == pytest.approx(usual().silent.value, abs=1e-6)


def without(n_answers: int) -> pd.Series:
    return pd.Series(RATING_OF_CLASS[first_answers(DATA, n_answers).classes], FEATURES.index)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rating": RATING.iloc[::-1]}, r"rating must have the index of features; got 700 rows against 700"),
        ({"rating": RATING.iloc[:9]}, r"got 9 rows against 700\. Reindex it: rating\.reindex"),
        ({"invited": RATING.notna().iloc[:9]}, "invited must have the index of features"),
        ({"person": pd.Series(range(700))}, "person must have the index of features"),
        ({"segments": SEGMENTS.reset_index(drop=True)}, "segments must have the index of features"),
        ({"segments": SEGMENTS["third"].iloc[1:]}, "got 699 rows against 700"),
        ({"response_drivers": ["tenur"]}, "must be a column of features; got 'tenur'. Correct its name"),
        ({"shadow_features": ["lateness"]}, "must be a column of features; got 'lateness'"),
        ({"response_drivers": ["late"]}, "one role; got 'late' as driver and shadow. Choose one"),
        ({"rating": RATING.replace(10.0, 11.0)}, "on the scale 0-10; got what looks like 1-11"),
        ({"rating": RATING.replace(10.0, 9.5)}, "whole numbers 0-10; .* first 9.5"),
        ({"rating": RATING.replace(3.0, -1.0)}, "whole numbers 0-10; .* first -1"),
        ({"rating": RATING.replace(3.0, np.inf)}, "whole numbers 0-10; .* first inf"),
        (
            {"features": FEATURES.assign(tenure=np.inf)},
            "'tenure' must be finite",
        ),
        ({"rating": without(29)}, "at least 30; got 29. Collect more answers"),
        ({"rating": without(0)}, "at least 30; got none"),
        ({"rating": RATING.where(RATING.isna(), 9.0)}, "at least two classes .*; got one"),
    ],
)
def test_bad_input_is_refused_in_words(change: dict[str, Any], words: str):
    chosen = {"features": FEATURES, "rating": RATING, "shadow_features": ["late"], **change}
    with pytest.raises(DataError, match=words):
        estimate_nps(**chosen)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "change",
    [
        {"rating": RATING.astype(object).where(RATING.notna(), "none")},
        {"invited": RATING.notna().astype("boolean").where(RATING.notna())},
        {"invited": RATING.notna().map({True: "yes", False: "no"})},
        {"person": pd.Series(np.arange(700.0), RATING.index).where(RATING.notna())},
        {"features": FEATURES[[]], "shadow_features": []},
        {"confidence_level": 1.5},
        {"selection_prior_sd": -1.0},
    ],
    ids=["text rating", "missing invited", "text invited", "missing person", "no feature", "level", "sd"],
)
def test_other_bad_input_is_refused_in_words(change: dict[str, Any]):
    chosen = {"features": FEATURES, "rating": RATING, "shadow_features": ["late"], **change}
    with pytest.raises(DataError):
        estimate_nps(**chosen)


@pytest.mark.usefixtures("quick")
def test_everybody_answering_is_a_census():
    rating = pd.Series(np.resize([3.0, 8.0, 10.0, 10.0], 700), FEATURES.index)
    got = estimate_nps(FEATURES, rating, shadow_features=["late"])
    assert got.base.value == got.respondents.value == 25.0
    assert got.base.standard_error == 0.0
    assert (got.base.low, got.base.high, got.base.n, got.silent.n) == (25.0, 25.0, 700, 0)


@pytest.mark.usefixtures("quick")
def test_every_invited_customer_answering_is_estimated():
    got = estimate(invited=RATING.notna())
    assert got.silent.low < got.silent.value < got.silent.high


def test_the_number_of_processes_changes_no_byte():
    one, two = (from_margins(DATA, QUICK, replicates=10, n_jobs=n_jobs) for n_jobs in (1, 2))
    assert everything(one) == everything(two)


def test_the_estimate_is_the_one_from_margins_with_the_defaults(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimating, "EstimationConfig", partial(EstimationConfig, replicates=10))
    monkeypatch.setattr(estimating, "ModelConfig", lambda: QUICK)
    assert everything(estimate()) == everything(from_margins(DATA, QUICK, replicates=10))


def test_the_draws_of_the_silent_themselves_are_in_the_error(monkeypatch: pytest.MonkeyPatch):
    # With replicates that all agree only sum_y q_y v_y^2 - m^2, averaged and divided by n, is left.
    equal = BootstrapDraw({name: 0.0 for name in ASSUMPTIONS}, np.zeros(3), (), np.zeros(0))
    monkeypatch.setattr(Bootstrap, "draws", lambda *_: [equal] * 10)
    got = from_margins(DATA, QUICK, replicates=10).silent
    most = 100 / got.n**0.5
    assert 0.3 * most < got.standard_error < most


Change = Callable[[SurveyData], SurveyData]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: replace(data, response_drivers=()),
        lambda data: replace(data, features=data.features.assign(tenure=1.0)),
        lambda data: replace(data, features=data.features.assign(late=np.nan)),
        lambda data: replace(data, classes=np.where(data.classes == 1, 2, data.classes)),
    ],
    ids=["no driver", "constant driver", "empty shadow", "no passive"],
)
def test_corners_are_estimated(change: Change):
    got = from_margins(change(DATA), ModelConfig(repeats=1, folds=2, trees=5), replicates=10)
    assert -100 <= got.silent.low < got.silent.value < got.silent.high <= 100
    assert np.isfinite(got.silent.standard_error)
