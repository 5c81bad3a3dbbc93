"""Inputs of `estimate_nps` that look right and are not: ratings of another scale, persons whose ids are rounded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.data.values.rating_scale import doubt_of
from silentnps.errors import DataError

_AS_THEY_ARE = ("0-10", "1-10")
_INEXACT = {"float16": 2.0**11, "float32": 2.0**24, "float64": 2.0**53}
"""From where on a float of a type stands for several whole numbers."""


def refuse_other_scale(rating: pd.Series, *, declared: str | None, name: str = "rating") -> None:
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
        f"{name} must be on the scale 0-10; got what looks like {doubt.scale}: {doubt.why}. Map them to 0-10."
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
