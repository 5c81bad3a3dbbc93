"""Matched cross-fitting: every row, answered or silent, is predicted by one model that never saw its person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.parallel import in_threads
from silentnps.outcome.linear_heads import TOLERANCE, LinearHeads
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.outcome_model import COMPONENTS, BinnedAnswers, OutcomeDesign
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.tree_heads import head_margins


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
    margins = np.full((len(data.classes), len(COMPONENTS), 2), np.nan)
    known = np.flatnonzero(data.answered & (row_weights > 0))
    if answers is None:
        answers = BinnedAnswers.of(design, known, data.classes[known], row_weights[known], classifier=classifier)
    answers = replace(answers, weights=row_weights[known])
    fold = _Fold(design, answers, classifier, start, tolerance, linear_margins)
    rows = [np.flatnonzero(split.fold_of_row[known] != k) for k in range(len(split.seeds))]
    held_out = [
        np.flatnonzero((split.fold_of_row == k) & (True if wanted is None else wanted))
        for k in range(len(split.seeds))
    ]
    begin = 0
    if start is None and linear_margins is None:  # the other folds start where the first ended
        margins[held_out[0]], linear = fold(rows[0], held_out[0], split.seeds[0])
        fold, begin = replace(fold, start=linear), 1
        _tell(progress)
    calls = (partial(fold, *each) for each in list(zip(rows, held_out, split.seeds, strict=True))[begin:])
    for k, (of_fold, _) in enumerate(in_threads(calls, n_jobs=n_jobs), start=begin):
        margins[held_out[k]] = of_fold
        _tell(progress)
    return margins


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


def _tell(progress: Callable[[int], None] | None) -> None:
    if progress is not None:
        progress(1)


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
    margins = [
        crossfit(
            data,
            design,
            classifier=classifier,
            split=split,
            linear_margins=None if linear_margins is None else linear_margins[repeat],
            n_jobs=n_jobs,
            progress=progress,
        )
        for repeat, split in enumerate(splits[skip:])
    ]
    return np.stack(margins)


def rngs_of_repeats(random_state: int, repeats: int) -> list[np.random.Generator]:
    """Return the generator of each repeat; its first use is the repeat's folds."""
    return [np.random.default_rng(seed) for seed in np.random.SeedSequence(random_state).spawn(repeats)]
