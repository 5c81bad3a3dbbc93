"""Class labels, chosen by a declared goal separately from the probabilities, and the band of unclear ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from silentnps.config import LabelsConfig
from silentnps.errors import ConfigError
from silentnps.metrics import macro_f1, quadratic_kappa
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES

_GRID = 61
"""Number of quantiles of the expected NPS tried for each of the two cuts."""


@dataclass(frozen=True)
class LabelRule:
    """Labels by two cuts of the expected NPS (points), or by the least expected cost, shape (3, 3), if given."""

    cuts: tuple[float, float]
    cost: Floats | None
    uncertain_below: float

    def codes(self, probabilities: Floats) -> Integers:
        """Return labels 0, 1, 2, shape (n,), of class probabilities, shape (n, 3)."""
        if self.cost is not None:
            return np.asarray((probabilities @ self.cost).argmin(axis=1), dtype=np.int64)
        return np.digitize(probabilities @ CLASS_VALUES, self.cuts).astype(np.int64)

    def uncertain(self, probabilities: Floats, codes: Integers) -> Booleans:
        """Return which labels have a probability below `uncertain_below`."""
        return np.asarray(probabilities[np.arange(len(codes)), codes] < self.uncertain_below)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as plain values, for files."""
        cost = None if self.cost is None else self.cost.tolist()
        return {"cuts": list(self.cuts), "cost": cost, "uncertain_below": self.uncertain_below}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> LabelRule:
        """Rebuild a rule from `to_dict`."""
        low, high = (float(cut) for cut in values["cuts"])
        cost = None if values["cost"] is None else np.array(values["cost"], dtype=np.float64)
        return LabelRule((low, high), cost, float(values["uncertain_below"]))


def fit_labels(probabilities: Floats, shares: Floats, options: LabelsConfig) -> LabelRule:
    """Choose the rule for customers with class probabilities, shape (n, 3), and estimated class shares, shape (3,).

    Macro F1 and kappa are those of the confusion matrix that the probabilities predict, whose rows are sums of
    probabilities, so no class has to be known. They are computed at each pair of cuts from a grid of quantiles.

    Raises
    ------
    ConfigError
        If the goal is cost and no costs are given.
    """
    if options.goal == "cost":
        if options.cost is None:
            raise ConfigError("labels.cost must be given where labels.goal is cost; got none. Add the 3 x 3 costs.")
        return LabelRule((0.0, 0.0), np.array(options.cost, dtype=np.float64), options.uncertain_below)
    if len(probabilities) == 0:
        return LabelRule((0.0, 0.0), None, options.uncertain_below)
    expected = probabilities @ CLASS_VALUES
    if options.goal == "shares":
        low, high = np.quantile(expected, [shares[0], 1.0 - shares[2]])
        return LabelRule((float(low), float(high)), None, options.uncertain_below)
    return LabelRule(_best_cuts(probabilities, expected, options.goal), None, options.uncertain_below)


def _best_cuts(probabilities: Floats, expected: Floats, goal: str) -> tuple[float, float]:
    """Return the pair of cuts with the highest metric, from sums of probabilities below each cut."""
    measure = macro_f1 if goal == "macro_f1" else quadratic_kappa
    order = np.argsort(expected, kind="stable")
    running = np.vstack([np.zeros(3), probabilities[order].cumsum(axis=0)])
    cuts = np.unique(np.quantile(expected, np.linspace(0.0, 1.0, _GRID)))
    below = running[np.searchsorted(expected[order], cuts, side="left")]
    best, chosen = -np.inf, (float(cuts[0]), float(cuts[-1]))
    for i in range(len(cuts)):
        for j in range(i, len(cuts)):
            confusion = np.column_stack([below[i], below[j] - below[i], running[-1] - below[j]])
            value = measure(confusion)
            if value > best:
                best, chosen = value, (float(cuts[i]), float(cuts[j]))
    return chosen
