"""The three classes of answers, and what each adds to NPS."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats, Integers

CLASS_VALUES: Floats = np.array([-100.0, 0.0, 100.0])
"""What a detractor, a passive and a promoter add to NPS, in points."""

SILENT = -1
"""Code of a customer without a valid answer; detractor, passive and promoter are 0, 1 and 2."""


def class_of_rating(rating: Floats) -> Integers:
    """Return 0 (rating 0-6), 1 (7-8) or 2 (9-10) for each rating, and -1 where it is NaN.

    Examples
    --------
    >>> class_of_rating(np.array([0.0, 6.0, 7.0, 8.0, 9.0, 10.0, np.nan])).tolist()
    [0, 0, 1, 1, 2, 2, -1]
    """
    codes = np.digitize(np.nan_to_num(rating, nan=0.0), [7.0, 9.0]).astype(np.int64)
    return np.where(np.isnan(rating), SILENT, codes)
