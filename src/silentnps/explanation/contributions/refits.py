"""How far reasons depend on who happened to answer: contributions of models that were fitted anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from silentnps.bundle.bundle import Bundle
from silentnps.explanation.contributions.explain import explain
from silentnps.numerics.arrays import Booleans, Floats

MIN_CUSTOMERS = 20
"""Means over fewer customers tell nothing of the refits."""

MIN_REFITS = 5
"""Fewer refits agree with a sign by chance alone more often than once in twenty: they tell nothing of it."""

STABLE_SHARE = 0.9
"""A driver's sign is stable where at least so many refits agree with it."""


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
        """Return the standard error of mean contributions of some customers less those of others, (features,).

        NaN where there are less than two refits, or fewer than `MIN_CUSTOMERS` on either side.
        """
        if self.n_refits < 2 or min(members.sum(), others.sum()) < MIN_CUSTOMERS:
            return np.full(len(self.columns), np.nan)
        differences = self.points[:, members].mean(axis=1) - self.points[:, others].mean(axis=1)
        return np.asarray(differences.std(axis=0, ddof=1), dtype=np.float64)

    def reach(self, confidence_level: float) -> float:
        """Return how many standard errors an interval reaches to both sides: Student's t of the refits."""
        if self.n_refits < 2:
            return float("nan")
        return float(stats.t.ppf(0.5 + confidence_level / 2.0, self.n_refits - 1))


def explain_refits(
    bundles: Iterable[Bundle], features: pd.DataFrame, invited: Booleans | None = None
) -> RefitContributions:
    """Explain the same customers by each of several models."""
    every, columns = [], tuple(str(name) for name in features.columns)
    for bundle in bundles:
        found = explain(bundle, features, invited).contributions
        columns = tuple(str(name) for name in found.columns)
        every.append(found.to_numpy(dtype=np.float32))
    points = np.stack(every) if every else np.zeros((0, len(features), len(columns)), dtype=np.float32)
    return RefitContributions(points, features.index, columns)


def sign_agreement(own: pd.DataFrame, models: RefitContributions) -> pd.Series:
    """Return for each feature the share of refits that agree with the sign of its contributions.

    A refit agrees where its contributions to the customers rise with those of the model (their covariance is
    positive), whatever their size; 0 for a feature that contributes nothing, NaN with fewer refits than
    `MIN_REFITS` or too few customers. `own` are the model's contributions to the same customers; a column that
    it lacks is 0.
    """
    if models.n_refits < MIN_REFITS or len(own) < MIN_CUSTOMERS:
        return pd.Series(np.nan, index=list(models.columns))
    mine = own.reindex(columns=list(models.columns), fill_value=0.0).to_numpy(dtype=np.float64)
    mine = mine - mine.mean(axis=0)
    covariances = np.einsum("rnf,nf->rf", models.points.astype(np.float64), mine)
    return pd.Series((covariances > 1e-9).mean(axis=0), index=list(models.columns))
