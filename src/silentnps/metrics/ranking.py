"""Metrics of one class against the others, all read off one cumulative curve over the sorted scores.

Rows with equal scores form one step of the curve, and whatever cuts through a step (the border of the top tenth,
the edge of a bin) takes a part of it. The order of rows therefore does not matter, and a row of weight 2 counts as
two rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.metrics.scores import weights_of
from silentnps.numerics.arrays import Booleans, Floats, Integers

BINS = 15
"""Bins of equal weight of the calibration error."""


@dataclass(frozen=True)
class Ranking:
    """Scores in ascending order, sorted once for many sets of weights.

    `order` has shape (n,); `starts` are its positions where a new score begins and `scores` those scores, both of
    shape (steps,).
    """

    order: Integers
    starts: Integers
    scores: Floats

    @staticmethod
    def of(scores: Floats) -> Ranking:
        """Sort scores, shape (n,)."""
        order = np.argsort(scores, kind="stable")
        ordered = scores[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] > ordered[:-1]]))
        return Ranking(order, starts, ordered[starts])

    def sums(self, values: Floats | Integers) -> Floats:
        """Return the sum of the rows' values, shape (n,), within each step, shape (steps,)."""
        return np.asarray(np.add.reduceat(values[self.order], self.starts))

    def auc(self, positive: Booleans) -> float:
        """Return the area under the ROC curve of rows of equal weight, as `Curve.auc`."""
        n_positive = self.sums(positive.astype(np.int64))
        return auc_of_counts(n_positive, np.diff(self.starts, append=len(self.order)) - n_positive)

    def curve(self, positive: Integers, weights: Floats) -> Curve:
        """Return the cumulative curve under weights of the rows, shape (n,)."""
        weight = self.sums(weights)
        return Curve(cumulated(weight), cumulated(self.sums(weights * positive)), cumulated(weight * self.scores))


def cumulated(steps: Floats | Integers) -> Floats:
    """Return the sum of the steps below each border, shape (steps + 1,), from 0 to the total."""
    return np.concatenate([[0.0], np.cumsum(steps)])


@dataclass(frozen=True)
class Curve:
    """Sums over the rows with the lowest scores: of weight, of weight times positive, and of weight times score."""

    weight: Floats
    positive: Floats
    predicted: Floats

    @property
    def base_rate(self) -> float:
        """Return the weighted share of positives."""
        return float(self.positive[-1] / self.weight[-1])

    def auc(self) -> float:
        """Return the weighted share of pairs in which the positive has the higher score, ties counting half.

        Both classes must occur.
        """
        return _share_won(self.positive, self.weight - self.positive)

    def precision_at(self, share: float) -> float:
        """Return the rate of positives among the top `share` of the weight."""
        total = self.weight[-1]
        rest = np.interp((1.0 - share) * total, self.weight, self.positive)
        return float((self.positive[-1] - rest) / (share * total))

    def binned(self, bins: int) -> tuple[Floats, Floats]:
        """Return mean score and rate of positives in bins of equal weight, lowest first, each of shape (bins,)."""
        edges = np.linspace(0.0, self.weight[-1], bins + 1)
        size = self.weight[-1] / bins
        predicted, positive = (np.interp(edges, self.weight, sums) for sums in (self.predicted, self.positive))
        return np.diff(predicted) / size, np.diff(positive) / size

    def calibration_error(self, bins: int = BINS) -> float:
        """Return the mean absolute gap of mean score and rate of positives over bins of equal weight."""
        predicted, observed = self.binned(bins)
        return float(np.abs(predicted - observed).mean())


def auc_of_counts(positive: Floats | Integers, negative: Floats | Integers) -> float:
    """Return the area under the ROC curve from the counts of positives and negatives at each score, lowest first.

    Both classes must occur.

    Examples
    --------
    >>> auc_of_counts(np.array([0, 1, 1]), np.array([1, 1, 0]))
    0.875
    """
    return _share_won(cumulated(positive), cumulated(negative))


def _share_won(positive: Floats, negative: Floats) -> float:
    """Return the share of pairs in which the positive has the higher score, from cumulated sums of both classes."""
    below = (negative[:-1] + negative[1:]) / 2
    won = (np.diff(positive) * below).sum()  # no matrix product: its threads cost more than they give
    return float(won / (positive[-1] * negative[-1]))


def _curve(scores: Floats, positive: Integers, weights: Floats | None) -> Curve:
    return Ranking.of(scores).curve(positive, weights_of(weights, len(scores)))


def auc(scores: Floats, positive: Integers, *, weights: Floats | None = None) -> float:
    """Return the area under the ROC curve: the chance that a positive has the higher score, ties counting half.

    Both classes must occur.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]))
    0.875
    """
    return _curve(scores, positive, weights).auc()


def precision_at(scores: Floats, positive: Integers, *, share: float, weights: Floats | None = None) -> float:
    """Return the rate of positives among the top `share` of the weight, ranked by scores.

    Ties at the border count by their mean, and a row at the border counts in part.

    Examples
    --------
    >>> precision_at(np.array([0.9, 0.8, 0.1, 0.0]), np.array([1, 0, 0, 0]), share=0.5)
    0.5
    """
    return _curve(scores, positive, weights).precision_at(share)


def lift(scores: Floats, positive: Integers, *, share: float, weights: Floats | None = None) -> float:
    """Return the rate of positives among the top `share` of the weight over the base rate.

    Ties at the border count by their mean, so the order of rows does not matter. NaN without positives.
    """
    curve = _curve(scores, positive, weights)
    return curve.precision_at(share) / curve.base_rate if curve.base_rate > 0 else float("nan")


def expected_calibration_error(
    predicted: Floats, positive: Integers, *, bins: int = BINS, weights: Floats | None = None
) -> float:
    """Return the mean absolute gap of predicted and observed rates over bins of equal weight (equal counts).

    Naeini, Cooper and Hauskrecht (2015), with bins of equal mass. A row at an edge counts in part in both bins.

    Notes
    -----
    By chance it is above 0 even where every probability is right: read it beside the number of rows.
    """
    return _curve(predicted, positive, weights).calibration_error(bins)
