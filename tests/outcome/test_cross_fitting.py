"""Cross-fitting: nobody is predicted by a model that saw him, and everybody by one model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from surveys import survey

from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.cross_fitting import (
    Split,
    assign_folds,
    crossfit,
    crossfit_repeats,
    splits_of_repeats,
)
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.outcome_model import COMPONENTS, OutcomeDesign
from silentnps.outcome.survey_data import SurveyData

TREES = OrdinalClassifier(n_estimators=20)


def margins_of(data: SurveyData, *, seed: int = 0, weights: Floats | None = None, folds: int = 3) -> Floats:
    split = Split.of(data, folds=folds, rng=np.random.default_rng(seed))
    return crossfit(data, OutcomeDesign(data), classifier=TREES, split=split, weights=weights)


def memorable(*, persons_known: bool) -> SurveyData:
    """Return 60 persons of 10 rows each: class by coin, and a feature that gives the person away."""
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(60), 10)
    classes = (2 * rng.permutation(np.arange(60) % 2))[person]
    features = pd.DataFrame({f"mark_{k}": rng.normal(size=60)[person] for k in range(4)})
    n = len(person)
    ones = np.ones(n, dtype=np.bool_)
    codes = person if persons_known else np.arange(n)
    return SurveyData(features, classes, ones, ones, codes, tuple(features), ())


def auc(data: SurveyData) -> float:
    return float(roc_auc_score(data.classes == 2, margins_of(data, folds=5)[:, 0, 0]))


def test_memorising_persons_does_not_pay():
    # Without the person codes a row's twins teach its model and the marks tell all.
    assert auc(memorable(persons_known=False)) > 0.95
    assert auc(memorable(persons_known=True)) < 0.65


def repeated() -> SurveyData:
    data = survey(400)
    return replace(
        data,
        features=pd.concat([data.features, data.features], ignore_index=True),
        classes=np.concatenate([data.classes, data.classes]),
        target=np.ones(800, dtype=np.bool_),
        invited=np.ones(800, dtype=np.bool_),
        persons=np.concatenate([data.persons, data.persons]),
    )


def test_the_answer_of_a_person_moves_no_prediction_of_his():
    data = repeated()
    row = int(np.flatnonzero(data.classes[:400] == 2)[0])
    # The other row of the person keeps its class, so that the folds stay.
    changed = data.classes.copy()
    changed[row] = 0
    before, after = margins_of(data), margins_of(replace(data, classes=changed))
    mine = data.persons == data.persons[row]
    assert (before[mine] == after[mine]).all()
    moved = (before != after).any(axis=(1, 2))
    assert moved.mean() > 0.4


def test_rows_of_weight_zero_do_not_teach():
    data = survey(500)
    design = OutcomeDesign(data)
    weights = np.random.default_rng(2).integers(0, 3, 500).astype(np.float64)
    unused = weights == 0
    matrix, columns = design.matrix.copy(), design.design.copy()
    matrix[unused, :2], columns[unused] = 99.0, 99.0
    other = design.take(np.arange(500))
    vars(other).update(matrix=matrix, design=columns)
    split = Split.of(data, folds=3, rng=np.random.default_rng(0))
    one, two = (crossfit(data, each, classifier=TREES, split=split, weights=weights) for each in (design, other))
    assert (one[~unused] == two[~unused]).all()
    assert not (one[unused] == two[unused]).all()


def test_weights_matter():
    data = survey(500)
    weights = np.random.default_rng(2).integers(1, 4, 500).astype(np.float64)
    one, other = margins_of(data), margins_of(data, weights=weights)
    assert (one != other).any(axis=(0, 2)).all()


def test_silents_with_equal_features_have_one_margin_for_each_fold():
    data = survey(600)
    features = data.features.copy()
    silent = ~data.answered
    for name in features:
        features.loc[silent, name] = features[name].iloc[0]
    margins = margins_of(replace(data, features=features), folds=4)[silent]
    assert len(np.unique(margins[:, :, 0], axis=0)) == 4


def test_folds_keep_persons_together_and_spread_classes():
    rng = np.random.default_rng(3)
    persons = rng.integers(0, 150, 400)
    persons = np.unique(persons, return_inverse=True)[1]
    classes = rng.integers(-1, 3, 400)
    folds = assign_folds(persons, classes, folds=5, rng=rng)
    assert all(len(np.unique(folds[persons == one])) == 1 for one in np.unique(persons))
    assert set(folds) == set(range(5))


@pytest.mark.parametrize("folds", [2, 5])
def test_every_fold_has_its_part_of_every_class(folds: int):
    rng = np.random.default_rng(4)
    classes: Integers = np.repeat([-1, 0, 1, 2], [203, 31, 17, 49])
    assigned = assign_folds(np.arange(300), classes, folds=folds, rng=rng)
    for value in (-1, 0, 1, 2):
        counts = np.bincount(assigned[classes == value], minlength=folds)
        assert np.ptp(counts) <= 1


def test_folds_are_drawn():
    classes = np.tile([0, 1, 2, -1], 50)
    one, other = (
        assign_folds(np.arange(200), classes, folds=4, rng=np.random.default_rng(seed)) for seed in (0, 1)
    )
    assert (one != other).any()


def test_repeats_are_different_splits_and_the_same_again():
    data = survey(400)

    def run(random_state: int) -> Floats:
        return crossfit_repeats(
            data, OutcomeDesign(data), classifier=TREES, folds=3, repeats=2, random_state=random_state
        )

    one = run(0)
    assert one.shape == (2, 400, len(COMPONENTS), 2)
    assert np.isfinite(one).all()
    assert (one[0] != one[1]).any()
    assert (one == run(0)).all()
    assert (one != run(1)).any()


def test_a_repeat_is_made_again_from_its_split():
    data = survey(400)
    design = OutcomeDesign(data)
    options = {"folds": 3, "repeats": 2, "random_state": 4}
    every = crossfit_repeats(data, design, classifier=TREES, **options)
    for split, margins in zip(splits_of_repeats(data, **options), every, strict=True):
        assert (crossfit(data, design, classifier=TREES, split=split) == margins).all()


def test_rows_keep_their_folds_among_others():
    split = Split.of(survey(400), folds=3, rng=np.random.default_rng(0))
    some = np.arange(0, 400, 7)
    assert (split.take(some).fold_of_row == split.fold_of_row[some]).all()
    assert split.take(some).seeds == split.seeds


def test_progress_is_told_once_for_each_fold():
    data, told = survey(300), []
    crossfit_repeats(
        data, OutcomeDesign(data), classifier=TREES, folds=2, repeats=3, random_state=0, progress=told.append
    )
    assert told == [1] * 6
