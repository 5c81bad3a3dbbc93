"""What each feature adds to the three margins of a score: two heads of the outcome, and the odds of silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
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
    """The means over a background of customers that scores are compared with.

    `contributions` has shape (features + 1, 3), the last row being the constants; `margins`, shape (3,), is its
    sum over rows, the mean margins. `topics` maps correlated attributes to a shared topic, so that reasons
    written in batches are grouped in the same way.
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


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """Rows as the parts of a model read them, for models that were fitted on the same design.

    Each part is made when a model first asks for it: those without trees, or without a linear component, ask for
    one part less. `features` are built features with the learned columns.
    """

    bundle: Bundle
    features: pd.DataFrame

    @cached_property
    def matrix(self) -> Floats:
        """Return the matrix for trees, shape (n, features)."""
        return self.bundle.code_book.matrix(self.features)

    @cached_property
    def design(self) -> Floats:
        """Return the columns of the linear component, shape (columns, n)."""
        return np.ascontiguousarray(self.bundle.encoder.transform(self.features).T)

    @cached_property
    def drivers(self) -> Floats:
        """Return the columns of the odds of silence, shape (columns, n)."""
        return np.ascontiguousarray(self.bundle.driver_encoder.transform(self.features).T)


def encode_alike(bundle: Bundle, other: Bundle) -> bool:
    """Return whether two models read rows in the same way, as a model and its refits do."""
    return all(getattr(bundle, part) is getattr(other, part) for part in ("code_book", "encoder", "driver_encoder"))


def margin_contributions(bundle: Bundle, rows: EncodedRows) -> Floats:
    """Return contributions to the margins, shape (n, features + 1, 3), the last being constants.

    They sum over axis 1 to the margins. For trees they are TreeSHAP values, from lookup tables if the trees are
    small, else as LightGBM computes them. For linear components they are coefficient times column of the design,
    summed by feature.
    """
    contributions = linear_contributions(bundle, rows)
    for component, weights in calibrated_components(bundle):
        if component == "trees":
            of_heads = bundle.tables.contributions(rows.matrix)
            contributions[:2] += np.einsum("gh,hfn->gfn", weights, of_heads)
    return contributions.transpose(2, 1, 0)


def linear_contributions(bundle: Bundle, rows: EncodedRows) -> Floats:
    """Return the contributions of everything but the trees to the margins, shape (3, features + 1, n)."""
    columns = bundle.code_book.columns
    contributions = np.zeros((N_MARGINS, len(columns) + 1, len(rows.features)))
    contributions[:2, -1] += bundle.calibrator.intercepts[:, None]
    contributions[2, -1] += bundle.selection.alpha
    for component, weights in calibrated_components(bundle):
        if component != "trees":
            contributions[:2, -1] += (weights @ bundle.model.linear.intercepts)[:, None]
            coefficients = weights @ bundle.model.linear.coefficients
            _add_linear(contributions[:2], bundle.encoder, rows.design, coefficients, columns)
    _add_linear(contributions[2:], bundle.driver_encoder, rows.drivers, bundle.selection.beta[None, :], columns)
    return contributions


def calibrated_components(bundle: Bundle) -> list[tuple[str, Floats]]:
    """Return each scored component with what its heads add to the calibrated margins, shape (2 of these, 2)."""
    calibrator = bundle.calibrator
    weights_by_component = []
    for position, component in enumerate(bundle.components):
        weights = np.diag(calibrator.slopes[:, position])
        if calibrator.crossed is not None:
            weights = weights + np.diag(calibrator.crossed[:, position])[:, ::-1]
        weights_by_component.append((component, weights))
    return weights_by_component


def mean_background(chunks: list[Floats]) -> Background:
    """Return the means of contributions given in chunks."""
    n = sum(len(chunk) for chunk in chunks)
    return Background(np.asarray(sum(chunk.sum(axis=0) for chunk in chunks) / max(n, 1)))


def _add_linear(
    contributions: Floats,
    encoder: AdditiveEncoder,
    design: Floats,
    coefficients: Floats,
    columns: tuple[str, ...],
) -> None:
    """Add each column of the design times its coefficients, shape (margins, columns), to its feature."""
    places = {name: place for place, name in enumerate(columns)}
    for column, name in enumerate(encoder.columns):
        for margin, coefficient in enumerate(coefficients[:, column]):
            contributions[margin, places[name]] += coefficient * design[column]
