"""The selection model: who stays silent, given features and satisfaction itself.

Odds of silence: O(u, y) = P(silent | u, y) / P(answer | u, y) = exp(alpha + f(u)'beta + gamma_y), with
gamma_passive = 0. With p(y | x) the class probabilities among respondents, Bayes gives

    logit P(silent | x) = alpha + f(u)'beta + log sum_y p(y | x) exp(gamma_y)        (1)
    q(y | x) = p(y | x) exp(gamma_y) / sum_k p(k | x) exp(gamma_k)                   (2)

with q the class probabilities among silent customers. (1) is fitted by penalised maximum likelihood. Sources: Wang,
Shao and Kim (2014), Statistica Sinica 24, section 2 (nonresponse instrument); Miao and Tchetgen Tchetgen (2016),
Biometrika 103 (shadow variable).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit

from silentnps.estimation.formulas.gamma_prior import PriorScale, prior_covariance
from silentnps.estimation.formulas.shrinkage import WEAK_RIDGE, Groups, settled
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.logistic import log_loss
from silentnps.numerics.newton import Factor, Minimum, factored, inverse_diagonal, minimum, weighted_gram

_MAX_LOG_ODDS = 30.0
_UPDATES = 12


@dataclass(frozen=True)
class SelectionModel:
    """A fitted selection model.

    `gamma` is the log odds of silence of a detractor, a passive (0) and a promoter against a passive at equal
    drivers; `beta` belongs to the columns of the response drivers' design matrix; `penalties` are those of its
    groups of columns, if they were learned. `factor`, which is not kept in files, is that of the second derivatives
    of the fit, for fits that start from this one.
    """

    alpha: float
    beta: Floats
    gamma: Floats
    penalties: Mapping[str, float] = field(default_factory=dict)
    factor: Factor | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain lists, for files."""
        return {
            "alpha": self.alpha,
            "beta": self.beta.tolist(),
            "gamma": self.gamma.tolist(),
            "penalties": dict(self.penalties),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> SelectionModel:
        """Rebuild a model from `to_dict`."""
        beta, gamma = (np.array(values[name], dtype=np.float64) for name in ("beta", "gamma"))
        return SelectionModel(float(values["alpha"]), beta, gamma, values.get("penalties", {}))

    def log_odds(self, drivers: Floats) -> Floats:
        """Return alpha + f(u)'beta, the log odds of silence of a passive customer, shape (n,)."""
        return np.clip(self.alpha + drivers @ self.beta, -_MAX_LOG_ODDS, _MAX_LOG_ODDS)

    def silence(self, probabilities: Floats, drivers: Floats) -> Floats:
        """Return P(silent | x) of equation (1), shape (n,)."""
        return self.silence_at(self.log_odds(drivers), probabilities)

    def silence_at(self, log_odds: Floats, probabilities: Floats) -> Floats:
        """Return P(silent | x) of rows with these `log_odds`, shape (n,)."""
        return np.asarray(expit(log_odds + tilt_log_mass(probabilities, self.gamma)))

    def odds_of_answers(self, classes: Integers, drivers: Floats) -> Floats:
        """Return O(u, y) of respondents, shape (n,)."""
        return np.asarray(np.exp(self.log_odds(drivers) + self.gamma[classes]))


def tilt(probabilities: Floats, gamma: Floats) -> Floats:
    """Return q(y | x) of equation (2), shape (n, 3), rows summing to 1."""
    odds = np.exp(gamma)
    return np.asarray(probabilities * odds / (probabilities @ odds)[:, None])


def tilt_log_mass(probabilities: Floats, gamma: Floats) -> Floats:
    """Return log sum_y p(y | x) exp(gamma_y), shape (n,)."""
    return np.asarray(np.log(probabilities @ np.exp(gamma)))


def fit_selection(
    probabilities: Floats,
    drivers: Floats,
    silent: Booleans,
    *,
    weights: Floats | None = None,
    prior_sd: PriorScale = 0.5,
    prior_mean: Floats | None = None,
    fixed_gamma: Floats | None = None,
    groups: tuple[str, ...] = (),
    start: SelectionModel | None = None,
) -> SelectionModel:
    """Fit the selection model by penalised maximum likelihood of membership.

    Parameters
    ----------
    probabilities
        p(y | x) among respondents, shape (n, 3): out of fold for respondents, and also from a single fold's model
        for silent customers, as averaging their predictions biases gamma.
    drivers
        Design matrix f(u) of the response drivers, shape (n, k), roughly standardised.
    silent
        Who did not answer, shape (n,).
    weights
        Frequency weights, shape (n,); all 1 if absent.
    prior_sd, prior_mean
        Gaussian prior of (gamma_detractor, gamma_promoter), of correlation -0.5 where `prior_sd` is a number, or
        with the covariance that it is, shape (2, 2). Infinity is a flat prior.
    fixed_gamma
        Shape (3,): gamma is set to this and not fitted. Zeros give the missing-at-random propensity.
    groups
        Labels of the k columns: columns with the same label share a penalty that is learned (see
        `silentnps.estimation.formulas.shrinkage`). Without labels beta has a weak ridge.
    start
        A fit of the same design on similar data to start from, such as the original fit in a bootstrap. Its
        penalties are kept.
    """
    problem = SelectionProblem(probabilities, drivers, silent, weights, prior_sd, prior_mean, fixed_gamma)
    return fit_problem(problem, groups=groups, start=start)


def fit_problem(
    problem: SelectionProblem, *, groups: tuple[str, ...] = (), start: SelectionModel | None = None
) -> SelectionModel:
    """Return the selection model that minimises the penalised loss; `groups` and `start` as in `fit_selection`."""
    theta, factor = problem.start(start), None if start is None else start.factor
    if not groups:
        return problem.model(problem.minimum(theta, factor=factor))
    shared = Groups.of(groups)
    if start is None:
        penalties, theta = problem.learn_penalties(shared, theta)
    else:
        penalties = shared.starting(start.penalties)
    problem.penalise(shared.spread(shared.undersmoothed(penalties)))
    learned = dict(zip(shared.names, penalties.tolist(), strict=True))
    return problem.model(problem.minimum(theta, factor=factor), learned)


class SelectionProblem:
    """Penalised negative log likelihood of equation (1) with its first two derivatives.

    `silent` may hold probabilities of silence; `pull_of_residuals`, shape (parameters,), is added to the gradient.
    """

    def __init__(
        self,
        probabilities: Floats,
        drivers: Floats,
        silent: Booleans | Floats,
        weights: Floats | None,
        prior_sd: PriorScale,
        prior_mean: Floats | None,
        fixed_gamma: Floats | None,
        pull_of_residuals: Floats | None = None,
    ) -> None:
        self.probabilities = probabilities
        self.drivers = drivers
        self.size = 1 + drivers.shape[1] + (0 if fixed_gamma is not None else 2)
        # the derivatives of eta by alpha and by gamma; those by gamma, the last two, change with theta
        self.edge = np.ones((len(silent), 1 if fixed_gamma is not None else 3))
        self.offset = None if fixed_gamma is None else tilt_log_mass(probabilities, fixed_gamma)
        self.at: Floats | None = None
        self.pull_of_residuals = np.zeros(self.size) if pull_of_residuals is None else pull_of_residuals
        self.silent = silent.astype(np.float64)
        self.weights = np.ones(len(silent)) if weights is None else weights
        self.fixed_gamma = fixed_gamma
        self.precision = np.zeros((self.size, self.size))
        self.penalise(np.full(drivers.shape[1], WEAK_RIDGE))
        self.mean = np.zeros(self.size)
        if fixed_gamma is None:
            self.mean[-2:] = 0.0 if prior_mean is None else prior_mean
            if np.all(np.isfinite(prior_sd)):
                self.precision[-2:, -2:] = np.linalg.inv(prior_covariance(prior_sd))

    def penalise(self, ridge: Floats) -> None:
        """Set the ridge of each column of the drivers' design."""
        self.precision[self._inner, self._inner] = np.diag(ridge)

    def penalise_as(self, model: SelectionModel, groups: tuple[str, ...], extra: int) -> None:
        """Set the penalties of a fitted model, and a weak ridge for `extra` more columns."""
        ridge = np.full(len(model.beta), WEAK_RIDGE)
        if model.penalties:
            shared = Groups.of(groups)
            ridge = shared.spread(shared.undersmoothed(shared.starting(model.penalties)))
        self.penalise(np.concatenate([ridge, np.full(extra, WEAK_RIDGE)]))

    def start(self, model: SelectionModel | None) -> Floats:
        """Return parameters to start from: a model's, or the share of silent customers and no effects."""
        if model is not None:
            free = np.zeros(0) if self.fixed_gamma is not None else model.gamma[[0, 2]]
            return np.concatenate([[model.alpha], model.beta, free])
        theta = np.zeros(self.size)
        total, silent = self.weights.sum(), self.weights @ self.silent
        theta[0] = np.log((silent + 0.5) / (total - silent + 0.5))
        return theta

    def padded(self, model: SelectionModel) -> Floats:
        """Return a model's parameters, with no effect for columns beyond those of its design."""
        extra = self.drivers.shape[1] - len(model.beta)
        return np.concatenate([[model.alpha], model.beta, np.zeros(extra), model.gamma[[0, 2]]])

    def minimum(self, theta: Floats, *, tolerance: float = 1e-8, factor: Factor | None = None) -> Minimum:
        """Return the parameters that minimise the loss; `factor` as in `silentnps.numerics.newton.minimum`."""
        usable = factor if factor is not None and len(factor[0]) == self.size else None
        return minimum(self, theta, tolerance=tolerance * self.weights.sum(), factor=usable)

    def learn_penalties(self, groups: Groups, theta: Floats) -> tuple[Floats, Floats]:
        """Return the penalties of the groups of columns, shape (groups,), and the parameters that they lead to."""
        penalties, factor = groups.starting({}), None
        for _ in range(_UPDATES):
            self.penalise(groups.spread(penalties))
            theta = self.minimum(theta, tolerance=1e-5, factor=factor).theta
            hessian, precision = self.hessian(theta), self.precision.copy()
            variances = inverse_diagonal(hessian)[self._inner]
            old, penalties = penalties, groups.updated(penalties, theta[self._inner], variances)
            if settled(old, penalties):
                break
            self.penalise(groups.spread(penalties))
            factor = factored(hessian - precision + self.precision)  # where the next fit begins
        return penalties, theta

    def gamma_covariance(self, model: SelectionModel) -> Floats:
        """Return the posterior covariance of gamma, shape (2, 2), at a model fitted with the penalties set."""
        return np.asarray(np.linalg.pinv(self.hessian(self.padded(model)), hermitian=True)[-2:, -2:])

    def model(self, found: Minimum, penalties: Mapping[str, float] | None = None) -> SelectionModel:
        """Return the parameters as a model."""
        alpha, beta, gamma = self.unpack(found.theta)
        return SelectionModel(alpha, beta, gamma, penalties or {}, found.factor)

    def unpack(self, theta: Floats) -> tuple[float, Floats, Floats]:
        beta = theta[self._inner]
        if self.fixed_gamma is not None:
            return float(theta[0]), beta, self.fixed_gamma
        return float(theta[0]), beta, np.array([theta[-2], 0.0, theta[-1]])

    def _move(self, theta: Floats) -> None:
        """Compute P(silent | x), its log loss and the slopes at theta, unless they were last computed there."""
        if self.at is not None and np.array_equal(theta, self.at):
            return
        self.at = theta.copy()
        eta = theta[0] + self.drivers @ theta[self._inner]
        if self.offset is not None:
            eta += self.offset
        else:
            odds = np.exp([theta[-2], 0.0, theta[-1]])
            mass = self.probabilities @ odds
            eta += np.log(mass)
            np.divide(self.probabilities[:, [0, 2]] * odds[[0, 2]], mass[:, None], out=self.edge[:, 1:])
        self.losses, self.silence = log_loss(eta, self.silent)

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        self._move(theta)
        pull = self.precision @ (theta - self.mean)
        loss = self.weights @ self.losses + 0.5 * (theta - self.mean) @ pull + theta @ self.pull_of_residuals
        residual = self.weights * (self.silence - self.silent)
        gradient = pull + self.pull_of_residuals
        gradient[self._outer] += residual @ self.edge
        gradient[self._inner] += residual @ self.drivers
        return float(loss), gradient

    def hessian(self, theta: Floats) -> Floats:
        self._move(theta)
        curvature = self.weights * self.silence * (1.0 - self.silence)
        bent = self.edge * curvature[:, None]
        corner, beside = self.edge.T @ bent, self.drivers.T @ bent
        if self.fixed_gamma is None:
            tilted = self.edge[:, 1:]
            residual = self.weights * (self.silence - self.silent)
            corner[1:, 1:] += np.diag(residual @ tilted) - (tilted * residual[:, None]).T @ tilted
        hessian, outer = self.precision.copy(), self._outer
        hessian[self._inner, self._inner] += weighted_gram(self.drivers, curvature)
        hessian[self._inner, outer] += beside
        hessian[outer, self._inner] += beside.T
        hessian[np.ix_(outer, outer)] += corner
        return hessian

    @property
    def _inner(self) -> slice:
        """Return where in theta the effects of the drivers are."""
        return slice(1, 1 + self.drivers.shape[1])

    @property
    def _outer(self) -> list[int]:
        """Return where in theta alpha is, and gamma if it is free."""
        return [0] if self.fixed_gamma is not None else [0, self.size - 2, self.size - 1]
