"""The three classes: their codes and their values."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.nps import CLASS_VALUES, class_of_rating


def test_every_rating_has_its_class():
    ratings = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, np.nan], dtype=np.float64)
    assert class_of_rating(ratings).tolist() == [0] * 7 + [1] * 2 + [2] * 2 + [-1]
    assert class_of_rating(np.array([])).tolist() == []


def test_class_values_are_ordered_and_symmetric():
    assert CLASS_VALUES.tolist() == [-100.0, 0.0, 100.0]
