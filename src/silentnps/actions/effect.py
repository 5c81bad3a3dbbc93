"""What acting did: the difference between those on a list and those drawn to be left alone, with an interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.distributions import normal_quantile

FEWEST_HELD_OUT = 10
"""With fewer customers in either arm no difference is told."""

POWER = 0.8
_CELLS = 4_000_000
"""Entries of the largest matrix of permutations that is held at a time."""

_STEPS = 60


@dataclass(frozen=True)
class Effect:
    """A difference of means, treated less holdout, with the interval of `confidence_level`.

    `smallest_seen` is the difference that an interval would have shown in 80 of 100 cases. `low` and `high` are NaN
    where the outcome is the same for everybody, and infinite where no difference can be excluded.
    """

    n_treated: int
    n_holdout: int
    mean_treated: float
    mean_holdout: float
    difference: float
    low: float
    high: float
    confidence_level: float
    smallest_seen: float


@dataclass(frozen=True)
class _Statistics:
    """By permutation, what the studentised difference is as a function of the effect that is supposed.

    For a supposed effect e it is (a - e * b) / sqrt(A - 2 * e * B + e**2 * C).
    """

    a: Floats
    b: Floats
    A: Floats
    B: Floats
    C: Floats

    def at(self, supposed: float) -> Floats:
        """Return the studentised difference of each permutation."""
        variance = np.maximum(self.A - 2 * supposed * self.B + supposed**2 * self.C, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num((self.a - supposed * self.b) / np.sqrt(variance), nan=0.0)


def effect_of(
    outcome: Floats,
    treated: Booleans,
    stratum: Integers,
    covariates: Floats,
    *,
    rng: np.random.Generator,
    confidence_level: float = 0.95,
    permutations: int = 1999,
) -> Effect:
    """Estimate what being on the list changed in an outcome, from an experiment randomised within strata.

    The difference is the coefficient of `treated` in the regression of the outcome on it, the strata and
    covariates known before the draw (analysis of covariance), with the robust standard error HC2. Its interval has
    the supposed effects that a permutation test of the studentised difference, repeated within strata as the draw
    was, does not reject, in each tail at half the level.

    Parameters
    ----------
    outcome, treated, stratum
        Of each customer, shape (n,). Strata are draws of their own, numbered from 0.
    covariates
        Shape (n, k), known before the draw.

    Notes
    -----
    Exact in finite samples where the effect is the same for everybody, in particular where there is none; where it
    differs between customers the level is right in large samples, whatever the variances of the arms (Wu and Ding
    2021, "Randomization tests for weak null hypotheses in randomized experiments", theorem 2). Wrong where one
    customer's outcome depends on whether another is contacted.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> treated = np.arange(60) % 3 > 0
    >>> outcome = rng.normal(size=60) + 2 * treated
    >>> found = effect_of(outcome, treated, np.zeros(60, dtype=int), np.empty((60, 0)), rng=rng)
    >>> found.low < 2 < found.high, found.n_holdout
    (True, 20)
    """
    y, arm = np.asarray(outcome, dtype=np.float64), np.asarray(treated, dtype=np.float64)
    basis = _basis(stratum, covariates)
    ry, rt = _residual(y, basis), _residual(arm, basis)
    q = float(rt @ rt)
    difference = float(rt @ ry) / q
    leverage = np.clip(np.einsum("ij,ij->i", basis, basis), 0.0, 1.0)
    error = float(np.sqrt(_variance(rt[None], (ry - difference * rt)[None] ** 2, leverage)[0]))
    low, high = np.nan, np.nan
    if error > 1e-12 * max(1.0, float(np.abs(y).max())):
        parts = [
            _statistics(draws, ry, rt, basis, leverage)
            for draws in _permutations(arm, stratum, permutations, rng=rng)
        ]
        by_draw = _Statistics(*(np.concatenate([getattr(part, k) for part in parts]) for k in "abABC"))
        low, high = _not_rejected(difference, error, by_draw, (1 - confidence_level) / 2)
    seen = (normal_quantile((1 + confidence_level) / 2) + normal_quantile(POWER)) * error
    on = arm > 0
    means = float(y[on].mean()), float(y[~on].mean())
    return Effect(int(on.sum()), int((~on).sum()), *means, difference, low, high, confidence_level, seen)


def _basis(stratum: Integers, covariates: Floats) -> Floats:
    """Return an orthonormal basis of the strata and the covariates, shape (n, rank)."""
    dummies = (np.asarray(stratum)[:, None] == np.unique(stratum)[None]).astype(np.float64)
    columns = np.asarray(covariates, dtype=np.float64)
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    design = np.hstack([dummies, centred[:, spread > 0] / spread[spread > 0]])
    u, s, _ = np.linalg.svd(design, full_matrices=False)
    return np.asarray(u[:, s > 1e-10 * s[0]])


def _residual(values: Floats, basis: Floats) -> Floats:
    return np.asarray(values - (values @ basis) @ basis.T)


def _variance(rt: Floats, squares: Floats, leverage: Floats) -> Floats:
    """Return the HC2 variance of the coefficient of each row of residual arms."""
    q = (rt**2).sum(axis=1)
    return np.asarray((_weights(rt, q, leverage) * squares).sum(axis=1))


def _weights(rt: Floats, q: Floats, leverage: Floats) -> Floats:
    left = np.maximum(1.0 - leverage - rt**2 / q[:, None], 1e-9)
    return np.asarray(rt**2 / left / q[:, None] ** 2)


def _permutations(arm: Floats, stratum: Integers, n: int, *, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield draws of the arms within strata, shape (some, customers)."""
    rows = max(1, _CELLS // len(arm))
    for start in range(0, n, rows):
        draws = np.zeros((min(rows, n - start), len(arm)))
        for each in np.unique(stratum):
            members = np.flatnonzero(stratum == each)
            order = rng.random((len(draws), len(members))).argsort(axis=1)
            draws[:, members] = arm[members][order]
        yield draws


def _statistics(draws: Floats, ry: Floats, rt: Floats, basis: Floats, leverage: Floats) -> _Statistics:
    r = _residual(draws, basis)
    q = (r**2).sum(axis=1)
    a, b = r @ ry / q, r @ rt / q
    u, v = ry - a[:, None] * r, rt - b[:, None] * r
    weights = _weights(r, q, leverage)
    return _Statistics(
        a, b, (weights * u**2).sum(axis=1), (weights * u * v).sum(axis=1), (weights * v**2).sum(axis=1)
    )


def _not_rejected(difference: float, error: float, draws: _Statistics, tail: float) -> tuple[float, float]:
    """Return the ends of the supposed effects that neither tail rejects."""

    def share_beyond(supposed: float, sign: float) -> float:
        observed = sign * (difference - supposed) / error
        return float((1 + (sign * draws.at(supposed) >= observed - 1e-12).sum()) / (1 + len(draws.a)))

    ends = []
    for sign in (1.0, -1.0):
        inside, width = difference, error
        while share_beyond(difference - sign * width, sign) > tail and width < 1e6 * error:
            inside, width = difference - sign * width, 2 * width
        outside = difference - sign * width
        if width >= 1e6 * error:
            ends.append(-sign * np.inf)
            continue
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if share_beyond(middle, sign) > tail else (inside, middle)
        ends.append(outside)
    return float(ends[0]), float(ends[1])
