"""Silent customers who were called: the headline rests on them, or says why not."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from surveys import survey

import silentnps.estimation.wave.estimate_nps as estimating
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.errors import DataError
from silentnps.estimation.wave.estimate_nps import estimate_nps
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.numerics.nps import CLASS_VALUES

DATA = survey(700)
LABELS = pd.Index([f"c{i}" for i in range(700)])
FEATURES = DATA.features.set_axis(LABELS)
RATING = pd.Series(np.array([3.0, 8.0, 10.0, np.nan])[DATA.classes], LABELS)
SILENT = RATING.index[RATING.isna()]
SEGMENTS = pd.Series(np.array(["a", "b"])[np.arange(700) % 2], LABELS, name="half")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "ModelConfig", partial(ModelConfig, repeats=1, folds=2, trees=5))
    monkeypatch.setattr(estimating, "EstimationConfig", partial(EstimationConfig, replicates=10))


def estimate(follow_up: pd.Series | None, **options: object) -> NPSReport:
    return estimate_nps(FEATURES, RATING, shadow_features=["late"], follow_up=follow_up, **options)


def calls(n: int, *, answered: int | None = None, ratings: tuple[float, ...] = (3.0, 10.0, 9.0, 8.0)) -> pd.Series:
    """Return ratings of silent customers drawn at random; those after the first `answered` did not answer."""
    drawn = np.random.default_rng(5).permutation(SILENT.to_numpy())[:n]
    given = np.resize(np.array(ratings), n)
    return pd.Series(np.where(np.arange(n) < (n if answered is None else answered), given, np.nan), drawn)


def test_where_all_silents_answer_the_call_the_headline_is_their_census():
    called = calls(len(SILENT))
    got = estimate(called)
    truth = float(np.mean(np.select([called <= 6, called >= 9], [-100.0, 100.0], 0.0)))
    assert got.headline == "follow_up"
    assert got.silent.value == pytest.approx(truth, abs=1e-9)
    assert got.silent.standard_error == pytest.approx(0.0, abs=1e-9)
    assert got.base.value == pytest.approx(
        (truth * len(SILENT) + CLASS_VALUES[DATA.classes[DATA.answered]].sum()) / 700, abs=1e-9
    )
    assert not any("did not answer" in words for words in got.warnings)


def test_a_census_of_promoters_is_a_hundred_and_lies_in_its_interval():
    got = estimate(calls(len(SILENT), ratings=(10.0,)))
    assert (got.silent.low, got.silent.value, got.silent.high) == (100.0, 100.0, 100.0)
    assert got.shares.tolist() == [0.0, 0.0, 1.0]


def test_the_shares_add_up_to_the_headline_and_the_segments_too():
    got = estimate(calls(200), segments=SEGMENTS)
    assert got.shares.sum() == pytest.approx(1.0)
    assert float(got.shares @ CLASS_VALUES) == pytest.approx(got.silent.value, abs=1e-9)
    silent = got.segments["n"] - got.segments["n_respondents"]
    assert (got.segments["value"] @ silent) / silent.sum() == pytest.approx(got.silent.value, abs=1e-9)
    row = got.by_assumption.set_index("assumption").loc["follow_up"]
    assert (row["value"], row["low"], row["high"]) == (got.silent.value, got.silent.low, got.silent.high)
    assert (got.segments["low"] < got.segments["value"]).all()


def test_calls_that_contradict_the_model_move_the_headline_and_are_told():
    got = estimate(calls(200, ratings=(0.0, 1.0)))
    assert got.silent.value < -90
    assert "selection model" in got.disagreement
    assert got.by_assumption.set_index("assumption")["value"]["selection"] > -60


def test_calls_without_an_answer_are_told():
    got = estimate(calls(200, answered=120))
    assert got.headline == "follow_up"
    assert any(words.startswith("80 of 200 called customers did not answer") for words in got.warnings)


@pytest.mark.parametrize(("answered", "headline"), [(29, "selection"), (30, "follow_up")])
def test_fewer_than_thirty_answers_leave_the_headline_to_the_model(answered: int, headline: str):
    got = estimate(calls(60, answered=answered))
    assert got.headline == headline
    said = any("Only 29 calls were answered" in words for words in got.warnings)
    assert said == (answered == 29)
    if answered == 29:
        assert got.silent == estimate(None).silent
        assert "follow_up" not in set(got.by_assumption["assumption"])


def test_no_calls_are_no_follow_up():
    assert estimate(calls(0)).to_dict() == estimate(None).to_dict()


RESPONDENT = RATING.index[RATING.notna()][0]


@pytest.mark.parametrize(
    ("follow_up", "words"),
    [
        (calls(40).rename({calls(40).index[0]: "nobody"}), r"customers in features; got 1 labels that are not in"),
        (pd.concat([calls(40), pd.Series({RESPONDENT: 9.0})]), r"must be of silent customers .*got 1 who are not"),
        (pd.concat([calls(5), pd.Series({RESPONDENT: 9.0})]), r"must be of silent customers .*got 1 who are not"),
        (calls(40, ratings=(11.0,)), r"whole numbers 0-10; got 40 others, first 11"),
        (pd.concat([calls(40), calls(40).iloc[:1]]), r"unique labels; got a label of features or follow_up twice"),
    ],
    ids=["unknown label", "respondent", "respondent of few", "rating", "label twice"],
)
def test_calls_that_cannot_be_are_refused(follow_up: pd.Series, words: str):
    with pytest.raises(DataError, match=words):
        estimate(follow_up)


def test_the_former_name_of_the_argument_is_refused_with_the_present_one():
    with pytest.raises(TypeError, match=r"estimate_nps\(\) has no argument 'followup': it is now 'follow_up'"):
        estimate_nps(FEATURES, RATING, followup=calls(40))


def test_labels_of_features_must_be_unique_where_calls_are_matched_by_them():
    features = FEATURES.set_axis(["c0", *LABELS[:-1]])
    rating = RATING.set_axis(features.index)
    with pytest.raises(DataError, match="unique labels"):
        estimate_nps(features, rating, shadow_features=["late"], follow_up=calls(40))
