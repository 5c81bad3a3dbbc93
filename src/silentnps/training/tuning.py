"""A search for the sizes of the trees with a budget of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from silentnps.config import ModelConfig
from silentnps.errors import ConfigError
from silentnps.metrics import ranked_probability_score
from silentnps.numerics.parallel import one_thread
from silentnps.outcome.calibration import probabilities_of_margins
from silentnps.outcome.cross_fitting import assign_folds
from silentnps.outcome.outcome_model import BinnedAnswers, OutcomeDesign, tree_classifier
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.tree_heads import head_margins

if TYPE_CHECKING:
    from optuna import Trial

TREE_SIZES = ("trees", "leaves", "learning_rate", "min_leaf_rows", "ridge", "feature_fraction")
"""What of the configuration says how trees are grown."""


@dataclass(frozen=True)
class Search:
    """The best configuration, None without a search, and one row for each trial: number, state, rps, sizes."""

    model: ModelConfig | None
    trials: pd.DataFrame


def search_sizes(
    data: SurveyData,
    design: OutcomeDesign,
    model: ModelConfig,
    *,
    minutes: float | None,
    random_state: int,
    stage: Callable[[str], None] = lambda name: None,
) -> Search:
    """Search for sizes with the least ranked probability score out of fold; nothing is searched without minutes.

    Optuna's tree-structured Parzen estimator, begun with the sizes of the configuration; a trial whose score over
    its first folds is worse than the median of earlier ones is pruned. The folds are of another state than those
    on which candidates are compared, so the tuned one has no head start there. `stage` is called with the name of
    the search, if there is one.

    Raises
    ------
    ConfigError
        If Optuna is not installed.
    """
    if minutes is None or data.few_answers:
        return Search(None, pd.DataFrame())
    try:
        import optuna
    except ImportError:
        raise ConfigError("--tune-minutes needs Optuna; got none. Install silentnps[tune].") from None
    stage("searching for sizes of trees")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=random_state),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    study.enqueue_trial({name: getattr(model, name) for name in TREE_SIZES})
    score = _Score(data, design, model, random_state)
    with one_thread():
        study.optimize(score, timeout=60.0 * minutes)
    best = model.model_copy(update=dict(study.best_params))
    rows = [
        {"number": one.number, "state": one.state.name.lower(), "rps": one.value, **one.params}
        for one in study.trials
    ]
    return Search(best, pd.DataFrame(rows))


class _Score:
    """The ranked probability score of a trial's sizes, fold by fold."""

    def __init__(self, data: SurveyData, design: OutcomeDesign, model: ModelConfig, random_state: int) -> None:
        self.rows = np.flatnonzero(data.answered)
        rng = np.random.default_rng([random_state, 7])
        self.folds = assign_folds(data.persons, data.classes, folds=model.folds, rng=rng)[self.rows]
        self.classes, self.design, self.model = data.classes[self.rows], design, model

    def __call__(self, trial: Trial) -> float:
        import optuna

        model = self.model.model_copy(update=_suggested(trial))
        classifier, weights = tree_classifier(model), np.ones(len(self.rows))
        answers = BinnedAnswers.of(self.design, self.rows, self.classes, weights, classifier=classifier)
        scores: list[float] = []
        for fold in range(model.folds):
            learn, held_out = np.flatnonzero(self.folds != fold), np.flatnonzero(self.folds == fold)
            trees = answers.fit_trees(learn, classifier=classifier)
            margins = head_margins(trees, self.design.matrix[self.rows[held_out]])
            scores.append(ranked_probability_score(probabilities_of_margins(margins), self.classes[held_out]))
            trial.report(float(np.mean(scores)), fold)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(scores))


def _suggested(trial: Trial) -> dict[str, float]:
    return {
        "trees": trial.suggest_int("trees", 20, 800, log=True),
        "leaves": trial.suggest_int("leaves", 3, 31, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "min_leaf_rows": trial.suggest_int("min_leaf_rows", 5, 200, log=True),
        "ridge": trial.suggest_float("ridge", 0.1, 100.0, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 1.0),
    }
