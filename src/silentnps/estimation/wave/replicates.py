"""What the bootstrap learns: outcome models of weighted persons, as out-of-fold margins.

Drawn copies of persons would leave 37 % of them out, and a learner of the others is worse than the original: where
the signal is weak its estimates spread much wider than the original's. So each person gets a smooth random weight
of mean 1 and standard deviation `SCALE`, and what that moves is divided by `SCALE`: the exchangeably weighted
bootstrap of Praestgaard and Wellner (1993), Annals of Probability 21, theorem 2.1. With `SCALE` = 1 the weights
would be exponential (Rubin 1981), and a learner's effective number of answers half the original's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from silentnps.estimation.formulas.gamma_prior import prior_covariance
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.numerics.arrays import Floats, Floats32
from silentnps.numerics.parallel import in_threads, one_thread
from silentnps.outcome.cross_fitting import crossfit
from silentnps.outcome.linear_heads import LinearHeads, fit_linear_heads
from silentnps.outcome.outcome_model import BinnedAnswers
from silentnps.outcome.survey_data import SurveyData

if TYPE_CHECKING:
    from silentnps.outcome.ordinal import OrdinalClassifier

_STREAM = 2
"""Sets the draws of the bootstrap apart from those of the splits, which have the same seed."""

SCALE = 0.5
"""Standard deviation of the weights of persons, whose mean is 1."""

CROSSED = 0.2
"""Share of the fits that have weights of an earlier one and another split."""

FEWER_TREES = 2
"""Fits have half the trees at twice the learning rate; what they move is measured against fits of the same size."""

_TOLERANCE = 1e-4
"""Norm of the gradient, as a share of the weights, of the linear components: far below what weights move."""


@dataclass(frozen=True)
class Task:
    """One fit of the bootstrap: the seed of its weights (None: all weights are 1), and the repeat of its split."""

    seed: np.random.SeedSequence | None
    repeat: int

    def draw(self, wave: CrossFittedWave) -> tuple[Floats, Floats | None]:
        """Return the weights of all rows of a wave, shape (rows,), and the draws of gamma's prior.

        These have shape (waves, 2): the mean of the prior of the first wave, and unit steps to each later one.
        """
        own = np.ones(len(wave.data.classes)) if wave.row_weights is None else wave.row_weights
        if self.seed is None:
            return own, None
        rng = np.random.default_rng(self.seed)
        weights = person_weights(wave.data, rng)
        first = drawn_prior_mean(wave.prior_sd, rng, scale=SCALE)
        steps = [drawn_prior_mean(1.0, rng, scale=SCALE) for _ in wave.others]
        return weights * own, np.vstack([first, *steps])


@dataclass(frozen=True)
class Plan:
    """The fits of a bootstrap: one of weight 1 for each split, replicates, and replicates with a second split."""

    random_state: int
    bases: tuple[Task, ...]
    replicates: tuple[Task, ...]
    crossed: tuple[Task, ...]

    @staticmethod
    def of(random_state: int, n_splits: int, n_replicates: int) -> Plan:
        """Plan fits of random weights, `n_replicates` in all, a fifth with earlier weights and another split."""
        n_crossed = round(CROSSED * n_replicates) if n_splits > 1 else 0
        n = n_replicates - n_crossed
        seeds = np.random.SeedSequence([random_state, _STREAM]).spawn(n)
        return Plan(
            random_state,
            tuple(Task(None, repeat) for repeat in range(n_splits)),
            tuple(Task(seeds[i], i % n_splits) for i in range(n)),
            tuple(Task(seeds[i], (i + 1) % n_splits) for i in range(n_crossed)),
        )

    @property
    def n_replicates(self) -> int:
        """Return the number of fits of random weights."""
        return len(self.replicates) + len(self.crossed)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return all fits in the order in which arrays hold them."""
        return (*self.bases, *self.replicates, *self.crossed)


def learn_replicates(
    wave: CrossFittedWave, plan: Plan, *, n_jobs: int = 1, progress: Callable[[int], None] | None = None
) -> Floats32:
    """Return the margins of every fit for the rows of the waves, shape (tasks, rows, components, 2).

    The result does not depend on `n_jobs`. `progress` is called once for each fit.
    """
    learn = _Learn.of(wave)
    margins = []
    for one in in_threads((partial(learn, task) for task in plan.tasks), n_jobs=n_jobs):
        margins.append(one)
        if progress is not None:
            progress(1)
    return np.stack(margins)


@dataclass(frozen=True)
class _Learn:
    """What is learned in each fit: from binned `answers`, the linear components from `start`."""

    wave: CrossFittedWave
    classifier: OrdinalClassifier
    answers: BinnedAnswers
    start: LinearHeads

    @staticmethod
    def of(wave: CrossFittedWave) -> _Learn:
        """Prepare the fits of a wave."""
        rows = np.flatnonzero(wave.data.answered)
        classes, ones = wave.data.classes[rows], np.ones(len(rows))
        with one_thread():
            answers = BinnedAnswers.of(wave.design, rows, classes, ones, classifier=wave.classifier)
            return _Learn(
                wave,
                with_fewer_trees(wave.classifier),
                answers,
                fit_linear_heads(answers.design[rows], classes, ones),
            )

    def __call__(self, task: Task) -> Floats32:
        """Cross-fit the outcome model with the weights and the split of a task."""
        wave = self.wave
        margins = crossfit(
            wave.data,
            wave.design,
            classifier=self.classifier,
            split=wave.splits[task.repeat],
            weights=task.draw(wave)[0],
            start=self.start,
            tolerance=_TOLERANCE,
            answers=self.answers,
            wanted=np.isin(np.arange(len(wave.data.classes)), wave.rows_of_waves),
        )
        return wave.margins_of_waves(margins).astype(np.float32)


def with_fewer_trees(classifier: OrdinalClassifier) -> OrdinalClassifier:
    """Return a classifier with half the trees and twice the learning rate, at most 1."""
    from sklearn.base import clone  # heavy, and an estimate from kept draws needs none

    fewer: OrdinalClassifier = clone(classifier)
    fewer.n_estimators = -(-classifier.n_estimators // FEWER_TREES)
    fewer.learning_rate = min(FEWER_TREES * classifier.learning_rate, 1.0)
    return fewer


def drawn_prior_mean(prior_sd: float, rng: np.random.Generator, *, scale: float = 1.0) -> Floats:
    """Draw the mean of gamma's prior from the prior, shrunk to zero by `scale`, shape (2,)."""
    return np.asarray(scale * rng.multivariate_normal(np.zeros(2), prior_covariance(prior_sd)))


def person_weights(data: SurveyData, rng: np.random.Generator, *, scale: float = SCALE) -> Floats:
    """Return a random weight of each row's person, shape (rows,), of standard deviation `scale`.

    They follow a gamma distribution. Customers who answered, silent customers and the others of the data each keep
    their mean of 1.
    """
    n_persons = int(data.persons.max()) + 1
    stratum = np.zeros(n_persons, dtype=np.int64)
    np.maximum.at(stratum, data.persons[data.target], 1)
    np.maximum.at(stratum, data.persons[data.target & data.answered], 2)
    drawn = rng.gamma(scale**-2, size=n_persons)
    for value in range(3):
        members = stratum == value
        if members.any():
            drawn[members] /= drawn[members].mean()
    return np.asarray(drawn[data.persons])
