"""Matched cross-fitting: every row, answered or silent, is predicted by one model that never saw its person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.parallel import in_threads
from silentnps.outcome.linear_heads import TOLERANCE, LinearHeads
from silentnps.outcome.outcome_model import COMPONENTS, BinnedAnswers, OutcomeDesign
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.tree_heads import head_margins

if TYPE_CHECKING:
    from silentnps.outcome.ordinal import OrdinalClassifier


@dataclass(frozen=True)
class Split:
    """One division of the rows into folds, and the seed of each fold's trees.

    `fold_of_row` has shape (rows,): persons stay together, classes (silence is one) are spread evenly.
    """

    fold_of_row: Integers
    seeds: tuple[int, ...]

    @staticmethod
    def of(data: SurveyData, *, folds: int, rng: np.random.Generator) -> Split:
        """Draw a split of the rows of a survey."""
        fold_of_row = assign_folds(data.persons, data.classes, folds=folds, rng=rng)
        return Split(fold_of_row, tuple(int(rng.integers(2**31)) for _ in range(folds)))

    def take(self, rows: Integers) -> Split:
        """Return the split of chosen rows."""
        return replace(self, fold_of_row=self.fold_of_row[rows])


def splits_of_repeats(data: SurveyData, *, folds: int, repeats: int, random_state: int) -> tuple[Split, ...]:
    """Return the split of each repeat of `crossfit_repeats` with the same state."""
    return tuple(Split.of(data, folds=folds, rng=rng) for rng in rngs_of_repeats(random_state, repeats))


def crossfit(
    data: SurveyData,
    design: OutcomeDesign,
    *,
    classifier: OrdinalClassifier,
    split: Split,
    weights: Floats | None = None,
    linear_margins: Floats | None = None,
    start: LinearHeads | None = None,
    tolerance: float = TOLERANCE,
    answers: BinnedAnswers | None = None,
    wanted: Booleans | None = None,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Return margins of every row from the fold's model, shape (n, components, 2).

    Silent customers are assigned to folds at random too, and get their margins from the model of their one fold.
    Averaging folds for them would narrow their spread, which the selection model reads as selection.

    Parameters
    ----------
    weights
        Weights of the rows for a bootstrap; a person's rows share theirs.
    linear_margins
        The margins of the linear component from a run with the same folds, shape (n, 2), so as not to fit it again.
    start, tolerance
        A linear component of these rows that the fits of it start from, and how exact they are: see
        `fit_linear_heads`.
    answers
        All answers, binned before; their weights are replaced by `weights`, which must all be positive.
    wanted
        Rows whose margins are wanted; those of the others are NaN.
    n_jobs
        Folds that are fitted at a time, each by one thread; the result does not depend on it.
    progress
        Is called once for each fold.
    """
    row_weights = np.ones(len(data.classes)) if weights is None else weights
    known = np.flatnonzero(data.answered & (row_weights > 0))
    if answers is None:
        answers = BinnedAnswers.of(design, known, data.classes[known], row_weights[known], classifier=classifier)
    answers = replace(answers, weights=row_weights[known])
    fold = _Fold(design, answers, classifier, start, tolerance, linear_margins)
    return _fitted([_Folds.of(fold, split, known, wanted)], n_jobs, progress)[0]


@dataclass(frozen=True)
class _Fold:
    """What the folds of a cross-fitting share; see `crossfit`."""

    design: OutcomeDesign
    answers: BinnedAnswers
    classifier: OrdinalClassifier
    start: LinearHeads | None
    tolerance: float
    linear_margins: Floats | None

    def __call__(self, rows: Integers, held_out: Integers, seed: int) -> tuple[Floats, LinearHeads | None]:
        """Fit on positions among the answers; return the margins of rows of the data, and the linear component."""
        if self.linear_margins is not None:
            trees = self.answers.fit_trees(rows, classifier=self.classifier, seed=seed)
            of_trees = head_margins(trees, self.design.matrix[held_out])
            return np.stack([of_trees, self.linear_margins[held_out]], axis=1), None
        options: dict[str, Any] = {"seed": seed, "start": self.start, "tolerance": self.tolerance}
        model = self.answers.fit(rows, classifier=self.classifier, **options)
        return model.margins(self.design, held_out), model.linear


@dataclass(frozen=True)
class _Folds:
    """A cross-fitting: of each fold, the positions among the answers to fit, the rows held out, and the seed."""

    fold: _Fold
    rows: list[Integers]
    held_out: list[Integers]
    seeds: tuple[int, ...]

    @staticmethod
    def of(fold: _Fold, split: Split, known: Integers, wanted: Booleans | None = None) -> _Folds:
        folds = range(len(split.seeds))
        held_out = [np.flatnonzero((split.fold_of_row == k) & (True if wanted is None else wanted)) for k in folds]
        rows = [np.flatnonzero(split.fold_of_row[known] != k) for k in folds]
        return _Folds(fold, rows, held_out, split.seeds)

    @property
    def begins(self) -> bool:
        """Return whether the linear components of the other folds are to start from that of the first."""
        return self.fold.start is None and self.fold.linear_margins is None

    def call(self, k: int) -> Callable[[], tuple[Floats, LinearHeads | None]]:
        """Return the fit of a fold."""
        return partial(self.fold, self.rows[k], self.held_out[k], self.seeds[k])


def _fitted(every: Sequence[_Folds], n_jobs: int, progress: Callable[[int], None] | None) -> list[Floats]:
    """Return the margins of cross-fittings, which are made together so that no thread waits at the end of each."""
    margins = [np.full((len(each.fold.design.matrix), len(COMPONENTS), 2), np.nan) for each in every]
    begun, told = list(every), progress or (lambda n: None)
    first = [i for i, each in enumerate(every) if each.begins]
    for i, (found, linear) in zip(first, in_threads((every[i].call(0) for i in first), n_jobs=n_jobs), strict=True):
        margins[i][every[i].held_out[0]] = found
        begun[i] = replace(every[i], fold=replace(every[i].fold, start=linear))
        told(1)
    others = [(i, k) for i, each in enumerate(every) for k in range(int(each.begins), len(each.seeds))]
    fits = in_threads((begun[i].call(k) for i, k in others), n_jobs=n_jobs)
    for (i, k), (found, _) in zip(others, fits, strict=True):
        margins[i][every[i].held_out[k]] = found
        told(1)
    return margins


def assign_folds(persons: Integers, classes: Integers, *, folds: int, rng: np.random.Generator) -> Integers:
    """Return a fold for each row: persons stay together, classes (silence is one) are spread evenly."""
    n_persons = int(persons.max()) + 1
    stratum = np.full(n_persons, -2)
    np.maximum.at(stratum, persons, classes)
    order = rng.permutation(n_persons)
    order = order[np.argsort(stratum[order], kind="stable")]
    fold_of_person = np.empty(n_persons, dtype=np.int64)
    fold_of_person[order] = np.arange(n_persons) % folds
    return fold_of_person[persons]


def crossfit_repeats(
    data: SurveyData,
    design: OutcomeDesign,
    *,
    classifier: OrdinalClassifier,
    folds: int,
    repeats: int,
    random_state: int,
    skip: int = 0,
    linear_margins: Floats | None = None,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Return the margins of several independent splits, shape (repeats, n, components, 2).

    `skip` leaves out the first repeats, which were made before; `linear_margins`, shape (repeats, n, 2), are
    those of a run with the same folds, whatever its trees. The result does not depend on `n_jobs`.
    `progress` is called once for each fold.
    """
    splits = splits_of_repeats(data, folds=folds, repeats=repeats, random_state=random_state)
    known = np.flatnonzero(data.answered)
    answers = BinnedAnswers.of(design, known, data.classes[known], np.ones(len(known)), classifier=classifier)
    fold = _Fold(design, answers, classifier, None, TOLERANCE, None)
    every = [
        _Folds.of(
            replace(fold, linear_margins=None if linear_margins is None else linear_margins[repeat]), split, known
        )
        for repeat, split in enumerate(splits[skip:])
    ]
    return np.stack(_fitted(every, n_jobs, progress))


def rngs_of_repeats(random_state: int, repeats: int) -> list[np.random.Generator]:
    """Return the generator of each repeat; its first use is the repeat's folds."""
    return [np.random.default_rng(seed) for seed in np.random.SeedSequence(random_state).spawn(repeats)]
