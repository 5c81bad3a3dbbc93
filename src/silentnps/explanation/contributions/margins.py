"""What each feature adds to the three margins of a score: two heads of the outcome, and the odds of silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.numerics.additive_design import AdditiveEncoder
from silentnps.numerics.arrays import Floats

N_MARGINS = 3
"""Calibrated margin of P(class >= passive), of P(class >= promoter), log odds of silence of a passive customer."""


@dataclass(frozen=True)
class Background:
    """What scores are compared with: means over a background of customers.

    `contributions` has shape (features + 1, 3), the last row being the constants; `margins`, shape (3,), is its
    sum over rows, the mean margins. `topics` says of attributes that are correlated what they speak of together, so
    that reasons from batches are told in the same groups.
    """

    contributions: Floats
    topics: Mapping[str, str] = field(default_factory=dict)

    @property
    def margins(self) -> Floats:
        """Return the mean margins of the background, shape (3,)."""
        return np.asarray(self.contributions.sum(axis=0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for files."""
        return {"contributions": self.contributions.tolist(), "topics": dict(self.topics)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Background:
        """Rebuild from `to_dict`, after JSON too."""
        contributions = np.array(values["contributions"], dtype=np.float64).reshape(-1, N_MARGINS)
        return Background(contributions, values.get("topics", {}))


def margin_contributions(bundle: Bundle, features: pd.DataFrame) -> Floats:
    """Return contributions to the margins, shape (n, features + 1, 3), the last being constants.

    They sum over axis 1 to the margins. Trees: the values of TreeSHAP, of tables where trees are small, else as
    LightGBM computes them. Linear component: coefficient times column of the design, summed by feature.
    """
    found = linear_contributions(bundle, features)
    for component, weights in calibrated_components(bundle):
        if component == "trees":
            of_heads = bundle.tables.contributions(bundle.code_book.matrix(features))
            found[:2] += np.einsum("gh,hfn->gfn", weights, of_heads)
    return found.transpose(2, 1, 0)


def linear_contributions(bundle: Bundle, features: pd.DataFrame) -> Floats:
    """Return what all but the trees contributes to the margins, shape (3, features + 1, n)."""
    columns = bundle.code_book.columns
    found = np.zeros((N_MARGINS, len(columns) + 1, len(features)))
    found[:2, -1] += bundle.calibrator.intercepts[:, None]
    found[2, -1] += bundle.selection.alpha
    for component, weights in calibrated_components(bundle):
        if component != "trees":
            found[:2, -1] += (weights @ bundle.model.linear.intercepts)[:, None]
            _add_linear(found[:2], bundle.encoder, features, weights @ bundle.model.linear.coefficients, columns)
    _add_linear(found[2:], bundle.driver_encoder, features, bundle.selection.beta[None, :], columns)
    return found


def calibrated_components(bundle: Bundle) -> list[tuple[str, Floats]]:
    """Return each scored component with what its heads add to the calibrated margins, shape (2 of these, 2)."""
    calibrator = bundle.calibrator
    found = []
    for position, component in enumerate(bundle.components):
        weights = np.diag(calibrator.slopes[:, position])
        if calibrator.crossed is not None:
            weights = weights + np.diag(calibrator.crossed[:, position])[:, ::-1]
        found.append((component, weights))
    return found


def mean_background(every: list[Floats]) -> Background:
    """Return the means of contributions that came in chunks."""
    n = sum(len(one) for one in every)
    return Background(np.asarray(sum(one.sum(axis=0) for one in every) / max(n, 1)))


def _add_linear(
    found: Floats, encoder: AdditiveEncoder, features: pd.DataFrame, coefficients: Floats, columns: tuple[str, ...]
) -> None:
    """Add each column of the design times its coefficients, shape (margins, columns), to its feature."""
    places = {name: place for place, name in enumerate(columns)}
    design = np.ascontiguousarray(encoder.transform(features).T)
    for column, name in enumerate(encoder.columns):
        for margin, coefficient in enumerate(coefficients[:, column]):
            found[margin, places[name]] += coefficient * design[column]
