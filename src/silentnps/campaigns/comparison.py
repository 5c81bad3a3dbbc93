"""Treated and untreated customers compared from one moment: its propensities, and the differences of outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from silentnps.campaigns.comparability import balance, comparable, effective_n
from silentnps.campaigns.cross_fitted import Folds, means, means_by_group, probabilities, probabilities_by_group
from silentnps.campaigns.differences import (
    Difference,
    Period,
    difference_of_answers,
    difference_of_changes,
    odds_weights,
)
from silentnps.campaigns.outcomes import Measured
from silentnps.numerics.additive_design import AdditiveEncoder, NumericTerm, fit_encoder
from silentnps.numerics.arrays import Booleans, Floats, Integers

_LEAST_PROBABILITY = 0.005
"""No answer counts for more than 200 customers."""


@dataclass(frozen=True)
class Comparison:
    """Customers as they were at one moment; one row of each array per customer who has a counterpart.

    `rows` are their positions among all customers; `n_trimmed` treated customers have no counterpart and are left
    out.
    """

    rows: Integers
    design: Floats
    columns: tuple[str, ...]
    treated: Booleans
    propensity: Floats
    folds: Folds
    n_trimmed: int

    @staticmethod
    def of(features: pd.DataFrame, treated: Booleans, rows: Integers, rng: np.random.Generator) -> Comparison:
        """Compare the customers at `rows` by features of one moment, one row per customer of `treated`."""
        chosen, group = features.iloc[rows], treated[rows]
        encoder = with_one_bend(fit_encoder(chosen))
        design = encoder.transform(chosen)
        folds = Folds.drawn(group.astype(np.int64), rng)
        propensity = probabilities(design, group, folds)
        kept = comparable(propensity)
        return Comparison(
            rows=rows[kept],
            design=design[kept],
            columns=encoder.columns,
            treated=group[kept],
            propensity=propensity[kept],
            folds=Folds(folds.of[kept], folds.n_folds),
            n_trimmed=int((group & ~kept).sum()),
        )

    @property
    def n_treated(self) -> int:
        """Return how many treated customers have a counterpart."""
        return int(self.treated.sum())

    @property
    def n_untreated(self) -> int:
        """Return how many untreated customers they are compared with."""
        return int((~self.treated).sum())

    @property
    def effective_untreated(self) -> float:
        """Return the number of untreated customers that are worth as much as the weighted ones."""
        return effective_n(odds_weights(self.treated, self.propensity))

    def balance(self) -> pd.DataFrame:
        """Return the table of `comparability.balance`."""
        return balance(self.design, self.columns, self.treated, self.propensity)

    def difference(self, measured: Measured, before: int, after: int) -> Difference:
        """Return the effect on an outcome between two windows."""
        mine = measured.take(self.rows)
        if mine.answered is not None:
            first, second = (self._period(mine.values[:, k], mine.answered[:, k]) for k in (before, after))
            return difference_of_answers(first, second, self.treated, self.propensity)
        change = mine.values[:, after] - mine.values[:, before]
        expected = means(self.design, change, ~self.treated, self.folds)
        return difference_of_changes(change, self.treated, self.propensity, expected)

    def _period(self, values: Floats, answered: Booleans) -> Period:
        probability = probabilities_by_group(self.design, self.treated, answered, self.folds)
        as_treated, as_untreated = means_by_group(self.design, self.treated, values, answered, self.folds)
        return Period(answered, values, np.maximum(probability, _LEAST_PROBABILITY), as_treated, as_untreated)

    def levels(self, measured: Measured, window: int) -> tuple[float, float]:
        """Return the mean of the treated, and of untreated customers like them, in a window; NaN where unknown."""
        mine = measured.take(self.rows)
        known = np.ones(len(self.rows), dtype=np.bool_) if mine.answered is None else mine.answered[:, window]
        values, weights = mine.values[:, window], odds_weights(self.treated, self.propensity)
        return _mean(values, self.treated & known), _mean(values, weights * known)

    def n_answers(self, measured: Measured, window: int) -> tuple[int, int]:
        """Return how many treated, and how many untreated, customers an outcome is known of in a window."""
        if measured.answered is None:
            return self.n_treated, self.n_untreated
        answered = measured.answered[self.rows, window]
        return int((answered & self.treated).sum()), int((answered & ~self.treated).sum())


def with_one_bend(encoder: AdditiveEncoder) -> AdditiveEncoder:
    """Return an encoder whose splines keep the first of their bends: half the columns, and most of the shape."""
    return AdditiveEncoder(
        tuple(
            replace(term, bend=tuple(row[:1] for row in term.bend)) if isinstance(term, NumericTerm) else term
            for term in encoder.terms
        )
    )


def _mean(values: Floats, weights: Floats | Booleans) -> float:
    total = float(weights.sum())
    return float(np.where(weights > 0, values, 0.0) @ weights / total) if total > 0.0 else float("nan")
