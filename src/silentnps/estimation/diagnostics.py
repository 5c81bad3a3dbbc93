"""How far an estimate can be trusted: weights, balance, and how much the data say about selection."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.nps import Floats
from silentnps.estimation.point import PointEstimate, Sample, estimate_point, select
from silentnps.estimation.selection import prior_covariance


def effective_sample_size(weights: Floats) -> float:
    """Return Kish's effective sample size, (sum w)^2 / sum w^2.

    Examples
    --------
    >>> effective_sample_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def standardised_differences(drivers: Floats, sample: Sample, weights: Floats) -> tuple[Floats, Floats]:
    """Return differences of respondents from invited silents in pooled sd, before and after weighting, (k,)."""
    answered, silent = sample.answered, sample.invited_silent
    if not silent.any():
        return np.zeros(drivers.shape[1]), np.zeros(drivers.shape[1])
    sd = np.sqrt((drivers[answered].var(axis=0) + drivers[silent].var(axis=0)) / 2)
    sd = np.where(sd > 0, sd, 1.0)
    target = drivers[silent].mean(axis=0)
    before = (drivers[answered].mean(axis=0) - target) / sd
    after = (weights[answered] @ drivers[answered] / weights[answered].sum() - target) / sd
    return before, after


def diagnose(point: PointEstimate, sample: Sample, gammas: Floats, *, prior_sd: float) -> dict[str, float]:
    """Return the diagnostics of an estimate.

    Parameters
    ----------
    gammas
        Bootstrap draws of gamma, shape (replicates, 3).

    Returns
    -------
    dict
        n_invited, response_rate, effective_sample_size, trimmed_weight_share, largest standardised difference
        before and after weighting, gamma of detractors and promoters with standard errors, and
        `gamma_prior_share`: the variance of gamma as a share of its prior's (1: the data said nothing). The last
        three are absent where gamma is fixed at 0.
    """
    answered = sample.answered
    before, after = standardised_differences(sample.drivers, sample, point.corrections)
    free = gammas[:, [0, 2]]
    prior = float(np.trace(prior_covariance(prior_sd)))
    found = {
        "n_invited": float(sample.invited.sum()),
        "response_rate": float(answered.sum() / sample.invited.sum()),
        "effective_sample_size": effective_sample_size(point.corrections[answered]),
        "trimmed_weight_share": point.trimmed_share,
        "largest_difference_before": float(np.abs(before).max(initial=0.0)),
        "largest_difference_after": float(np.abs(after).max(initial=0.0)),
        "gamma_detractor": float(point.selection.gamma[0]),
        "gamma_promoter": float(point.selection.gamma[2]),
    }
    if not free.any():
        return found
    return found | {
        "gamma_detractor_standard_error": float(free[:, 0].std(ddof=1)),
        "gamma_promoter_standard_error": float(free[:, 1].std(ddof=1)),
        "gamma_prior_share": float(free.var(axis=0, ddof=1).sum() / prior),
    }


def sensitivity_curve(probabilities: Floats, sample: Sample, *, steps: Floats | None = None) -> pd.DataFrame:
    """Return the NPS of the silent if gamma were fixed: detractors at +step, promoters at -step.

    Columns: `class_step` (log odds of answering gained for each class upward; 0 is missing at random given the
    drivers) and `nps_silent` in points.
    """
    grid = np.linspace(-1.0, 1.0, 9) if steps is None else steps
    rows = []
    for step in grid:
        fixed = np.array([step, 0.0, -step])
        selection = select(probabilities, sample, prior_sd=1.0, fixed_gamma=fixed)
        rows.append({"class_step": float(step), "nps_silent": estimate_point(probabilities, sample, selection).nps})
    return pd.DataFrame(rows)


def tipping_point(curve: pd.DataFrame, level: float) -> float | None:
    """Return the class step at which the curve crosses a level, by linear interpolation; None if it does not."""
    steps, values = curve["class_step"].to_numpy(), curve["nps_silent"].to_numpy() - level
    crossing = np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:]))
    if len(crossing) == 0:
        return None
    i = crossing[np.argmin(np.abs(steps[crossing]))]
    return float(steps[i] - values[i] * (steps[i + 1] - steps[i]) / (values[i + 1] - values[i]))
