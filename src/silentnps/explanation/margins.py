"""What each feature adds to the three margins of a score: two heads of the outcome, and the odds of silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from silentnps.estimation.encoding import AdditiveEncoder
from silentnps.estimation.nps import Floats
from silentnps.models.bundle import Bundle
from silentnps.models.crossfit import PARTS

N_MARGINS = 3
"""Calibrated margin of P(class >= passive), of P(class >= promoter), log odds of silence of a passive customer."""


@dataclass(frozen=True)
class Background:
    """What scores are compared with: means over a background of customers.

    `contributions` has shape (features + 1, 3), the last row being the constants; `margins`, shape (3,), is its
    sum over rows, the mean margins.
    """

    contributions: Floats

    @property
    def margins(self) -> Floats:
        """Return the mean margins of the background, shape (3,)."""
        return np.asarray(self.contributions.sum(axis=0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for files."""
        return {"contributions": self.contributions.tolist()}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Background:
        """Rebuild from `to_dict`, after JSON too."""
        return Background(np.array(values["contributions"], dtype=np.float64).reshape(-1, N_MARGINS))


def margin_contributions(bundle: Bundle, features: pd.DataFrame) -> Floats:
    """Return contributions to the margins, shape (n, features + 1, 3), the last being constants.

    They sum over axis 1 to the margins. Trees: TreeSHAP as LightGBM computes it. Linear parts: coefficient times
    column of the design, summed by feature.
    """
    found = np.zeros((len(features), len(bundle.code_book.columns) + 1, N_MARGINS))
    found[:, -1, :2] += bundle.calibrator.intercepts
    for position, part in enumerate(bundle.parts):
        of_part = _tree_contributions if PARTS[part] == "trees" else _linear_contributions
        contributions = of_part(bundle, features)
        found[:, :, :2] += contributions * bundle.calibrator.slopes[:, position]
        if bundle.calibrator.crossed is not None:
            found[:, :, :2] += contributions[:, :, ::-1] * bundle.calibrator.crossed[:, position]
    found[:, -1, 2] += bundle.selection.alpha
    found[:, :, 2] += _by_feature(bundle.driver_encoder, features, bundle.selection.beta, bundle.code_book.columns)
    return found


def background_of_contributions(every: list[Floats]) -> Background:
    """Return the means of contributions that came in chunks."""
    n = sum(len(one) for one in every)
    return Background(np.asarray(sum(one.sum(axis=0) for one in every) / max(n, 1)))


def _tree_contributions(bundle: Bundle, features: pd.DataFrame) -> Floats:
    matrix = bundle.code_book.matrix(features)
    return np.stack([_head_contributions(head, matrix) for head in bundle.heads], axis=2)


def _head_contributions(head: lightgbm.Booster | float, matrix: Floats) -> Floats:
    if isinstance(head, float):
        constant = np.zeros((len(matrix), matrix.shape[1] + 1))
        constant[:, -1] = head
        return constant
    return np.asarray(head.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64)


def _linear_contributions(bundle: Bundle, features: pd.DataFrame) -> Floats:
    columns = bundle.code_book.columns
    found = np.stack(
        [_by_feature(bundle.encoder, features, head, columns) for head in bundle.linear.coefficients], axis=2
    )
    found[:, -1] += bundle.linear.intercepts
    return found


def _by_feature(
    encoder: AdditiveEncoder, features: pd.DataFrame, coefficients: Floats, columns: tuple[str, ...]
) -> Floats:
    found = np.zeros((len(features), len(columns) + 1))
    weighted = encoder.transform(features) * coefficients
    for i, name in enumerate(encoder.columns):
        found[:, columns.index(name)] += weighted[:, i]
    return found
