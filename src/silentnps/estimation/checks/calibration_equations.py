"""A second look at selection by satisfaction: weighted answers must look like silent customers.

With O(u, y) the odds of silence of the selection model, whatever the function h of the features,

    sum over respondents of O(u, y) h(x)  =  sum over invited silent customers of h(x)      in expectation.      (1)

h = (1, f(u), p(detractor | x), p(promoter | x)) gives as many equations as parameters (alpha, beta, gamma). The
likelihood of `selection` trusts p(y | x) and never uses the class of an answer; (1) uses the classes and is
consistent however poor p(y | x) is. A gap between the two points to a wrong p(y | x) or a wrong form of the odds,
not to a feature wrongly declared a shadow, which misleads both alike. Sources: Wang, Shao and Kim (2014),
Statistica Sinica 24, section 2 (the same moments, by the generalised method of moments); Chang and Kott (2008),
Biometrika 95 (calibration with variables known only of the answers).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, optimize

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point
from silentnps.estimation.formulas.gamma_prior import PriorScale, prior_covariance
from silentnps.estimation.formulas.selection import SelectionModel, tilt
from silentnps.estimation.formulas.shrinkage import WEAK_RIDGE, Groups
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.distributions import chi_square_quantile_above

_MAX_LOG_ODDS = 30.0
_BLOCK_ROWS = 100_000
_JITTER = 1e-8
_REFUSED_PROBABILITY = 1e-3


@dataclass(frozen=True)
class CalibrationFit:
    """A selection model fitted by calibration equations; if it did not converge, `reason` says why."""

    selection: SelectionModel
    converged: bool
    reason: str


@dataclass(frozen=True)
class GammaGap:
    """The difference between the two fits: calibration equations less likelihood.

    `detractor` and `promoter` are differences of gamma in log odds, `nps` is that of the NPS of silent customers in
    points. All are None if the equations have no solution, for the `reason` given.
    """

    detractor: float | None
    promoter: float | None
    nps: float | None
    reason: str


def fit_by_calibration(
    probabilities: Floats,
    sample: Sample,
    start: SelectionModel,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
    optimal: bool = True,
) -> CalibrationFit:
    """Fit alpha, beta and gamma by the calibration equations (1) on the invited of a sample.

    Parameters
    ----------
    probabilities
        p(y | x) among respondents, shape (n, 3), out of fold.
    start
        The fit of the likelihood; it also sets the variance V of the equations and the optimal h.
    prior_sd, prior_mean
        The prior of gamma as in `fit_selection`; beta has the penalties of `start`.
    optimal
        Whether h = (1, f(u), q(detractor | x), q(promoter | x)) / (1 + O(x)), with q and the mean odds O(x) of a
        silent customer's features under `start`, in place of the plain h above.

    Notes
    -----
    The optimal h is E[d psi / d theta | x] / E[psi^2 | x] of the terms psi of (1) (Chamberlain 1987, Journal of
    Econometrics 34): it keeps customers who hardly ever answer from dominating the equations. It is a function of
    the features, so a wrong `start` only costs precision.

    Minimises g' V^-1 g + (theta - m)' P (theta - m), with g the left less the right side of (1), V the sum of its
    squared terms, P and m of the prior. exp(-g' V^-1 g / 2) is the limited-information likelihood (Kim 2002,
    Journal of Econometrics 107), so a prior has the same weight here as in the likelihood of membership; added to
    g without V it would count less by a factor of the odds of silence, about six at 15 % answers. With flat priors
    g = 0. The fit is refused if g' V^-1 g stays above the 99.9 % point of chi-square: then (1) has no solution
    near `start`.
    """
    basis = _OptimalBasis(probabilities, sample, start) if optimal else _PlainBasis(probabilities, sample)
    equations = _Equations(basis, sample, start, prior_sd, prior_mean)
    solution = optimize.least_squares(
        equations.residuals, equations.start, jac=equations.jacobian, x_scale="jac", max_nfev=200
    )
    theta, width = np.asarray(solution.x), equations.width
    gamma = np.array([theta[-2], 0.0, theta[-1]])
    model = replace(start, alpha=float(theta[0]), beta=theta[1 : width - 2], gamma=gamma)
    distance = float(np.sum(solution.fun[:width] ** 2))
    reason = _reason(model, success=bool(solution.success), distance=distance, width=width)
    return CalibrationFit(model, not reason, reason)


def gamma_gap(
    probabilities: Floats,
    sample: Sample,
    point: PointEstimate,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
    optimal: bool = True,
) -> GammaGap:
    """Refit the selection model of an estimate by calibration equations and return what changes."""
    likelihood = point.selection
    refit = fit_by_calibration(
        probabilities, sample, likelihood, prior_sd=prior_sd, prior_mean=prior_mean, optimal=optimal
    )
    if not refit.converged:
        return GammaGap(None, None, None, refit.reason)
    change = refit.selection.gamma - likelihood.gamma
    refit_nps = estimate_point(probabilities, sample, refit.selection, invitation=point.invitation).nps
    return GammaGap(float(change[0]), float(change[2]), refit_nps - point.nps, "")


def _reason(model: SelectionModel, *, success: bool, distance: float, width: int) -> str:
    if not success:
        return "the search for weights that make answers look like the silent did not end"
    if np.abs(model.gamma).max() > _MAX_LOG_ODDS:
        return "the answers do not tell one class from another: gamma grows without end"
    if distance > chi_square_quantile_above(_REFUSED_PROBABILITY, width):
        return (
            "no weights of this form make the answers look like the silent: the remaining difference has a "
            f"chi-square of {distance:.0f} with {width} degrees of freedom"
        )
    return ""


@dataclass(frozen=True)
class _PlainBasis:
    """h(x) = (1, f(u), p(detractor | x), p(promoter | x)) of chosen rows, shape (rows, k + 3)."""

    probabilities: Floats
    sample: Sample

    def __call__(self, rows: Integers) -> Floats:
        return np.hstack([_design(self.sample, rows), self.probabilities[rows][:, [0, 2]]])


@dataclass(frozen=True)
class _OptimalBasis:
    """h(x) = (1, f(u), q(detractor | x), q(promoter | x)) / (1 + O(x)) of chosen rows, shape (rows, k + 3)."""

    probabilities: Floats
    sample: Sample
    start: SelectionModel

    def __call__(self, rows: Integers) -> Floats:
        tilted = tilt(self.probabilities[rows], self.start.gamma)
        passive_odds = np.exp(self.start.log_odds(self.sample.drivers[rows]))
        odds = passive_odds * (tilted @ np.exp(self.start.gamma))
        return np.asarray(np.hstack([_design(self.sample, rows), tilted[:, [0, 2]]]) / (1.0 + odds)[:, None])


def _design(sample: Sample, rows: Integers) -> Floats:
    return np.column_stack([np.ones(len(rows)), sample.drivers[rows]])


class _Equations:
    """The equations divided by a root of their variance, with the prior as further residuals."""

    def __init__(
        self,
        basis: _PlainBasis | _OptimalBasis,
        sample: Sample,
        start: SelectionModel,
        prior_sd: PriorScale,
        prior_mean: Floats | None,
    ) -> None:
        answered = np.flatnonzero(sample.answered)
        classes = sample.classes[answered]
        self.weights = sample.weights[answered]
        self.basis = basis(answered)
        self.terms = np.hstack([_design(sample, answered), classes[:, None] == np.array([0, 2])])
        self.width = self.basis.shape[1]
        self.start = np.concatenate([[start.alpha], start.beta, start.gamma[[0, 2]]])
        self.target, square = _silent_sums(basis, sample)
        odds = self._odds(self.start)
        variance = square + (self.basis * (odds**2 / np.maximum(self.weights, 1e-300))[:, None]).T @ self.basis
        self.root = linalg.cholesky(variance + _JITTER * np.diag(1.0 + np.diag(variance)), lower=True)
        self.prior, self.mean = _prior(_ridges(sample, start), prior_sd, prior_mean)

    def _odds(self, theta: Floats) -> Floats:
        return np.asarray(self.weights * np.exp(np.clip(self.terms @ theta, -_MAX_LOG_ODDS, _MAX_LOG_ODDS)))

    def residuals(self, theta: Floats) -> Floats:
        gap = self._odds(theta) @ self.basis - self.target
        whitened = linalg.solve_triangular(self.root, gap, lower=True)
        return np.concatenate([whitened, self.prior @ (theta - self.mean)])

    def jacobian(self, theta: Floats) -> Floats:
        slope = (self.basis * self._odds(theta)[:, None]).T @ self.terms
        return np.vstack([linalg.solve_triangular(self.root, slope, lower=True), self.prior])


def _silent_sums(basis: _PlainBasis | _OptimalBasis, sample: Sample) -> tuple[Floats, Floats]:
    """Return the sums of h and of h h' over invited silent customers, in blocks, as a base may be large."""
    silent = np.flatnonzero(sample.invited_silent)
    width = sample.drivers.shape[1] + 3
    total, square = np.zeros(width), np.zeros((width, width))
    for rows in np.array_split(silent, len(silent) // _BLOCK_ROWS + 1):
        values = basis(rows)
        weighted = values * sample.weights[rows][:, None]
        total += weighted.sum(axis=0)
        square += weighted.T @ values
    return total, square


def _ridges(sample: Sample, start: SelectionModel) -> Floats:
    """Return the penalty of each column of the drivers: that learned by the likelihood, or its weak ridge."""
    if not (sample.groups and start.penalties):
        return np.full(sample.drivers.shape[1], WEAK_RIDGE)
    groups = Groups.of(sample.groups)
    return groups.spread(groups.undersmoothed(groups.starting(start.penalties)))


def _prior(ridges: Floats, prior_sd: PriorScale, prior_mean: Floats | None) -> tuple[Floats, Floats]:
    """Return C and m such that the prior's exponent is -|C (theta - m)|^2 / 2."""
    width = len(ridges) + 3
    root, mean = np.diag(np.concatenate([[0.0], np.sqrt(ridges), [0.0, 0.0]])), np.zeros(width)
    if prior_mean is not None:
        mean[-2:] = prior_mean
    if np.all(np.isfinite(prior_sd)):
        root[-2:, -2:] = linalg.cholesky(np.linalg.inv(prior_covariance(prior_sd)))
    return root, mean
