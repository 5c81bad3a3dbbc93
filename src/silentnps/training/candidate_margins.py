"""The margins of candidates on the same folds, and the sizes of their trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import lightgbm
import numpy as np
from scipy.special import logit

from silentnps.config import ModelConfig
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.parallel import in_threads
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import assign_folds, rngs_of_repeats
from silentnps.outcome.linear_heads import LinearHeads, fit_proportional_odds
from silentnps.outcome.outcome_model import COMPONENTS, OutcomeDesign, tree_classifier
from silentnps.outcome.scorecard import signal_points
from silentnps.outcome.survey_data import SurveyData

_LONG_TREES, _LONG_RATE, _LONG_FRACTION = 4, 0.6, 0.9
"""Long boosting: four times the trees at 0.6 of the rate; each tree may look at nearly all features."""

_SMALLEST = 1e-6


def sized(model: ModelConfig, size: str, tuned: ModelConfig | None = None) -> ModelConfig:
    """Return the configuration with the trees of a size: short (as configured), long, or tuned."""
    if size == "tuned" and tuned is not None:
        return tuned
    if size == "long":
        rate = model.learning_rate * _LONG_RATE
        fraction = max(model.feature_fraction, _LONG_FRACTION)
        changes = {"trees": _LONG_TREES * model.trees, "learning_rate": rate, "feature_fraction": fraction}
        return model.model_copy(update=changes)
    return model


def signal_margins(data: SurveyData) -> Floats:
    """Return the points of the scorecard as margins of all rows, shape (1, n, 2)."""
    return np.repeat(signal_points(data.features)[None, :, None], 2, axis=2)


def compared_margins(
    name: str,
    data: SurveyData,
    design: OutcomeDesign,
    model: ModelConfig,
    *,
    repeats: int,
    random_state: int,
    n_jobs: int = 1,
) -> Floats:
    """Return out-of-fold margins of `proportional_odds` or `multiclass`, shape (repeats, n, 2), NaN where silent.

    The folds are those of `crossfit_repeats` with the same state.
    """
    margins_of = {"proportional_odds": _proportional_odds, "multiclass": _multiclass}[name]
    rows = np.flatnonzero(data.answered)
    margins = np.full((repeats, len(data.classes), 2), np.nan)
    for repeat, rng in enumerate(rngs_of_repeats(random_state, repeats)):
        fold_of_row = assign_folds(data.persons, data.classes, folds=model.folds, rng=rng)[rows]
        held_out = [rows[fold_of_row == fold] for fold in range(model.folds)]
        folds = _Folds(data, design, model, [np.setdiff1d(rows, one) for one in held_out], held_out, n_jobs)
        for one, found in zip(held_out, margins_of(folds), strict=True):
            margins[repeat, one] = found
    return margins


@dataclass(frozen=True)
class _Folds:
    """The rows that each fold learns from and those it holds out, and what all folds share."""

    data: SurveyData
    design: OutcomeDesign
    model: ModelConfig
    learned: list[Integers]
    held_out: list[Integers]
    n_jobs: int


def _proportional_odds(folds: _Folds) -> Iterator[Floats]:
    """Yield the margins of each fold; the others start where the first ended."""
    design, classes = folds.design.design, folds.data.classes

    def fit(learn: Integers, start: LinearHeads | None = None) -> LinearHeads:
        return fit_proportional_odds(design[learn], classes[learn], np.ones(len(learn)), start=start)

    (first,) = in_threads([partial(fit, folds.learned[0])])
    others = in_threads((partial(fit, learn, first) for learn in folds.learned[1:]), n_jobs=folds.n_jobs)
    for rows, heads in zip(folds.held_out, chain([first], others), strict=True):
        yield heads.margins(design[rows])


def _multiclass(folds: _Folds) -> Iterator[Floats]:
    """Yield the margins of each fold."""
    learn = partial(_multiclass_of_fold, folds.data, folds.design, folds.model)
    calls = (partial(learn, *rows) for rows in zip(folds.learned, folds.held_out, strict=True))
    return in_threads(calls, n_jobs=folds.n_jobs)


def _multiclass_of_fold(
    data: SurveyData, design: OutcomeDesign, model: ModelConfig, learn: Integers, held_out: Integers
) -> Floats:
    params = {**tree_classifier(model).lightgbm_params(), "objective": "multiclass", "num_class": 3}
    train = lightgbm.Dataset(
        design.matrix[learn],
        data.classes[learn],
        categorical_feature=design.code_book.categorical_positions,
        params=params,
    )
    booster = lightgbm.train(params, train, num_boost_round=model.trees)
    return margins_of_probabilities(np.asarray(booster.predict(design.matrix[held_out], num_threads=1)))


def margins_of_probabilities(probabilities: Floats) -> Floats:
    """Return the log odds of P(class >= passive) and P(class >= promoter), shape (n, 2), of (n, 3)."""
    above = np.column_stack([probabilities[:, 1:].sum(axis=1), probabilities[:, 2]])
    return np.asarray(logit(np.clip(above, _SMALLEST, 1.0 - _SMALLEST)))


def sizes_of(candidates: Sequence[str]) -> list[str]:
    """Return the sizes of trees that candidates need; `short`, which brings the linear component, comes first."""
    needed = {CANDIDATES[name].size for name in candidates if set(COMPONENTS) & set(CANDIDATES[name].components)}
    return ["short", *sorted(needed - {"short"})]


def n_fits(model: ModelConfig) -> int:
    """Return how many folds a training fits: every size of trees once, and the other repeats of the chosen one."""
    return model.folds * (len(sizes_of(model.candidates)) + model.repeats - 1)
