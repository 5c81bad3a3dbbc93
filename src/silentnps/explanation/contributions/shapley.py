"""Shapley values of the written score itself, for a few hundred customers: the reference for fast contributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.explanation.contributions.coalition_margins import CoalitionMargins
from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.contributions.score_function import ScoreFunction
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.outcome.tabulated.trees import shapley_weights

BACKGROUND_ROWS = 100
_MOST_ENUMERATED = 6
"""With more features that matter, orders are sampled instead of enumerating all coalitions."""


@dataclass(frozen=True)
class Agreement:
    """How close fast contributions are to the reference, over all pairs of a customer and a feature that matters.

    `correlation` is Pearson's r, 1 where neither varies; `largest_gap` is in points.
    """

    correlation: float
    largest_gap: float
    n_rows: int


def shapley_values(
    bundle: Bundle,
    features: pd.DataFrame,
    background: pd.DataFrame,
    invited: Booleans | None = None,
    *,
    orders: int = 2,
    random_state: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Explanation:
    """Return interventional Shapley values of the scores that `bundle.silent_probabilities` gives.

    The value of a set of features is the score of a customer who keeps these features and takes the others from
    a background customer, averaged over the background (Janzing, Minorics and Bloebaum 2020). Values are exact up
    to 6 features that matter; with more, `orders` random orders and their reverses are sampled for each background
    customer (Mitchell et al. 2022), and sums are still exact.

    Parameters
    ----------
    features, background
        Rows with the learned columns, (n, features) and (m, features); see `stratified_rows`.
    progress
        Called once for each row of the background.
    """
    asked = np.ones(len(features), dtype=np.bool_) if invited is None else np.asarray(invited, dtype=np.bool_)
    game = _Game(bundle, features, background, asked)
    rng = np.random.default_rng(random_state)
    total = np.zeros((len(bundle.code_book.columns), len(features)))
    for other in range(len(background)):
        total += game.enumerate_coalitions(other) if game.is_small else game.sample_orders(other, rng, orders)
        if progress is not None:
            progress(1)
    base, base_by_row = game.bases()
    contributions = pd.DataFrame(total.T / len(background), index=features.index, columns=bundle.code_book.columns)
    if not asked.all():
        contributions[NEVER_INVITED] = base_by_row - base
    return Explanation(base, contributions, base + contributions.to_numpy().sum(axis=1))


def stratified_rows(bundle: Bundle, features: pd.DataFrame, n: int = BACKGROUND_ROWS) -> pd.DataFrame:
    """Return `n` rows whose expected NPS, as invited silent customers, are at evenly spaced ranks."""
    scores = expected_nps(bundle.silent_probabilities(features, np.ones(len(features), dtype=np.bool_)))
    ranks = np.unique(((np.arange(min(n, len(scores))) + 0.5) * len(scores) / min(n, len(scores))).astype(np.int64))
    return features.iloc[np.sort(np.argsort(scores, kind="stable")[ranks])]


def compare_contributions(fast: Explanation, exact: Explanation) -> Agreement:
    """Compare fast contributions with the reference of the same rows."""
    tables = [source.contributions.drop(columns=NEVER_INVITED, errors="ignore") for source in (fast, exact)]
    matter = ((tables[0] != 0) | (tables[1] != 0)).any().to_numpy()
    values = [table.to_numpy()[:, matter].ravel() for table in tables]
    gap = np.abs(values[0] - values[1]).max(initial=0.0)
    varies = all(numbers.size > 1 and numbers.std() > 0 for numbers in values)
    r = float(np.corrcoef(values[0], values[1])[0, 1]) if varies else float(gap < 1e-9)
    return Agreement(r, float(gap), len(tables[0]))


class _Game:
    """The written score as a cooperative game of features, for all rows at once."""

    def __init__(self, bundle: Bundle, features: pd.DataFrame, background: pd.DataFrame, asked: Booleans) -> None:
        self._margins = CoalitionMargins(bundle, features, background)
        self._score, self._asked = ScoreFunction(bundle.selection.gamma, bundle.step), asked
        self._players = np.array(self._margins.active_features(), dtype=np.int64)
        self._shape = (len(bundle.code_book.columns), len(features))
        self._n_background = len(background)

    @property
    def is_small(self) -> bool:
        return len(self._players) <= _MOST_ENUMERATED

    def bases(self) -> tuple[float, Floats]:
        """Return the mean score of the background if invited, and if invited as each row was, shape (n,)."""
        margins = np.column_stack([self._margins.start(other)[:, 0] for other in range(self._n_background)]).T
        means = [self._score.expected_nps(margins, np.full(len(margins), asked)).mean() for asked in (True, False)]
        return float(means[0]), np.where(self._asked, *means)

    def enumerate_coalitions(self, other: int) -> Floats:
        """Return Shapley values against one background customer from all coalitions, shape (features, n)."""
        n = len(self._players)
        scores = np.empty((2**n, self._shape[1]))
        for size in range(n + 1):
            for members in combinations(range(n), size):
                scores[sum(1 << player for player in members)] = self._scores_of_coalition(other, members)
        values = np.zeros(self._shape)
        values[self._players] = shapley_weights(n).T @ scores
        return values

    def sample_orders(self, other: int, rng: np.random.Generator, orders: int) -> Floats:
        """Return Shapley values against one background customer from random orders and their reverses."""
        values = np.zeros(self._shape)
        for _ in range(orders):
            order = rng.permutation(self._players)
            for sequence in (order, order[::-1]):
                steps = [
                    self._margins.start(other),
                    *(self._margins.add_feature(int(player)) for player in sequence),
                ]
                values[sequence] += np.diff(self._scores_of_steps(steps), axis=0)
        return values / (2 * orders)

    def _scores_of_coalition(self, other: int, members: tuple[int, ...]) -> Floats:
        margins = self._margins.start(other)
        for player in members:
            margins = self._margins.add_feature(int(self._players[player]))
        return self._scores(margins)

    def _scores_of_steps(self, steps: list[Floats]) -> Floats:
        """Return the scores of several margins at once, shape (steps, n)."""
        margins = np.concatenate(steps, axis=1).T
        return self._score.expected_nps(margins, np.tile(self._asked, len(steps))).reshape(len(steps), -1)

    def _scores(self, margins: Floats) -> Floats:
        return self._score.expected_nps(margins.T, self._asked)
