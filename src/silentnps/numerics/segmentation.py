"""Rows cut into segments, with the same labels everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.levels import MISSING, as_text


@dataclass(frozen=True)
class SilentBySegment:
    """All silent customers of each segment, where rows are held of a sample of them.

    `n` counts those who were invited and those who never were, shape (2, segments); `means` are the means of their
    control, see `silentnps.numerics.silent_population`, as expected NPS in points, of the same shape.
    """

    n: Integers
    means: Floats


@dataclass(frozen=True)
class Segmentation:
    """One way of cutting rows into segments: a code for each row, and the labels.

    `everybody` knows all silent customers of each segment where the rows hold a sample of them.
    """

    name: str
    codes: Integers
    labels: tuple[str, ...]
    everybody: SilentBySegment | None = None

    def n_silent(self, silent: Booleans) -> Integers:
        """Return the number of silent customers of each segment; `silent` says which rows are."""
        if self.everybody is not None:
            return np.asarray(self.everybody.n.sum(axis=0))
        return np.bincount(self.codes[silent], minlength=len(self.labels))


def segmentation_of(column: pd.Series) -> Segmentation:
    """Cut rows by a column: one segment per value, as text, in the order of the texts."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, labels = _of_categories(column)
    else:
        codes, labels = pd.factorize(as_text(column), sort=True)
    return Segmentation(str(column.name), codes.astype(np.int64), tuple(str(label) for label in labels))


def _of_categories(column: pd.Series) -> tuple[Integers, Iterable[str]]:
    """Return codes and labels without making a text for each row."""
    texts = np.array([*map(str, column.cat.categories), MISSING])  # the code of a missing value is -1
    used, codes = np.unique(column.cat.codes, return_inverse=True)
    labels, place = np.unique(texts[used], return_inverse=True)
    return place[codes], labels
