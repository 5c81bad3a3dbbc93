"""NPS of counted answers, and the record in which every estimate travels."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from silentnps.numerics.arrays import Integers
from silentnps.numerics.distributions import normal_quantile, t_quantile
from silentnps.numerics.nps import CLASS_VALUES

_ROCKS_ADDED = np.array([0.75, 1.5, 0.75])


@dataclass(frozen=True)
class NPSEstimate:
    """An NPS in points with its uncertainty.

    `value`, `low`, `high` are in [-100, 100]; `standard_error` in points; `n` is the number of customers that the
    estimate covers. For an empty group all four are NaN and `n` is 0.

    Examples
    --------
    >>> estimate = NPSEstimate(value=3.1, low=-5.7, high=11.9, standard_error=4.5, n=17412, confidence_level=0.95)
    >>> print(estimate)
    +3.1 [-5.7, +11.9]
    >>> estimate.to_dict()["n"]
    17412
    """

    value: float
    low: float
    high: float
    standard_error: float
    n: int
    confidence_level: float

    def to_dict(self) -> dict[str, float]:
        """Return the fields as a plain dictionary, for files."""
        return asdict(self)

    def __str__(self) -> str:
        if self.n == 0:
            return "none (n = 0)"
        return f"{self.value:+.1f} [{self.low:+.1f}, {self.high:+.1f}]"


def of_none(confidence_level: float) -> NPSEstimate:
    """Return the estimate for an empty group, which has no NPS.

    Examples
    --------
    >>> print(of_none(0.95))
    none (n = 0)
    """
    return NPSEstimate(np.nan, np.nan, np.nan, np.nan, 0, confidence_level)


def nps_of_counts(*, promoters: int, passives: int, detractors: int, confidence_level: float = 0.95) -> NPSEstimate:
    """Estimate NPS from the three counts of a simple random sample.

    NPS is 100 * (p - d), with p and d the shares of promoters and detractors. The interval is the adjusted Wald
    of Rocks (2016, "Interval estimation for the Net Promoter Score", The American Statistician 70(4)): three
    cases are added, 3/4, 3/2 and 3/4, before the usual formula p + d - (p - d)^2.

    Notes
    -----
    Assumes that the respondents are a random sample of the group, which they seldom are.

    Examples
    --------
    >>> print(nps_of_counts(promoters=50, passives=30, detractors=20))
    +30.0 [+14.1, +44.2]
    """
    counts = np.array([detractors, passives, promoters], dtype=np.float64)
    n = int(counts.sum())
    if n == 0:
        return of_none(confidence_level)
    value = float(counts @ CLASS_VALUES / n)
    adjusted = (counts + _ROCKS_ADDED) / (n + 3)
    center = float(adjusted @ CLASS_VALUES)
    variance = float(adjusted @ CLASS_VALUES**2 - center**2) / (n + 3)
    half = normal_quantile(0.5 + confidence_level / 2) * variance**0.5
    low, high = max(center - half, -100.0), min(center + half, 100.0)
    return NPSEstimate(value, low, high, variance**0.5, n, confidence_level)


def nps_of_classes(classes: Integers, *, confidence_level: float = 0.95) -> NPSEstimate:
    """Estimate NPS from class codes 0, 1 and 2, as `nps_of_counts` does; silent codes are ignored."""
    counts = np.bincount(classes[classes >= 0], minlength=3)
    return nps_of_counts(
        detractors=int(counts[0]),
        passives=int(counts[1]),
        promoters=int(counts[2]),
        confidence_level=confidence_level,
    )


def census(classes: Integers, *, confidence_level: float) -> NPSEstimate:
    """Return the NPS of a group whose classes are all known, which has no error."""
    if len(classes) == 0:
        return of_none(confidence_level)
    value = float(CLASS_VALUES[classes].mean())
    return NPSEstimate(value, value, value, 0.0, len(classes), confidence_level)


def normal_estimate(
    value: float, standard_error: float, *, n: int, confidence_level: float, degrees: float = np.inf
) -> NPSEstimate:
    """Return an estimate with a symmetric t interval of the given degrees of freedom, cut at -100 and 100."""
    if n == 0:
        return of_none(confidence_level)
    half = t_quantile(0.5 + confidence_level / 2, degrees) * standard_error
    low, high = max(value - half, -100.0), min(value + half, 100.0)
    return NPSEstimate(value, low, high, standard_error, n, confidence_level)


def mix(known: NPSEstimate, estimated: NPSEstimate) -> NPSEstimate:
    """Combine a group whose NPS is known (a census) with one whose NPS is estimated, weighted by size."""
    if known.n == 0 or estimated.n == 0:
        return known if estimated.n == 0 else estimated
    n = known.n + estimated.n
    share = estimated.n / n
    rest = (1 - share) * known.value

    def scaled(x: float) -> float:
        return rest + share * x

    return NPSEstimate(
        scaled(estimated.value),
        scaled(estimated.low),
        scaled(estimated.high),
        share * estimated.standard_error,
        n,
        estimated.confidence_level,
    )
