"""Answers with out-of-fold probabilities, seen once as they are and once as the silent would see them.

Weighted by the odds of silence O(u, y) of the selection model, answers look like the silent. At x the weighted
answers have the law q(y | x), proportional to p(y | x) O(u, y), not p(y | x): so with these weights it is q, what a
silent customer is scored with, that is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from silentnps.bundle.label_rule import LabelRule
from silentnps.estimation.formulas.doubly_robust import weights_to_silent
from silentnps.estimation.formulas.selection import tilt
from silentnps.estimation.wave.repeat_estimate import Study
from silentnps.numerics.arrays import Floats, Integers

Weighting = Literal["answers", "silents"]
WEIGHTINGS: tuple[Weighting, ...] = ("answers", "silents")
"""All answers alike, and answers weighted to look like the silent."""


@dataclass(frozen=True)
class View:
    """Answers under one weighting: probabilities (n, 3), classes, labels, weights and persons, each (n,)."""

    probabilities: Floats
    classes: Integers
    predicted: Integers
    weights: Floats
    persons: Integers

    def take(self, rows: Integers) -> View:
        """Return chosen rows."""
        return View(
            self.probabilities[rows],
            self.classes[rows],
            self.predicted[rows],
            self.weights[rows],
            self.persons[rows],
        )

    @property
    def n(self) -> int:
        """Return how many answers have weight."""
        return int(np.count_nonzero(self.weights))

    def resampled(self, *, resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
        """Yield weights of the rows times how often a bootstrap of persons drew them, `resamples` times."""
        persons = np.unique(self.persons, return_inverse=True)[1]
        n_persons = int(persons.max()) + 1
        for _ in range(resamples):
            counts = np.bincount(rng.integers(n_persons, size=n_persons), minlength=n_persons)
            weights = self.weights * counts[persons]
            if weights.any():
                yield weights


@dataclass(frozen=True)
class SilentWeights:
    """How rows of the data count when they stand for the silent.

    `weights` has shape (rows,), sum 1, 0 for the silent and for answers of earlier waves; `by_class`, shape
    (rows, 3), carries p(y | x) to the law of the silent: multiply and scale. It is 1 for rows of earlier waves.
    """

    weights: Floats
    by_class: Floats

    def take(self, rows: Integers) -> SilentWeights:
        """Return chosen rows: those of the answers, to go with their out-of-fold probabilities."""
        return SilentWeights(self.weights[rows], self.by_class[rows])

    def probabilities(self, of_respondents: Floats) -> Floats:
        """Return the class probabilities of the weighted answers, shape (n, 3), from p(y | x)."""
        carried = of_respondents * self.by_class
        return np.asarray(carried / carried.sum(axis=1, keepdims=True))


def silent_weights(study: Study) -> SilentWeights | None:
    """Return the weights of a study's answers that make them look like its silents, the mean of its repeats.

    They are those of the estimate itself: the odds of silence of each answer, trimmed and scaled to sum 1. None
    where nobody stayed silent.
    """
    if study.whole.wave.sample.answered.all():
        return None
    wave, n_rows = study.whole.wave, len(study.whole.data.classes)
    found = [weights_to_silent(repeat.point, wave.sample) for repeat in study.repeats]
    weights, by_class = np.zeros(n_rows), np.ones((n_rows, 3))
    weights[wave.rows] = np.mean([one for one, _ in found], axis=0)
    by_class[wave.rows] = np.mean([one for _, one in found], axis=0)
    return SilentWeights(weights, by_class)


@dataclass(frozen=True)
class Answers:
    """Answers with what was predicted of them out of fold, under both weightings."""

    as_answers: View
    as_silents: View | None

    @staticmethod
    def of(
        probabilities: Floats,
        classes: Integers,
        persons: Integers,
        *,
        silent: SilentWeights | None = None,
        rule: LabelRule | None = None,
        step: Floats | None = None,
    ) -> Answers:
        """Gather answers.

        Parameters
        ----------
        probabilities
            p(y | x) among respondents, out of fold, shape (n, 3).
        classes, persons
            0, 1, 2 and integer codes, each of shape (n,).
        silent
            Weights of the same rows; without them there is only the unweighted view.
        rule
            What labels the scores: in each view it says what it would of customers with the probabilities of that
            view. Without it the label is the likeliest class.
        step
            The step of the scores of the silent, shape (3,): their labels are those of the probabilities after it.
        """
        plain = View(probabilities, classes, _labels(probabilities, rule), np.ones(len(classes)), persons)
        if silent is None:
            return Answers(plain, None)
        carried = silent.probabilities(probabilities)
        labels = _labels(carried if step is None else tilt(carried, step), rule)
        return Answers(plain, replace(plain, probabilities=carried, predicted=labels, weights=silent.weights))

    def views(self) -> list[tuple[Weighting, View]]:
        """Return each weighting with its view."""
        both: list[tuple[Weighting, View]] = [("answers", self.as_answers)]
        return both if self.as_silents is None else [*both, ("silents", self.as_silents)]


def _labels(probabilities: Floats, rule: LabelRule | None) -> Integers:
    return probabilities.argmax(axis=1).astype(np.int64) if rule is None else rule.codes(probabilities)
