"""From frames and series to the data of a survey: aligned by their labels, refused where they are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.errors import DataError
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.survey_inputs import survey_inputs

N = 200
INDEX = pd.Index([f"c{i}" for i in range(N)])
FEATURES = pd.DataFrame({"tenure": np.arange(N, dtype=float), "late": np.arange(N) % 3}, index=INDEX)
RATING = pd.Series(np.where(np.arange(N) % 2, np.nan, np.arange(N) % 11), index=INDEX)


def inputs(**changes: object) -> tuple[SurveyData, pd.DataFrame]:
    columns = {"rating": RATING, "invited": None, "person": None, "follow_up": None}
    columns |= {name: changes.pop(name) for name in list(changes) if name in columns}
    options = {"response_drivers": None, "shadow_features": ["late"], "segments": None, "rating_scale": None}
    return survey_inputs(FEATURES, columns, **(options | changes))


def test_columns_without_a_role_are_response_drivers_and_whoever_answered_was_invited():
    data, segments = inputs(invited=pd.Series(np.arange(N) < 100, index=INDEX))
    assert data.response_drivers == ("tenure",)
    assert data.shadow_features == ("late",)
    assert (data.answered == RATING.notna().to_numpy()).all()
    assert (data.invited == ((np.arange(N) < 100) | data.answered)).all()
    assert segments.shape == (N, 0)


def test_a_series_is_one_segmentation():
    _, segments = inputs(segments=FEATURES["late"].astype(str))
    assert list(segments.columns) == ["late"]


def test_calls_are_matched_by_label():
    calls = pd.Series([9.0, np.nan], index=["c151", "c1"])
    data, _ = inputs(follow_up=calls)
    assert data.follow_up is not None
    assert np.flatnonzero(data.follow_up.called).tolist() == [1, 151]
    assert data.follow_up.classes[[1, 151]].tolist() == [-1, 2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rating": RATING.iloc[::-1]}, "rating must have the index of features"),
        ({"segments": FEATURES["late"].iloc[:10]}, "segments must have the index of features"),
        ({"follow_up": pd.Series([9.0], index=["stranger"])}, "follow_up must be of customers in features"),
        ({"follow_up": pd.Series([9.0], index=["c0"])}, "follow_up must be of silent customers"),
        ({"rating": RATING.clip(1, 5)}, "rating must be on the scale 0-10"),
        ({"rating_scale": "1-5"}, "rating_scale must be one of 0-10, 1-10; got '1-5'"),
        ({"person": pd.Series(2.0**53 + np.arange(N), index=INDEX)}, "person must hold ids with all digits"),
        ({"rating": RATING.where(np.arange(N) < 20)}, "30"),
    ],
    ids=[
        "rating",
        "segments",
        "stranger",
        "no silent customer",
        "five stars",
        "scale",
        "rounded ids",
        "few answers",
    ],
)
def test_what_is_misaligned_or_of_another_kind_is_refused(changes: dict[str, object], words: str):
    with pytest.raises(DataError, match=words):
        inputs(**changes)
