"""Answers with out-of-fold probabilities, once as they are and once weighted to look like silent customers.

Weighted by the odds of silence O(u, y) of the selection model, answers look like silent customers. At x the
weighted answers have the law q(y | x), proportional to p(y | x) O(u, y), and not p(y | x). These weights therefore
check q, which silent customers are scored with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from silentnps.bundle.label_rule import LabelRule
from silentnps.estimation.formulas.doubly_robust import weights_to_silent
from silentnps.estimation.formulas.selection import tilt
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.numerics.arrays import Floats, Integers

Weighting = Literal["answers", "silents"]
"""Answers as they are, or weighted to look like silent customers."""


@dataclass(frozen=True)
class View:
    """Answers under one weighting: probabilities (n, 3), classes, labels, weights and persons, (n,) each."""

    probabilities: Floats
    classes: Integers
    predicted: Integers
    weights: Floats
    persons: Integers

    def take(self, rows: Integers) -> View:
        """Return the chosen rows."""
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
        """Yield, `resamples` times, the weights of the rows times how often a bootstrap of persons drew them."""
        persons = np.unique(self.persons, return_inverse=True)[1]
        n_persons = int(persons.max()) + 1
        for _ in range(resamples):
            counts = np.bincount(rng.integers(n_persons, size=n_persons), minlength=n_persons)
            weights = self.weights * counts[persons]
            if weights.any():
                yield weights


@dataclass(frozen=True)
class SilentWeights:
    """How much rows of the data count when they represent silent customers.

    `weights` has shape (rows,), sum 1, 0 for silent customers and for answers of earlier waves; `by_class`, shape
    (rows, 3), turns p(y | x) into the law of silent customers when multiplied with it and scaled. It is 1 for rows
    of earlier waves.
    """

    weights: Floats
    by_class: Floats

    def take(self, rows: Integers) -> SilentWeights:
        """Return the chosen rows, such as those of the answers that have out-of-fold probabilities."""
        return SilentWeights(self.weights[rows], self.by_class[rows])

    def probabilities(self, of_respondents: Floats) -> Floats:
        """Return the class probabilities of the weighted answers, shape (n, 3), from p(y | x)."""
        carried = of_respondents * self.by_class
        return np.asarray(carried / carried.sum(axis=1, keepdims=True))


def silent_weights(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> SilentWeights | None:
    """Return the weights that make a wave's answers look like its silent customers, the mean of the repeats.

    They are the weights of the estimate itself: the odds of silence of each answer, trimmed and scaled to sum 1.
    None if nobody stayed silent.
    """
    if not wave.silent.any():
        return None
    by_repeat = [weights_to_silent(repeat.point, wave.sample) for repeat in repeats]
    n_rows = len(wave.data.classes)
    weights, by_class = np.zeros(n_rows), np.ones((n_rows, 3))
    weights[wave.rows] = np.mean([of_repeat[0] for of_repeat in by_repeat], axis=0)
    by_class[wave.rows] = np.mean([of_repeat[1] for of_repeat in by_repeat], axis=0)
    return SilentWeights(weights, by_class)


@dataclass(frozen=True)
class Answers:
    """Answers and their out-of-fold predictions, under both weightings."""

    as_answers: View
    as_silent: View | None

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
        """Build both views of the answers.

        Parameters
        ----------
        probabilities
            p(y | x) among respondents, out of fold, shape (n, 3).
        classes, persons
            0, 1, 2 and integer codes, each of shape (n,).
        silent
            Weights of the same rows. Without them there is only the unweighted view.
        rule
            The rule that labels the scores. In each view it labels customers by the probabilities of that view.
            Without it the label is the most likely class.
        step
            The step of the scores of silent customers, shape (3,); they are labelled by the probabilities after it.
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
        return both if self.as_silent is None else [*both, ("silents", self.as_silent)]


def _labels(probabilities: Floats, rule: LabelRule | None) -> Integers:
    return probabilities.argmax(axis=1).astype(np.int64) if rule is None else rule.codes(probabilities)
