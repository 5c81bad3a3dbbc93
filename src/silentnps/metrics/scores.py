"""Proper scores of class probabilities."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats, Integers

_SMALLEST = 1e-12


def weights_of(weights: Floats | None, n: int) -> Floats:
    """Return the weights of n rows, shape (n,): all 1 if none are given."""
    return np.ones(n) if weights is None else weights


def log_loss(probabilities: Floats, classes: Integers, *, weights: Floats | None = None) -> float:
    """Return the weighted mean of -log p(class) in nats; lower is better.

    Examples
    --------
    >>> round(log_loss(np.array([[0.5, 0.25, 0.25]]), np.array([0])), 4)
    0.6931
    """
    return float(np.average(log_losses(probabilities, classes), weights=weights_of(weights, len(classes))))


def log_losses(probabilities: Floats, classes: Integers) -> Floats:
    """Return -log p(class) of each row in nats, shape (n,), with p at least 1e-12."""
    chosen = probabilities[np.arange(len(classes)), classes]
    return np.asarray(-np.log(np.maximum(chosen, _SMALLEST)))


def ranked_probability_score(probabilities: Floats, classes: Integers, *, weights: Floats | None = None) -> float:
    """Return the weighted mean ranked probability score in [0, 1]; lower is better.

    Epstein (1969), with the division by K - 1: the mean over thresholds of squared errors of cumulative
    probabilities.

    Examples
    --------
    >>> ranked_probability_score(np.array([[1.0, 0.0, 0.0]]), np.array([2]))
    1.0
    """
    scores = ranked_probability_scores(probabilities, classes)
    return float(np.average(scores, weights=weights_of(weights, len(classes))))


def ranked_probability_scores(probabilities: Floats, classes: Integers) -> Floats:
    """Return the ranked probability score of each row, shape (n,)."""
    observed = np.eye(probabilities.shape[1])[classes]
    gaps = np.cumsum(probabilities - observed, axis=1)[:, :-1]
    return np.asarray((gaps**2).mean(axis=1))
