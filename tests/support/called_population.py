"""Silent customers in closed form, some of them called."""

from __future__ import annotations

import numpy as np
from populations import softmax
from scipy.special import expit

from silentnps.estimation.follow_up.call_simulation import Prospect
from silentnps.estimation.formulas.selection import tilt
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.outcome.survey_data import FollowUp

ZEROS = np.zeros(3)
GAMMA = np.array([0.3, 0.0, -0.3])

MODELS = {
    "right": lambda law: law,
    "shifted": lambda law: tilt(law, np.array([0.8, 0.0, -0.8])),
    "flat": lambda law: np.full_like(law, 1 / 3),
    "reversed": lambda law: law[:, ::-1],
    "too sure": lambda law: softmax(1.5 * np.log(law)),
}
"""What a model makes of the true law."""


def silent_customers(n: int, rng: np.random.Generator) -> tuple[Floats, Floats, Integers]:
    """Return law, log odds of silence and classes of silent customers: driver u, shadow z, multinomial logit."""
    u, z = rng.normal(size=(2, n))
    law = softmax(np.column_stack([0.2 - 1.5 * z, np.zeros(n), 1.5 * z + 0.4 * u]))
    classes = (rng.random(n)[:, None] > law.cumsum(axis=1)[:, :2]).sum(axis=1)
    return law, 0.5 + 0.7 * u, classes.astype(np.int64)


def called_of(n: int, m: int, rng: np.random.Generator) -> Booleans:
    called = np.zeros(n, dtype=np.bool_)
    called[rng.permutation(n)[:m]] = True
    return called


def drawn(
    seed: int, *, n: int = 2000, m: int = 300, rate: float = 1.0, gamma: Floats = ZEROS
) -> tuple[Floats, Floats, Integers, FollowUp]:
    """Return law, log odds, classes and a follow-up sample in which answering depends on u and the class."""
    rng = np.random.default_rng(seed)
    law, log_odds, classes = silent_customers(n, rng)
    called = called_of(n, m, rng)
    answers = rng.random(n) < (
        1.0 if rate == 1.0 else expit(np.log(rate / (1 - rate)) - (log_odds - 0.5) / 2 - gamma[classes])
    )
    return law, log_odds, classes, FollowUp(called, np.where(called & answers, classes, -1))


def prospect(n: int = 2000, *, answer_rate: float = 1.0, standard_error: float = 3.0) -> Prospect:
    """Return silent customers of whom nobody was called."""
    law, log_odds, _ = silent_customers(n, np.random.default_rng(0))
    return Prospect(law, log_odds, standard_error, GAMMA, answer_rate)


def made(n: int, *, n_called: int, rate: float = 0.5, seed: int = 0) -> FollowUp:
    """Return calls to some of n silent customers, of which a share is answered, by any class as often."""
    rng = np.random.default_rng(seed)
    called = called_of(n, n_called, rng)
    answered = called & (rng.random(n) < rate)
    return FollowUp(called, np.where(answered, rng.integers(0, 3, n), -1))
