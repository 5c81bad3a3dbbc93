"""From the frames and series that a person passes to the data that every model starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from silentnps.data.values.rating_scale import doubt_of
from silentnps.errors import DataError
from silentnps.numerics.arrays import Booleans
from silentnps.numerics.nps import SILENT, class_of_rating
from silentnps.outcome.survey_data import (
    FollowUp,
    SurveyData,
    check_invited,
    check_persons,
    check_ratings,
    resolve_drivers,
    tidy_features,
)

_AS_THEY_ARE = ("0-10", "1-10")
_INEXACT = {"float16": 2.0**11, "float32": 2.0**24, "float64": 2.0**53}
"""The least value from which a float of a type stands for several whole numbers."""


def survey_inputs(
    features: pd.DataFrame,
    columns: Mapping[str, pd.Series | None],
    *,
    response_drivers: Sequence[str] | None,
    shadow_features: Sequence[str] | None,
    segments: pd.DataFrame | pd.Series | None,
    rating_scale: str | None,
) -> tuple[SurveyData, pd.DataFrame]:
    """Return the data of a survey, and one column per segmentation, with the rows of `features`.

    Parameters
    ----------
    columns
        `rating`, and `invited`, `person` and `follow_up` or None for each; see `silentnps.estimate_nps`.

    Raises
    ------
    DataError
        If something is misaligned or of another kind than it must be, or there are too few answers.
    """
    rating = columns["rating"]
    assert rating is not None
    refuse_other_scale(rating, declared=rating_scale)
    refuse_rounded_persons(columns["person"])
    for name in ("rating", "invited", "person"):
        column = columns[name]
        if column is not None:
            _check_aligned(name, column.index, features.index)
    _check_once("features", features)
    data = _survey_data(features, columns, response_drivers, shadow_features)
    data = replace(data, follow_up=_follow_up(columns["follow_up"], features, data.answered))
    segment_columns = _segment_columns(segments, features)
    data.check()
    return data, segment_columns


def _segment_columns(segments: pd.DataFrame | pd.Series | None, features: pd.DataFrame) -> pd.DataFrame:
    if segments is None:
        return pd.DataFrame(index=features.index)
    frame = segments.to_frame() if isinstance(segments, pd.Series) else segments
    _check_aligned("segments", frame.index, features.index)
    _check_once("segments", frame)
    return frame.rename(columns=str)


def _survey_data(
    features: pd.DataFrame,
    columns: Mapping[str, pd.Series | None],
    response_drivers: Sequence[str] | None,
    shadow_features: Sequence[str] | None,
) -> SurveyData:
    rating, invited, person = (columns[name] for name in ("rating", "invited", "person"))
    assert rating is not None
    n = len(features)
    values = check_ratings(rating)
    shadows = tuple(dict.fromkeys(shadow_features or ()))
    tidy = tidy_features(features)
    drivers = resolve_drivers(tuple(tidy.columns), response_drivers, shadows)
    classes = class_of_rating(values)
    asked = np.ones(n, dtype=np.bool_) if invited is None else check_invited(invited)
    persons = np.arange(n) if person is None else check_persons(person)
    return SurveyData(tidy, classes, np.ones(n, dtype=np.bool_), asked | (classes >= 0), persons, drivers, shadows)


def _follow_up(follow_up: pd.Series | None, features: pd.DataFrame, answered: Booleans) -> FollowUp | None:
    if follow_up is None or follow_up.empty:
        return None
    if not features.index.is_unique or not follow_up.index.is_unique:
        raise DataError(
            "follow_up must be matched by unique labels; got a label of features or follow_up twice. "
            "Reset the index of both."
        )
    rows = features.index.get_indexer(follow_up.index)
    if (rows < 0).any():
        raise DataError(
            f"follow_up must be of customers in features; got {int((rows < 0).sum())} labels that are not in "
            "its index. Leave them out."
        )
    called = np.zeros(len(features), dtype=np.bool_)
    called[rows] = True
    classes = np.full(len(features), SILENT)
    classes[rows] = class_of_rating(check_ratings(follow_up))
    calls = FollowUp(called, classes)
    calls.among(~answered)
    return calls


def _check_once(name: str, frame: pd.DataFrame) -> None:
    twice = frame.columns[frame.columns.map(str).duplicated()]
    if len(twice):
        raise DataError(f"{name} must have each column once; got {str(twice[0])!r} twice. Rename or drop one.")


def _check_aligned(name: str, index: pd.Index, wanted: pd.Index) -> None:
    if not index.equals(wanted):
        raise DataError(
            f"{name} must have the index of features; got {len(index)} rows against {len(wanted)}. "
            f"Reindex it: {name}.reindex(features.index)."
        )


def refuse_other_scale(rating: pd.Series, *, declared: str | None) -> None:
    """Raise a DataError where ratings look like those of another scale than 0-10, and no scale is declared.

    What is no number at all is left to `check_ratings`. The rule is that of `doubt_of`.
    """
    if declared is not None and declared not in _AS_THEY_ARE:
        raise DataError(
            f"rating_scale must be one of {', '.join(_AS_THEY_ARE)}; got {declared!r}. Map the ratings."
        )
    if declared is not None or not pd.api.types.is_numeric_dtype(rating.dtype):
        return
    values = rating.dropna().to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        return
    doubt = doubt_of(
        {float(value): int(n) for value, n in zip(*np.unique(values, return_counts=True), strict=True)}
    )
    if doubt is None or not doubt.is_error:
        return
    right = " If 0-10 was offered all the same, pass rating_scale='0-10'." if doubt.may_be_right else ""
    raise DataError(
        f"rating must be on the scale 0-10; got what looks like {doubt.scale}: {doubt.why}. Map them to 0-10."
        f"{right}"
    )


def refuse_rounded_persons(person: pd.Series | None) -> None:
    """Raise a DataError where ids of persons are floats that stand for several whole numbers."""
    limit = None if person is None else _INEXACT.get(str(person.dtype).lower())
    if person is None or limit is None:
        return
    n = int((person.abs() >= limit).sum())
    if n:
        raise DataError(
            f"person must hold ids with all digits, which {person.dtype} keeps below {limit:.0f} only; got {n}"
            " rows beyond. Read the ids as text."
        )
