"""Cutting rows into segments: the same labels wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.estimation.nps import Integers

MISSING = "(missing)"
"""The segment of rows without a value."""


@dataclass(frozen=True)
class Segmentation:
    """One way of cutting rows into segments: a code for each row, and the labels."""

    name: str
    codes: Integers
    labels: tuple[str, ...]


def segmentation_of(column: pd.Series) -> Segmentation:
    """Cut rows by a column: one segment a value, as text, in the order of the texts."""
    text = column.astype("object").where(column.notna(), MISSING).astype(str)
    codes, labels = pd.factorize(text, sort=True)
    return Segmentation(str(column.name), codes.astype(np.int64), tuple(str(label) for label in labels))
