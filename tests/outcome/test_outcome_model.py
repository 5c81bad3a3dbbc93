"""The outcome model: components by name, and the same fit whether or not its answers were binned with others."""

from __future__ import annotations

import numpy as np
import pytest
from surveys import QUICK, survey

from silentnps.outcome.linear_heads import fit_linear_heads
from silentnps.outcome.outcome_model import (
    COMPONENTS,
    BinnedAnswers,
    OutcomeDesign,
    OutcomeModel,
    component_margins,
    tree_classifier,
)
from silentnps.outcome.tree_heads import fit_heads, head_margins

DATA = survey(900)
DESIGN = OutcomeDesign(DATA)
TREES = tree_classifier(QUICK)
ROWS = np.flatnonzero(DATA.answered)
CLASSES = DATA.classes[ROWS]


def test_margins_of_components_are_those_of_separate_fits():
    margins = OutcomeModel.fit(DESIGN, ROWS, CLASSES, classifier=TREES).margins(DESIGN, np.arange(900))
    heads = fit_heads(
        DESIGN.matrix[ROWS],
        CLASSES,
        None,
        n_heads=2,
        categorical=DESIGN.code_book.categorical_positions,
        rounds=TREES.n_estimators,
        params=TREES.lightgbm_params(),
    )
    linear = fit_linear_heads(DESIGN.design[ROWS], CLASSES, np.ones(len(ROWS)))
    assert margins.shape == (900, len(COMPONENTS), 2)
    np.testing.assert_array_equal(component_margins(margins, ["trees"])[:, 0], head_margins(heads, DESIGN.matrix))
    np.testing.assert_array_equal(component_margins(margins, ["linear"])[:, 0], linear.margins(DESIGN.design))


def test_components_are_taken_by_name_in_the_order_asked_for():
    margins = np.arange(2.0 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    turned = component_margins(margins, ["linear", "trees"])
    np.testing.assert_array_equal(turned, margins[:, :, ::-1])
    assert component_margins(margins, []).shape == (2, 3, 0, 2)
    with pytest.raises(ValueError, match="not in tuple"):
        component_margins(margins, ["forest"])


def test_weights_count_as_copies():
    # In the linear component exactly; trees see rows, of which each must have enough.
    twice = np.sort(np.concatenate([ROWS, ROWS]))
    copies = OutcomeModel.fit(DESIGN, twice, DATA.classes[twice], classifier=TREES)
    weighted = OutcomeModel.fit(DESIGN, ROWS, CLASSES, np.full(len(ROWS), 2.0), classifier=TREES)
    assert weighted.linear.coefficients == pytest.approx(copies.linear.coefficients, abs=1e-5)


def test_a_subset_of_binned_answers_is_learned_alone_and_follows_its_seed():
    answers = BinnedAnswers.of(DESIGN, ROWS, CLASSES, np.ones(len(ROWS)), classifier=TREES)
    subset = np.arange(0, len(ROWS), 2)
    swapped = BinnedAnswers.of(
        DESIGN,
        ROWS,
        np.where(np.isin(np.arange(len(ROWS)), subset), CLASSES, 2 - CLASSES),
        np.ones(len(ROWS)),
        classifier=TREES,
    )
    everybody = np.arange(900)
    one, same = (each.fit(subset, classifier=TREES).margins(DESIGN, everybody) for each in (answers, swapped))
    np.testing.assert_array_equal(one, same)
    other = answers.fit(subset, classifier=TREES, seed=5).margins(DESIGN, everybody)
    assert (component_margins(other, ["trees"]) != component_margins(one, ["trees"])).any()
    np.testing.assert_array_equal(component_margins(other, ["linear"]), component_margins(one, ["linear"]))
