"""How well anyone could predict: what repeated answers by the same persons say about their own noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.evaluation.intervals import RESAMPLES, percentiles
from silentnps.metrics import quadratic_kappa
from silentnps.numerics.arrays import Floats, Integers

FEWEST_REPEATING = 30
"""With fewer persons who answered twice or more there is no estimate."""

_DISTANCES = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
_METRICS = ("exact_share", "qwk", "rps", "log_loss_at_least", "log_loss_at_most")


@dataclass(frozen=True)
class NoiseCeiling:
    """What perfect knowledge of every person's law would reach; if `table` is None, `reason` says why.

    `table` has one row per metric: metric, value, low, high, n_persons.
    """

    table: pd.DataFrame | None
    n_persons: int
    reason: str


def noise_ceiling(
    persons: Integers,
    classes: Integers,
    *,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    confidence_level: float = 0.95,
) -> NoiseCeiling:
    """Estimate the best scores that knowledge of each person's own class probabilities could give.

    Let person i answer each time by a law p_i, with cumulative F_ik = P(class <= k), and let c1, c2 be two of the
    answers. A forecaster who knows p_i has the expected ranked probability score

        R_i = (1/2) sum_k E (F_ik - 1[c <= k])^2 = (1/2) sum_k F_ik (1 - F_ik),    k = 0, 1,

    and, c1 and c2 being independent given i,

        E (1[c1 <= k] - 1[c2 <= k])^2 = 2 F_ik (1 - F_ik),

    so half the squared difference of the cumulative indicators, averaged over the two thresholds, is unbiased for
    R_i. It equals |c1 - c2| / 4. The mean over persons (of the mean over a person's pairs) is the estimate `rps`.

    `exact_share` is the share of pairs that agree, E sum_y p_iy^2, and `qwk` the quadratic kappa of the symmetric
    table of pairs: what one answer of a person says about another. The entropy of p_i, which is the log loss of a
    forecaster who knows it, has no unbiased estimate from two answers but has two bounds: by Jensen's inequality
    twice H(p_i) >= -log sum_y p_iy^2 and its mean >= -log(exact_share) (`log_loss_at_least`); and a forecaster who
    knows only one other answer has the conditional entropy H(c2 | c1) of the table of pairs, which is no less
    (`log_loss_at_most`).

    Parameters
    ----------
    persons, classes
        One row per answer of any wave, shape (n,); classes 0, 1, 2.

    Notes
    -----
    Assumes that a person's law stays the same between answers: a true change of mind counts as noise, and the
    ceiling is then too low a hurdle. It describes persons who answer repeatedly, who need not be like the others.
    """
    pairs = _pairs_of_persons(persons, classes)
    n = len(pairs)
    if n < FEWEST_REPEATING:
        return NoiseCeiling(None, n, f"{n} persons answered twice or more, fewer than {FEWEST_REPEATING}")
    flat = pairs.reshape(n, 9)
    drawn = [
        _ceilings((np.bincount(rng.integers(n, size=n), minlength=n) @ flat).reshape(3, 3))
        for _ in range(resamples)
    ]
    low, high = percentiles(np.array(drawn), confidence_level=confidence_level)
    value = _ceilings(pairs.sum(axis=0))
    columns = {"metric": list(_METRICS), "value": value, "low": low, "high": high, "n_persons": n}
    return NoiseCeiling(pd.DataFrame(columns), n, "")


def _pairs_of_persons(persons: Integers, classes: Integers) -> Floats:
    """Return the symmetric table of ordered pairs of each person with two or more answers, shares, (n, 3, 3)."""
    codes = np.unique(persons, return_inverse=True)[1]
    counts = np.zeros((int(codes.max(initial=-1)) + 1, 3))
    np.add.at(counts, (codes, classes), 1.0)
    size = counts.sum(axis=1)
    counts, size = counts[size > 1], size[size > 1]
    # ordered pairs of two different answers: a class pairs with itself one time fewer than it occurs
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(3)
    return np.asarray(pairs / (size * (size - 1))[:, None, None])


def _ceilings(pairs: Floats) -> Floats:
    """Return the metrics of a table of pairs in the order of `_METRICS`."""
    shares = pairs / pairs.sum()
    agreement = float(np.trace(shares))
    conditional = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    known = shares > 0
    entropy = -float((shares[known] * np.log(conditional[known])).sum())
    least = -np.log(max(agreement, 1 / 3))
    rps = float((_DISTANCES * shares).sum() / 4)
    return np.array([agreement, quadratic_kappa(pairs), rps, least, max(entropy, least)])
