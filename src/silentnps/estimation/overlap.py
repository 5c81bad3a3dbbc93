"""Overlap: are there answers from customers like every silent one?"""

from __future__ import annotations

import numpy as np

from silentnps.estimation.nps import Floats
from silentnps.estimation.point import PointEstimate, Sample
from silentnps.estimation.selection import fit_selection, tilt_log_mass

_SUPPORT_QUANTILE = 0.995
_TIE = 1e-9


def outside_overlap_share(point: PointEstimate, sample: Sample) -> float:
    """Return the share of the invited silent for whom hardly any answer stands, in [0, 1].

    They are those whose P(silent | x) lies above the 99.5th percentile of the respondents'. As density ratios
    follow P(silent | x), it is also, up to sampling error, the part of the estimate that the 1 answer in 200 with
    the most silent features carries: 0.005 where silence is unrelated to features.

    Notes
    -----
    One-sided common support with a trimmed end (Dehejia and Wahba 1999, JASA 94, compare with the extreme;
    Heckman, Ichimura and Todd 1997, Review of Economic Studies 64, trim). Only the upper end matters: respondents
    are weighted to the silent, never the other way. The rule of Crump, Hotz, Imbens and Mitnik (2009), Biometrika
    96, asks another question, for which subpopulation the estimate has the least variance: it calls a seventh
    of customers outside whose log odds differ by a harmless standard deviation of 0.7.
    """
    if not sample.invited_silent.any():
        return 0.0
    score = _log_odds_of_silence(point, sample)
    limit = np.quantile(score[sample.answered], _SUPPORT_QUANTILE)
    return float(np.mean(score[sample.invited_silent] > limit + _TIE))


def invited_overlap_share(sample: Sample) -> float | None:
    """Return the share of the never invited who are like somebody invited, in [0, 1]; None if all were invited.

    They are those whose P(never invited | u), on the design of the drivers, is at most the 99.5th percentile of
    the invited's. The rest get their estimate from the model alone.
    """
    never = ~sample.invited
    if not never.any() or not sample.invited.any():
        return None
    flat = np.full((len(never), 3), 1 / 3)
    fitted = fit_selection(
        flat, sample.drivers, never, weights=sample.weights, fixed_gamma=np.zeros(3), groups=sample.groups
    )
    score = fitted.log_odds(sample.drivers)
    limit = np.quantile(score[sample.invited], _SUPPORT_QUANTILE)
    return float(np.mean(score[never] <= limit + _TIE))


def weight_multiples(weights: Floats) -> tuple[float, float]:
    """Return the largest weight and the 95th percentile of the weights, in multiples of the mean weight.

    Examples
    --------
    >>> weight_multiples(np.array([1.0, 1.0, 4.0]))[0]
    2.0
    """
    multiples = weights / weights.mean()
    return float(multiples.max()), float(np.quantile(multiples, 0.95))


def _log_odds_of_silence(point: PointEstimate, sample: Sample) -> Floats:
    """Return logit P(silent | x), right for the invited: there the law is q, and p is q tilted back."""
    selection = point.selection
    mass = -tilt_log_mass(point.silent_probabilities, -selection.gamma)
    return np.asarray(selection.log_odds(sample.drivers) + mass)
