"""P-values of checks: adjusted for many features, and valid however often a growing wave is looked at."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats

MIXING = 100.0
"""The number of answers around which always-valid p-values are most powerful."""


def holm(p_values: Floats) -> Floats:
    """Return p-values adjusted by Holm (1979, Scandinavian Journal of Statistics 6), shape (n,).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def always_valid(statistic: float, n: int, *, df: int = 1) -> float:
    """Return a p-value that holds at every look at a sample that grows, however often one looks.

    The likelihood ratio of normal means that are mixed over a normal law, of a chi-squared `statistic` with `df`
    degrees of freedom (the square of a z of n answers, where df is 1), is exp(statistic * n / (2 * (n + r))) *
    (r / (n + r))**(df / 2) with r = `MIXING`. Under the null it is a martingale, so by Ville's inequality its
    inverse is below alpha at any look with probability alpha at most.

    Notes
    -----
    Robbins (1970), Annals of Mathematical Statistics 41, section 3. The normal law holds for large n (Waudby-Smith,
    Arbour, Sinha, Kennedy and Ramdas 2024, Annals of Statistics 52). Whoever looks once could use a smaller value.

    Examples
    --------
    >>> round(always_valid(16.0, 300), 4)  # a z of 4; looked at once it would be 0.0001
    0.005
    """
    grown = (n + MIXING) / MIXING
    log_p = 0.5 * df * np.log(grown) - 0.5 * statistic * n / (n + MIXING)
    return float(np.exp(min(log_p, 0.0)))


def apart(before: np.ndarray, now: np.ndarray, *, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows to compare so that every customer is in one of two waves only, drawn by a coin.

    `before` and `now` are the ids of the customers of the rows, each at most once in a wave. What a customer does
    in two waves is not independent, and tests of two samples need that it is.
    """
    both = np.intersect1d(before, now)
    first = np.random.default_rng([random_state, 11]).random(len(both)) < 0.5
    return ~np.isin(before, both[~first]), ~np.isin(now, both[first])
