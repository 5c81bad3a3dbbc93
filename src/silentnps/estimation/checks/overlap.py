"""Overlap: are there answers from customers like each silent customer?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, fit_invitation
from silentnps.estimation.formulas.selection import SelectionModel, tilt_log_mass
from silentnps.numerics.arrays import Floats

MOST_OUTSIDE = 1 / 3
"""Share of silent customers without answers like theirs, above which answers and silent customers hardly overlap.

A single normal driver reaches it if it predicts who answered with an AUC of 0.93.
"""

LEAST_EFFECTIVE = 0.03
"""Effective share of the answers, weighted to look like silent customers, below which the two hardly overlap."""

_FEWEST_EFFECTIVE, _MANY_TIMES = 30.0, 4.0
_SUPPORT_QUANTILE = 0.995
_TIE = 1e-9


def outside_overlap_share(point: PointEstimate, sample: Sample) -> float:
    """Return the share of invited silent customers with hardly any answers like them; NaN if all answered.

    They are those whose P(silent | x) lies above the respondents' 99.5th percentile. As density ratios follow
    P(silent | x), this is also, up to sampling error, the part of the estimate that rests on the 1 answer in 200
    with the most silent features: 0.005 if silence is unrelated to features.

    Notes
    -----
    One-sided common support with a trimmed end (Dehejia and Wahba 1999, JASA 94, compare with the extreme;
    Heckman, Ichimura and Todd 1997, Review of Economic Studies 64, trim). Only the upper end matters, as
    respondents are weighted to look like silent customers and never the other way round. The rule of Crump, Hotz,
    Imbens and Mitnik (2009), Biometrika 96, answers another question, namely for which subpopulation the estimate
    has the least variance: it excludes a seventh of the customers if their log odds have a harmless standard
    deviation of 0.7.
    """
    if not sample.invited_silent.any():
        return math.nan
    score = _log_odds_of_silence(point, sample)
    limit = np.quantile(score[sample.answered], _SUPPORT_QUANTILE)
    return float(np.mean(score[sample.invited_silent] > limit + _TIE))


def hardly_overlap(diagnostics: Mapping[str, float], *, n_answers: int) -> bool:
    """Return whether answers and silent customers hardly overlap.

    They hardly overlap if more than a third of those asked who stayed silent have hardly any answers like them, or
    if the answers, weighted to look like silent customers, count as less than 3 % of their number, or as fewer
    than 30 when they are more than four times as many.

    Parameters
    ----------
    diagnostics
        `outside_overlap_share` and `effective_sample_size` of `diagnose`; a missing one is taken at its best value.

    Examples
    --------
    >>> hardly_overlap({"outside_overlap_share": 0.01, "effective_sample_size": 400.0}, n_answers=700)
    False
    """
    outside, effective = overlap_measures(diagnostics, n_answers=n_answers)
    few = effective < _FEWEST_EFFECTIVE and n_answers > _MANY_TIMES * effective
    return outside > MOST_OUTSIDE or effective < LEAST_EFFECTIVE * n_answers or few


def overlap_measures(diagnostics: Mapping[str, float], *, n_answers: int) -> tuple[float, float]:
    """Return the share outside the overlap and the effective sample size, with the best value for a missing one.

    There is no such share if nobody who was asked stayed silent.
    """
    outside = diagnostics.get("outside_overlap_share", 0.0)
    return outside, diagnostics.get("effective_sample_size", float(n_answers))


def invited_overlap_share(sample: Sample, invitation: SelectionModel | None = None) -> float | None:
    """Return the share of customers never invited who are like invited ones, in [0, 1]; None if all were invited.

    They are those whose P(never invited | u), on the design of the response drivers, is at most the 99.5th
    percentile of invited customers. The estimate of the rest comes from the model alone. `invitation` is the model
    of who was never invited of `fit_invitation`, which is fitted here without it.
    """
    never = ~sample.invited
    if not never.any() or not sample.invited.any():
        return None
    score = (invitation or fit_invitation(sample)).log_odds(sample.drivers)
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
    """Return logit P(silent | x), valid for invited customers: their law is q, and p is q tilted back."""
    selection = point.selection
    mass = -tilt_log_mass(point.silent_probabilities, -selection.gamma)
    return np.asarray(selection.log_odds(sample.drivers) + mass)
