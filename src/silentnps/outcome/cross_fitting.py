"""Matched cross-fitting: every row, answered or silent, is predicted by one model that never saw its person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

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
    """
    row_weights = np.ones(len(data.classes)) if weights is None else weights
    margins = np.full((len(data.classes), len(COMPONENTS), 2), np.nan)
    known = np.flatnonzero(data.answered & (row_weights > 0))
    if answers is None:
        answers = BinnedAnswers.of(design, known, data.classes[known], row_weights[known], classifier=classifier)
    answers = replace(answers, weights=row_weights[known])
    begin = start
    for fold, seed in enumerate(split.seeds):
        learn = np.flatnonzero(split.fold_of_row[known] != fold)
        held_out = np.flatnonzero((split.fold_of_row == fold) & (True if wanted is None else wanted))
        if linear_margins is None:
            model = answers.fit(learn, classifier=classifier, seed=seed, start=begin, tolerance=tolerance)
            margins[held_out], begin = model.margins(design, held_out), start or model.linear
        else:
            trees = answers.fit_trees(learn, classifier=classifier, seed=seed)
            margins[held_out, 0] = head_margins(trees, design.matrix[held_out])
            margins[held_out, 1] = linear_margins[held_out]
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
    """
    splits = splits_of_repeats(data, folds=folds, repeats=repeats, random_state=random_state)
    calls = (
        partial(
            crossfit,
            data,
            design,
            classifier=classifier,
            split=split,
            linear_margins=None if linear_margins is None else linear_margins[repeat],
        )
        for repeat, split in enumerate(splits[skip:])
    )
    margins = []
    for one in in_threads(calls, n_jobs=n_jobs):
        margins.append(one)
        if progress is not None:
            progress(1)
    return np.stack(margins)


def rngs_of_repeats(random_state: int, repeats: int) -> list[np.random.Generator]:
    """Return the generator of each repeat; its first use is the repeat's folds."""
    return [np.random.default_rng(seed) for seed in np.random.SeedSequence(random_state).spawn(repeats)]
