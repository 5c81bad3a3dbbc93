"""How far reasons depend on who happened to answer: contributions of refitted models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.bundle.bundle import Bundle
from silentnps.explanation.contributions.explain import encode, explain
from silentnps.explanation.contributions.margins import EncodedRows, encode_alike
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.distributions import t_quantile

MIN_CUSTOMERS = 20
"""Means over fewer customers say nothing about the refits."""

MIN_REFITS = 5
"""Fewer refits agree with a sign by chance more than once in twenty times, which says nothing about it."""

STABLE_SHARE = 0.9
"""A key driver's sign is stable if at least this share of refits agrees with it."""


@dataclass(frozen=True)
class RefitContributions:
    """Contributions of refitted models to the same customers, in NPS points.

    `points` has shape (refits, customers, features), `rows` are the labels of the customers.
    """

    points: NDArray[np.float32]
    rows: pd.Index
    columns: tuple[str, ...]

    @property
    def n_refits(self) -> int:
        """Return the number of models."""
        return len(self.points)

    def standard_errors(self, members: Booleans, others: Booleans) -> Floats:
        """Return the standard error of the mean contributions of some customers minus those of others, (features,).

        NaN if there are fewer than two refits, or fewer than `MIN_CUSTOMERS` on either side.
        """
        if self.n_refits < 2 or min(members.sum(), others.sum()) < MIN_CUSTOMERS:
            return np.full(len(self.columns), np.nan)
        differences = self.points[:, members].mean(axis=1) - self.points[:, others].mean(axis=1)
        return np.asarray(differences.std(axis=0, ddof=1), dtype=np.float64)

    def critical_value(self, confidence_level: float) -> float:
        """Return the half-width of an interval in standard errors, from Student's t with refits - 1 degrees."""
        if self.n_refits < 2:
            return float("nan")
        return t_quantile(0.5 + confidence_level / 2.0, self.n_refits - 1)


def explain_refits(
    bundles: Iterable[Bundle], features: pd.DataFrame, invited: Booleans | None = None
) -> RefitContributions:
    """Explain the same customers with each of several models."""
    points_by_model, columns = [], tuple(str(name) for name in features.columns)
    first: Bundle | None = None
    encoded: list[EncodedRows] = []
    for bundle in bundles:
        if first is None or not encode_alike(first, bundle):
            first, encoded = bundle, list(encode(bundle, features))
        contributions = explain(bundle, features, invited, encoded=encoded).contributions
        columns = tuple(str(name) for name in contributions.columns)
        points_by_model.append(contributions.to_numpy(dtype=np.float32))
    points = (
        np.stack(points_by_model)
        if points_by_model
        else np.zeros((0, len(features), len(columns)), dtype=np.float32)
    )
    return RefitContributions(points, features.index, columns)


def sign_agreement(own: pd.DataFrame, models: RefitContributions) -> pd.Series:
    """Return for each feature the share of refits that agree with the sign of its contributions.

    A refit agrees where its contributions to the customers rise with those of the model (their covariance is
    positive), whatever their size; 0 for a feature that contributes nothing, NaN with fewer refits than
    `MIN_REFITS` or too few customers. `own` holds the contributions of the model itself for the same customers; a
    missing column counts as 0.
    """
    if models.n_refits < MIN_REFITS or len(own) < MIN_CUSTOMERS:
        return pd.Series(np.nan, index=list(models.columns))
    points = own.reindex(columns=list(models.columns), fill_value=0.0).to_numpy(dtype=np.float64)
    centred = points - points.mean(axis=0)
    covariances = np.einsum("rnf,nf->rf", models.points.astype(np.float64), centred)
    return pd.Series((covariances > 1e-9).mean(axis=0), index=list(models.columns))
