"""The log loss of binary outcomes by their log odds."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats


def log_loss(log_odds: Floats, positive: Floats) -> tuple[Floats, Floats]:
    """Return the log loss and the probability of each row.

    Both come from one exponential, which takes a quarter to two thirds of the time of `logaddexp` and `expit`.

    Parameters
    ----------
    log_odds
        Shape (n,), finite.
    positive
        The outcomes, or probabilities of them, from 0 to 1, shape (n,).

    Examples
    --------
    >>> loss, probability = log_loss(np.array([0.0, 800.0]), np.array([1.0, 0.0]))
    >>> loss.round(3).tolist(), probability.tolist()
    ([0.693, 800.0], [0.5, 1.0])
    """
    smaller = np.exp(-np.abs(log_odds))  # of the odds and their inverse
    probability = np.where(log_odds < 0.0, smaller, 1.0) / (1.0 + smaller)
    return np.maximum(log_odds, 0.0) + np.log1p(smaller) - positive * log_odds, probability
