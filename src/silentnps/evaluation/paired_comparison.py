"""Two models on the same held-out answers: paired differences of metrics with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from silentnps.errors import DataError
from silentnps.metrics import log_losses, ranked_probability_scores
from silentnps.numerics.arrays import Floats, Integers
from silentnps.schema import NPS_CLASSES

_DETRACTOR = NPS_CLASSES.index("detractor")
_CELLS_AT_A_TIME = 4_000_000
TOP_SHARE = 0.1
"""Share of customers among whom lift is measured."""


@dataclass(frozen=True)
class Difference:
    """The difference between two models in one metric: `value`, with a percentile interval.

    `n` rows were compared. `low` and `high` are NaN if nothing can be resampled.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int
    confidence_level: float


def compare_models(
    challenger: Floats,
    champion: Floats,
    classes: Integers,
    *,
    persons: Integers | None = None,
    random_state: int = 0,
    resamples: int = 2000,
    confidence_level: float = 0.95,
) -> tuple[Difference, Difference, Difference]:
    """Return challenger minus champion in RPS, log loss and lift at 10 % of detractors.

    Both predict the same rows. Each resample draws persons with replacement and takes all their rows, the same for
    both models, so that what the rows share (hard customers, a lucky wave) cancels. The interval is given by
    percentiles of the resampled differences (Efron and Tibshirani 1993, section 13.3).

    Parameters
    ----------
    challenger, champion
        Probabilities, shape (n, 3), of models that did not learn from these rows.
    classes
        0, 1, 2 of each row, shape (n,).
    persons
        Code of each row's person; if absent, every row is a person of its own.

    Notes
    -----
    This compares two fitted models, not two ways of fitting: the chance of retraining is not in the interval. With
    fewer than about 50 persons percentile intervals are too short. Lift is NaN without detractors; resamples
    without any are left out of its interval.

    Raises
    ------
    DataError
        If there are no rows.
    """
    _check_rows(len(classes))
    people = np.arange(len(classes)) if persons is None else np.unique(persons, return_inverse=True)[1]
    positive = (classes == _DETRACTOR).astype(np.float64)
    losses = np.column_stack(
        [
            ranked_probability_scores(challenger, classes) - ranked_probability_scores(champion, classes),
            log_losses(challenger, classes) - log_losses(champion, classes),
        ]
    )
    tops = [_Top.of(scores[:, _DETRACTOR], positive) for scores in (challenger, champion)]

    def differences(weights: Floats) -> Floats:
        means = weights @ losses / weights.sum(axis=1, keepdims=True)
        return np.column_stack([means, tops[0].lift(weights) - tops[1].lift(weights)])

    values = differences(np.ones((1, len(classes))))[0]
    rng = np.random.default_rng(random_state)
    drawn = np.vstack([differences(weights) for weights in _weights(people, resamples, rng)])
    names = ("rps", "log_loss", "lift_at_10_detractor")
    rps, log_loss, top_lift = (
        Difference(name, float(value), *_interval(column, confidence_level), len(classes), confidence_level)
        for name, value, column in zip(names, values, drawn.T, strict=True)
    )
    return rps, log_loss, top_lift


def mean_difference(
    metric: str,
    challenger: Floats,
    champion: Floats,
    *,
    random_state: int = 0,
    resamples: int = 2000,
    confidence_level: float = 0.95,
) -> Difference:
    """Return the difference of the means of paired values, shape (n,) each, resampling pairs.

    Examples
    --------
    >>> change = mean_difference("nps", np.array([3.0, 5.0]), np.array([2.0, 4.0]))
    >>> change.value, change.low, change.high
    (1.0, 1.0, 1.0)
    """
    gaps = challenger - champion
    _check_rows(len(gaps))
    rng = np.random.default_rng(random_state)
    drawn = [weights @ gaps / weights.sum(axis=1) for weights in _weights(np.arange(len(gaps)), resamples, rng)]
    ends = _interval(np.concatenate(drawn), confidence_level)
    return Difference(metric, float(gaps.mean()), *ends, len(gaps), confidence_level)


@dataclass(frozen=True)
class _Top:
    """Rows in order of a score, the highest first; `ends` are the last positions of tied rows."""

    order: Integers
    ends: Integers
    positive: Floats

    @staticmethod
    def of(scores: Floats, positive: Floats) -> _Top:
        order = np.argsort(-scores, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, len(scores) > 0))
        return _Top(order, ends, positive[order])

    def lift(self, weights: Floats) -> Floats:
        """Return `metrics.lift` of weighted rows, shape (resamples,), for weights (resamples, n)."""
        sorted_weights = weights[:, self.order]
        reached = np.cumsum(sorted_weights, axis=1)[:, self.ends]
        caught = np.cumsum(sorted_weights * self.positive, axis=1)[:, self.ends]
        total, n_positive = reached[:, -1], caught[:, -1]
        n_top = TOP_SHARE * total
        inside = reached <= n_top[:, None]
        full, full_caught = (np.max(np.where(inside, x, 0.0), axis=1) for x in (reached, caught))
        border = np.minimum(inside.sum(axis=1), len(self.ends) - 1)
        rows = np.arange(len(weights))
        tied, tied_caught = reached[rows, border] - full, caught[rows, border] - full_caught
        share = np.divide(n_top - full, tied, out=np.zeros_like(tied), where=tied > 0)
        rate = (full_caught + share * tied_caught) / n_top
        lifts = np.divide(rate * total, n_positive, out=np.full(len(weights), np.nan), where=n_positive > 0)
        return np.asarray(lifts)


def _check_rows(n: int) -> None:
    if n == 0:
        raise DataError("models must be compared on at least 1 row; got none. Collect answers.")


def _weights(people: Integers, resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each row is drawn, shape (some resamples, n)."""
    n = int(people.max()) + 1
    at_a_time = max(_CELLS_AT_A_TIME // len(people), 1)
    for start in range(0, resamples, at_a_time):
        size = min(at_a_time, resamples - start)
        draws = rng.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
        counts = np.bincount(draws.ravel(), minlength=size * n).reshape(size, n)
        yield counts[:, people].astype(np.float64)


def _interval(drawn: Floats, confidence_level: float) -> tuple[float, float]:
    known = drawn[~np.isnan(drawn)]
    if len(known) == 0:
        return float("nan"), float("nan")
    tail = (1.0 - confidence_level) / 2
    low, high = np.quantile(known, [tail, 1.0 - tail])
    return float(low), float(high)
