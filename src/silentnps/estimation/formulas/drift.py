"""Selection by satisfaction in several waves as one quantity that drifts: what the other waves say of one.

Gamma of the waves, in log odds of a detractor and of a promoter, is a Gaussian random walk,

    gamma_1 ~ N(mean, sd^2 C),     gamma_(t+1) = gamma_t + N(0, step^2 C),

with C the prior correlation of one wave. The likelihood of each wave enters by its second-order expansion, in
information form: exp(pull'gamma - gamma'precision gamma / 2). Given the step, the posterior is then Gaussian, and
the step is integrated out over a grid; its prior is exponential, the penalised-complexity prior of a standard
deviation (Simpson, Rue, Riebler, Martins and Sorbye 2017, Statistical Science 32, section 3.3). The prior of one
wave given the answers of the others is the cavity of expectation propagation (Minka 2001, UAI 17).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag
from scipy.special import softmax

from silentnps.estimation.formulas.gamma_prior import GammaPrior, prior_covariance
from silentnps.numerics.arrays import Floats

_RARE = 0.05
"""Prior probability of a step between waves larger than the standard deviation of gamma itself."""

_STEPS = np.geomspace(0.02, 2.0, 25)
"""The grid of steps, as shares of the standard deviation of gamma."""


@dataclass(frozen=True)
class Evidence:
    """What the answers of one wave say of gamma of a detractor and of a promoter: pull (2,), precision (2, 2)."""

    pull: Floats
    precision: Floats

    @staticmethod
    def of(mode: Floats, covariance: Floats, prior: GammaPrior) -> Evidence:
        """Return the evidence of a fit: its Gaussian posterior, without its prior.

        Directions in which the posterior is no narrower than the prior hold no evidence.
        """
        values, vectors = np.linalg.eigh(np.linalg.inv(covariance) - np.linalg.inv(prior.covariance))
        return Evidence(np.zeros(2), (vectors * np.maximum(values, 0.0)) @ vectors.T).moved(mode, prior)

    def moved(self, mode: Floats, prior: GammaPrior) -> Evidence:
        """Return evidence of the same precision that leads to another mode under a prior."""
        before = np.linalg.inv(prior.covariance)
        return Evidence((before + self.precision) @ mode - before @ prior.mean, self.precision)


@dataclass(frozen=True)
class Drift:
    """The law of gamma's path before any answer: `sd` of the first wave, steps in log odds and their weights."""

    sd: float
    steps: Floats
    weights: Floats

    @staticmethod
    def learned(evidence: Sequence[Evidence], *, sd: float) -> Drift:
        """Weigh steps between waves by how well each explains the evidence of all waves, and by their prior."""
        steps = sd * _STEPS
        log_prior = np.log(np.gradient(steps)) + np.log(_RARE) * steps / sd
        fits = [_log_marginal(evidence, _covariance(len(evidence), sd, step)) for step in steps]
        return Drift(sd, steps, np.asarray(softmax(np.array(fits) + log_prior)))

    @staticmethod
    def declared(step: float, *, sd: float) -> Drift:
        """Return the law with a known step."""
        return Drift(sd, np.array([step]), np.ones(1))

    @property
    def step(self) -> float:
        """Return the mean of the step, in log odds."""
        return float(self.weights @ self.steps)

    def path(self, draws: Floats) -> Floats:
        """Return the mean of gamma of each wave, shape (waves, 2), for draws of the first and of unit steps."""
        return np.asarray(np.cumsum(np.vstack([draws[:1], self.step * draws[1:]]), axis=0))

    def cavity(self, evidence: Sequence[Evidence], wave: int, *, path: Floats | None = None) -> GammaPrior:
        """Return the law of gamma of a wave given the evidence of the others.

        `path` is the mean of gamma of each wave before any answer, shape (waves, 2); 0 without it.
        """
        known = [(t, each) for t, each in enumerate(evidence) if t != wave]
        mean = np.zeros(2 * len(evidence)) if path is None else path.ravel()
        laws = [_posterior(known, mean, _covariance(len(evidence), self.sd, step)) for step in self.steps]
        own = slice(2 * wave, 2 * wave + 2)
        means = np.array([centre[own] for centre, _ in laws])
        within = np.array([covariance[own, own] for _, covariance in laws])
        centre = self.weights @ means
        between = (means - centre).T * self.weights @ (means - centre)
        return GammaPrior(np.asarray(centre), np.asarray(np.tensordot(self.weights, within, 1) + between))


def _covariance(n_waves: int, sd: float, step: float) -> Floats:
    """Return the prior covariance of the path, shape (2 waves, 2 waves)."""
    shared = np.minimum.outer(np.arange(n_waves), np.arange(n_waves))
    return np.asarray(np.kron(sd**2 + step**2 * shared, prior_covariance(1.0)))


def _posterior(known: Sequence[tuple[int, Evidence]], mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return mean and covariance of the path given the evidence of some waves."""
    precision = np.linalg.inv(covariance)
    pull = precision @ mean
    for t, each in known:
        of_wave = slice(2 * t, 2 * t + 2)
        precision[of_wave, of_wave] += each.precision
        pull[of_wave] += each.pull
    posterior = np.linalg.inv(precision)
    return posterior @ pull, posterior


def _log_marginal(evidence: Sequence[Evidence], covariance: Floats) -> float:
    """Return the log of the mean likelihood of all waves over a prior of mean 0, up to a constant."""
    precision = block_diag(*(each.precision for each in evidence))
    pull = np.concatenate([each.pull for each in evidence])
    widened = np.eye(len(pull)) + covariance @ precision
    quadratic = pull @ np.linalg.solve(widened, covariance @ pull)
    return float(0.5 * quadratic - 0.5 * np.linalg.slogdet(widened)[1])
