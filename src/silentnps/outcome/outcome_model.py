"""The outcome model: boosted trees and a linear component, fitted here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from silentnps.config import ModelConfig
from silentnps.numerics.additive_design import AdditiveEncoder, fit_encoder
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.linear_heads import TOLERANCE, LinearHeads, fit_linear_heads
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.tree_heads import Heads, bin_rows, fit_binned_heads, head_margins, without_data
from silentnps.outcome.tree_matrix import CodeBook

if TYPE_CHECKING:
    import lightgbm

    from silentnps.outcome.ordinal import OrdinalClassifier

COMPONENTS = ("trees", "linear")
"""The components of the outcome model, in the order in which arrays of margins hold them."""


def tree_classifier(model: ModelConfig) -> OrdinalClassifier:
    """Return the classifier of the trees that a configuration describes."""
    from silentnps.outcome.ordinal import OrdinalClassifier  # scikit-learn is heavy, and only a fit needs it

    return OrdinalClassifier(
        n_estimators=model.trees,
        num_leaves=model.leaves,
        learning_rate=model.learning_rate,
        min_child_samples=model.min_leaf_rows,
        reg_lambda=model.ridge,
        colsample_bytree=model.feature_fraction,
    )


def component_margins(margins: Floats, components: Sequence[str]) -> Floats:
    """Return the margins of named components, shape (..., components, 2), of those of all, (..., 2, 2)."""
    return np.ascontiguousarray(margins[..., [COMPONENTS.index(name) for name in components], :])


@dataclass(frozen=True, eq=False)
class OutcomeDesign:
    """The features as a matrix for the trees, and as an additive design for the linear component.

    Response drivers and shadow features are in both; features of neither role refine others, and are for the trees
    alone. Both are built from all rows of `data`, without a look at the answers, when they are first asked for: an
    estimate from models that were kept asks for neither. `chosen` are the rows of another design that this one has.
    """

    data: SurveyData
    chosen: tuple[OutcomeDesign, Integers] | None = None

    @cached_property
    def code_book(self) -> CodeBook:
        """Return the columns and categories of the matrix."""
        return CodeBook.of(self.data.features) if self.chosen is None else self.chosen[0].code_book

    @cached_property
    def encoder(self) -> AdditiveEncoder:
        """Return the terms of the additive design."""
        return fit_encoder(self.data.with_roles()) if self.chosen is None else self.chosen[0].encoder

    @cached_property
    def matrix(self) -> Floats:
        """Return the matrix for the trees, shape (n, features)."""
        if self.chosen is None:
            return self.code_book.matrix(self.data.features)
        whole, rows = self.chosen
        return whole.matrix[rows]

    @cached_property
    def design(self) -> Floats:
        """Return the additive design, shape (n, its columns)."""
        if self.chosen is None:
            return self.encoder.transform(self.data.features)
        whole, rows = self.chosen
        return whole.design[rows]

    def take(self, rows: Integers) -> OutcomeDesign:
        """Return chosen rows, in the columns of all."""
        return OutcomeDesign(self.data, (self, rows))


@dataclass(frozen=True)
class OutcomeModel:
    """The trees' heads and the linear heads, fitted on the same answers."""

    trees: Heads
    linear: LinearHeads

    @staticmethod
    def fit(
        design: OutcomeDesign,
        rows: Integers,
        classes: Integers,
        weights: Floats | None = None,
        *,
        classifier: OrdinalClassifier,
        start: LinearHeads | None = None,
    ) -> OutcomeModel:
        """Fit both components on chosen rows of a design.

        Parameters
        ----------
        rows, classes, weights
            Sorted positions in the design, and the class (0, 1 or 2) and weight of each of these rows.
        start
            A linear component of similar rows, from which the fit begins.
        """
        counts = np.ones(len(rows)) if weights is None else weights
        answers = BinnedAnswers.of(design, rows, classes, counts, classifier=classifier)
        return answers.fit(np.arange(len(rows)), classifier=classifier, start=start).without_data()

    def without_data(self) -> OutcomeModel:
        """Return the model with trees that no longer hold the data that they were fitted on."""
        return replace(self, trees=[without_data(head) for head in self.trees])

    def margins(self, design: OutcomeDesign, rows: Integers) -> Floats:
        """Return the margins of chosen rows, shape (rows, components, 2)."""
        of_trees = head_margins(self.trees, design.matrix[rows])
        return np.stack([of_trees, self.linear.margins(design.design[rows])], axis=1)


@dataclass(frozen=True)
class BinnedAnswers:
    """Answers whose features are binned once, so that many models can be fitted on subsets of them.

    The edges of the bins are of all answers; no class enters them. `rows` are their positions in the additive
    `design`, which is shared.
    """

    binned: lightgbm.Dataset
    design: Floats
    rows: Integers
    classes: Integers
    weights: Floats

    @staticmethod
    def of(
        design: OutcomeDesign, rows: Integers, classes: Integers, weights: Floats, *, classifier: OrdinalClassifier
    ) -> BinnedAnswers:
        """Bin chosen rows of a design; `classes` and `weights` belong to these rows."""
        categorical, params = design.code_book.categorical_positions, classifier.lightgbm_params()
        binned = bin_rows(design.matrix[rows], categorical=categorical, params=params)
        return BinnedAnswers(binned, design.design, rows, classes, weights)

    def packed(self) -> BinnedAnswers:
        """Return the same answers with a design of their own, of which a fit of all copies nothing."""
        return replace(self, design=self.design[self.rows], rows=np.arange(len(self.rows)))

    def fit(
        self,
        subset: Integers,
        *,
        classifier: OrdinalClassifier,
        seed: int | None = None,
        start: LinearHeads | None = None,
        tolerance: float = TOLERANCE,
    ) -> OutcomeModel:
        """Fit both components on a sorted subset of the answers; see `fit_trees` and `fit_linear_heads`."""
        rows = self.rows[subset]
        linear = fit_linear_heads(
            self.design if len(rows) == len(self.design) else self.design[rows],  # all of them without a copy
            self.classes[subset],
            self.weights[subset],
            start=start,
            tolerance=tolerance,
        )
        return OutcomeModel(self.fit_trees(subset, classifier=classifier, seed=seed), linear)

    def fit_trees(self, subset: Integers, *, classifier: OrdinalClassifier, seed: int | None = None) -> Heads:
        """Fit the trees on a sorted subset of the answers, `seed` in place of the classifier's.

        They still hold their data: they are to be used at once, not kept.
        """
        params = classifier.lightgbm_params() | ({} if seed is None else {"seed": seed})
        return fit_binned_heads(
            self.binned,
            subset,
            self.classes[subset],
            self.weights[subset],
            n_heads=2,
            rounds=classifier.n_estimators,
            params=params,
        )
