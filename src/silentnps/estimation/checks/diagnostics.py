"""How far an estimate can be trusted: its weights, balance, and how much the data say about selection."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.checks.overlap import invited_overlap_share, outside_overlap_share, weight_multiples
from silentnps.estimation.formulas.doubly_robust import (
    PointEstimate,
    Sample,
    estimate_point,
    fit_invitation,
    select,
)
from silentnps.estimation.formulas.gamma_prior import PriorScale, prior_covariance
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.distributions import t_quantile


def effective_sample_size(weights: Floats) -> float:
    """Return Kish's effective sample size, (sum w)^2 / sum w^2.

    Examples
    --------
    >>> effective_sample_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def standardised_differences(drivers: Floats, sample: Sample, weights: Floats) -> tuple[Floats, Floats]:
    """Return respondents less invited silent customers, in pooled sd, before and after weighting, shape (k,).

    NaN where nobody who was invited stayed silent.
    """
    answered, silent = sample.answered, sample.invited_silent
    if not silent.any():
        return np.full(drivers.shape[1], np.nan), np.full(drivers.shape[1], np.nan)
    sd = np.sqrt((drivers[answered].var(axis=0) + drivers[silent].var(axis=0)) / 2)
    sd = np.where(sd > 0, sd, 1.0)
    target = drivers[silent].mean(axis=0)
    before = (drivers[answered].mean(axis=0) - target) / sd
    after = (weights[answered] @ drivers[answered] / weights[answered].sum() - target) / sd
    return before, after


def diagnose(
    point: PointEstimate, sample: Sample, gammas: Floats, *, prior_sd: PriorScale, confidence_level: float = 0.95
) -> dict[str, float]:
    """Return the diagnostics of an estimate.

    Parameters
    ----------
    gammas
        Bootstrap draws of gamma, shape (replicates, 3), each with a separate draw of the prior's mean.
    confidence_level
        Confidence level of the intervals of gamma.

    Returns
    -------
    dict
        n_invited, response_rate, effective_sample_size, trimmed_weight_share, largest standardised difference
        before and after weighting; `largest_weight` and `weight_95th_percentile` in multiples of the mean weight;
        `outside_overlap_share` of the invited silent customers and, if some customers were never invited,
        `invited_overlap_share` (see `overlap`); gamma of detractors and promoters with standard errors, t
        intervals (`..._low`, `..._high`, `gamma_confidence_level`), `gamma_prior_share`: the variance of gamma as
        a share of its prior's (1: the data said nothing), and `gamma_prior_distance`: how far gamma is from 0, the
        prior's mean, in the prior's standard deviations (Mahalanobis). If gamma is fixed at 0, only the two gammas
        of these are included. Comparisons with invited silent customers are left out if there are none; if nobody
        stayed silent, only n_invited and response_rate are known.
    """
    if sample.answered.all():
        return _answers(sample)
    never = invited_overlap_share(sample, point.invitation)
    diagnostics = _sizes(point, sample) | ({} if never is None else {"invited_overlap_share": never})
    diagnostics |= {
        "gamma_detractor": float(point.selection.gamma[0]),
        "gamma_promoter": float(point.selection.gamma[2]),
    }
    if not gammas[:, [0, 2]].any():
        return diagnostics
    return diagnostics | _uncertainty_of_gamma(point.selection.gamma, gammas, prior_sd, confidence_level)


def _sizes(point: PointEstimate, sample: Sample) -> dict[str, float]:
    answered = sample.answered
    if not sample.invited_silent.any():
        return _answers(sample) | _weights(point, answered)
    before, after = standardised_differences(sample.drivers, sample, point.corrections)
    return {
        **_answers(sample),
        **_weights(point, answered),
        "outside_overlap_share": outside_overlap_share(point, sample),
        "largest_difference_before": float(np.abs(before).max(initial=0.0)),
        "largest_difference_after": float(np.abs(after).max(initial=0.0)),
    }


def _answers(sample: Sample) -> dict[str, float]:
    n_invited = float(sample.answered.sum() + sample.n_silent[0])
    return {"n_invited": n_invited, "response_rate": float(sample.answered.sum() / n_invited)}


def _weights(point: PointEstimate, answered: Booleans) -> dict[str, float]:
    largest, percentile = weight_multiples(point.corrections[answered])
    return {
        "effective_sample_size": effective_sample_size(point.corrections[answered]),
        "trimmed_weight_share": point.trimmed_share,
        "largest_weight": largest,
        "weight_95th_percentile": percentile,
    }


def _uncertainty_of_gamma(
    gamma: Floats, gammas: Floats, prior_sd: PriorScale, confidence_level: float
) -> dict[str, float]:
    center, free = gamma[[0, 2]], gammas[:, [0, 2]]
    covariance = prior_covariance(prior_sd)
    error = free.std(axis=0, ddof=1)
    half = t_quantile(0.5 + confidence_level / 2, len(free) - 1) * error
    diagnostics = {"gamma_confidence_level": confidence_level}
    for place, name in enumerate(("gamma_detractor", "gamma_promoter")):
        diagnostics[f"{name}_standard_error"] = float(error[place])
        diagnostics[f"{name}_low"] = float(center[place] - half[place])
        diagnostics[f"{name}_high"] = float(center[place] + half[place])
    return diagnostics | {
        "gamma_prior_share": float(free.var(axis=0, ddof=1).sum() / np.trace(covariance)),
        "gamma_prior_distance": float(np.sqrt(center @ np.linalg.solve(covariance, center))),
    }


def sensitivity_curve(
    probabilities: Floats,
    sample: Sample,
    *,
    invitation: SelectionModel | None = None,
    steps: Floats | None = None,
) -> pd.DataFrame:
    """Return the NPS of silent customers with gamma fixed: detractors at +step, promoters at -step.

    Columns: `class_step` (log odds of answering gained with each class upward; 0 is missing at random given the
    response drivers) and `nps_silent` in points. No rows if nobody stayed silent. `invitation` is the model of who
    was never invited of `fit_invitation`, which does not depend on gamma; without it that is fitted here.
    """
    grid = np.linspace(-1.0, 1.0, 9) if steps is None else steps
    at_random = select(probabilities, sample, prior_sd=1.0, fixed_gamma=np.zeros(3))
    if invitation is None and not sample.invited.all():
        invitation = fit_invitation(sample)
    rows = []
    for step in grid[: 0 if sample.answered.all() else None]:
        fixed, selection = np.array([step, 0.0, -step]), at_random
        if step != 0:
            selection = select(probabilities, sample, prior_sd=1.0, fixed_gamma=fixed, start=at_random)
        nps = estimate_point(probabilities, sample, selection, invitation=invitation).nps
        rows.append({"class_step": float(step), "nps_silent": nps})
    return pd.DataFrame(rows, columns=["class_step", "nps_silent"], dtype=np.float64)


def tipping_point(curve: pd.DataFrame, level: float) -> float | None:
    """Return the class step at which the curve crosses a level, by linear interpolation; None if it does not.

    Of several crossings this is the one nearest to missing at random (step 0), and of two equally near the
    positive one.
    """
    steps, values = curve["class_step"].to_numpy(), curve["nps_silent"].to_numpy() - level
    i = np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:]))
    if len(i) == 0:
        return None
    crossings = steps[i] - values[i] * (steps[i + 1] - steps[i]) / (values[i + 1] - values[i])
    return float(min(crossings, key=lambda step: (abs(step), -step)))
