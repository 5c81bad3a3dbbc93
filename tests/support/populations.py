"""Populations in closed form: the laws that the estimator assumes, with every probability known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES

GAMMA = np.array([0.6, 0.0, -0.4])


@dataclass(frozen=True)
class Population:
    """Customers with the class of each, the silent too, and p(y | x) of respondents."""

    truth: Integers
    silent: Booleans
    invited: Booleans
    drivers: Floats
    probabilities: Floats

    @property
    def sample(self) -> Sample:
        classes = np.where(self.silent, -1, self.truth)
        return Sample(classes, self.invited, self.drivers, np.ones(len(classes)))

    @property
    def nps_silent(self) -> float:
        return float(CLASS_VALUES[self.truth[self.silent]].mean())


def population(
    n: int,
    rng: np.random.Generator,
    *,
    gamma: Floats = GAMMA,
    beta: float = 0.7,
    invitation: tuple[float, float] | None = None,
    signal: float = 1.5,
) -> Population:
    """Draw customers: normal driver u and shadow z, multinomial logit p(y | x), silence by u and y.

    Bayes gives P(silent | x) and the law of the silent from p(y | x) of respondents and the odds of silence
    exp(0.3 + beta u + gamma_y); each customer is first silent or not, then has a class. `invitation` has the
    intercept and the slope on u of the log odds of being invited.
    """
    u, z = rng.normal(size=(2, n))
    probabilities = softmax(np.column_stack([signal * z - 0.5, np.zeros(n), -signal * z + 0.5 + 0.4 * u]))
    passive_odds = 0.3 + beta * u
    mass = probabilities @ np.exp(gamma)
    asked = np.ones(n, dtype=np.bool_)
    if invitation is not None:
        asked = rng.random(n) < expit(invitation[0] + invitation[1] * u)
    mute = rng.random(n) < expit(passive_odds + np.log(mass))
    tilted = probabilities * np.exp(gamma) / mass[:, None]
    law = np.where(mute[:, None], tilted, probabilities)
    truth = (rng.random(n)[:, None] > law.cumsum(axis=1)[:, :2]).sum(axis=1)
    drivers = u[:, None] if beta else np.zeros((n, 0))
    return Population(truth.astype(np.int64), mute | ~asked, asked, drivers, probabilities)


def with_shadows(
    n: int,
    rng: np.random.Generator,
    *,
    drives: tuple[float, ...],
    strengths: tuple[float, ...] = (),
    gamma: Floats = GAMMA,
    invitation: tuple[float, float] | None = None,
) -> tuple[Population, pd.DataFrame]:
    """Draw customers as `population` does, with several shadows.

    `drives` says how much each drives silence by itself, `strengths` how much each moves satisfaction (equally).
    """
    u, *z = rng.normal(size=(1 + len(drives), n))
    shadows = np.column_stack(z)
    satisfaction = shadows @ np.array(strengths or [(2 / len(drives)) ** 0.5] * len(drives))
    probabilities = softmax(np.column_stack([satisfaction - 0.5, np.zeros(n), 0.5 + 0.4 * u - satisfaction]))
    mass = probabilities @ np.exp(gamma)
    asked = np.ones(n, dtype=np.bool_)
    if invitation is not None:
        asked = rng.random(n) < expit(invitation[0] + invitation[1] * u)
    mute = rng.random(n) < expit(0.3 + 0.7 * u + shadows @ np.array(drives) + np.log(mass))
    law = np.where(mute[:, None], probabilities * np.exp(gamma) / mass[:, None], probabilities)
    truth = (rng.random(n)[:, None] > law.cumsum(axis=1)[:, :2]).sum(axis=1).astype(np.int64)
    frame = pd.DataFrame(shadows, columns=list("abcdef"[: len(drives)]))
    return Population(truth, mute | ~asked, asked, u[:, None], probabilities), frame


def softmax(scores: Floats) -> Floats:
    weights = np.exp(scores)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
