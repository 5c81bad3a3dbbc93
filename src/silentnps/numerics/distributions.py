"""Quantiles and tails of the distributions that intervals and tests use.

They are functions of scipy.special: scipy.stats, which calls most of them too, takes a second to import, and most
commands need no more of it.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from silentnps.numerics.arrays import Floats


def normal_quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution.

    Examples
    --------
    >>> round(normal_quantile(0.975), 3)
    1.96
    """
    return float(special.ndtri(probability))


def normal_tail(value: float) -> float:
    """Return the probability of more than `value` under the standard normal distribution."""
    return float(special.ndtr(-value))


def t_quantile(probability: float, degrees: float) -> float:
    """Return the quantile of Student's t; NaN without degrees of freedom, the normal's with infinitely many.

    Examples
    --------
    >>> round(t_quantile(0.975, 4), 3)
    2.776
    """
    return float(special.stdtrit(degrees, probability))


def t_tail(values: Floats | float, degrees: float) -> Floats:
    """Return the probability of more than each value under Student's t, in the shape of `values`."""
    return np.asarray(special.stdtr(degrees, -np.asarray(values)))


def beta_quantile(probability: float, first: float, second: float) -> float:
    """Return the quantile of the beta distribution of these two parameters."""
    return float(special.betaincinv(first, second, probability))


def f_tail(value: float, degrees: float, of_errors: float) -> float:
    """Return the probability of more than `value` under the F distribution."""
    return float(special.fdtrc(degrees, of_errors, value))


def chi_square_quantile_above(probability: float, degrees: float) -> float:
    """Return what a chi-square variable is above with this probability."""
    return float(special.chdtri(degrees, probability))
