"""Who predicts the class best: silentnps' candidates beside other libraries' classifiers, on the same folds.

    python benchmarks/classifiers.py --data F.parquet --rating COL --columns A,B,C --repeats 5 --json OUT
    python benchmarks/classifiers.py --rows 100000 --columns-made 80 --train   # seconds, on made data

Every answer is known here and nothing is hidden. The other classifiers (CatBoost, scikit-learn's
HistGradientBoosting, multiclass LightGBM; pip install 'silentnps[benchmark]') get `--budget` minutes of Optuna's
search each on folds of another state, or their defaults at 0; their probabilities are calibrated as the candidates'
are. Their gap in the ranked probability score from the chosen candidate is paired by customer.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.metrics import evaluate, ranked_probability_score, ranked_probability_scores
from silentnps.numerics.nps import class_of_rating
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.cross_fitting import assign_folds, rngs_of_repeats
from silentnps.outcome.outcome_model import OutcomeDesign
from silentnps.outcome.survey_data import SurveyData, tidy_features
from silentnps.training.candidate_comparison import choose, compare_candidates, cross_fit_candidates
from silentnps.training.candidate_margins import margins_of_probabilities
from silentnps.training.train import train_model

SHOWN = ("rps", "log_loss", "auc_detractor", "lift_at_10_detractor", "ece_detractor", "ece_passive", "ece_promoter")
SHOWN += ("macro_f1", "qwk")
Fit = Callable[[dict[str, Any], pd.DataFrame, np.ndarray], Any]


def catboost(options: dict[str, Any], X: pd.DataFrame, y: np.ndarray) -> Any:
    """Fit CatBoost on texts and numbers."""
    from catboost import CatBoostClassifier

    names = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    fixed = {"verbose": 0, "thread_count": 2, "random_seed": 0, "allow_writing_files": False}
    return CatBoostClassifier(cat_features=names, **fixed, **options).fit(X, y)


def hist_gradient_boosting(options: dict[str, Any], X: pd.DataFrame, y: np.ndarray) -> Any:
    """Fit scikit-learn's trees on categories and numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0, **options).fit(X, y)


def lightgbm_multiclass(options: dict[str, Any], X: pd.DataFrame, y: np.ndarray) -> Any:
    """Fit multiclass LightGBM on categories and numbers."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(verbosity=-1, n_jobs=2, random_state=0, **options).fit(X, y)


PEERS: dict[str, Fit] = {
    "catboost": catboost,
    "hist_gradient_boosting": hist_gradient_boosting,
    "lightgbm_multiclass": lightgbm_multiclass,
}
NAMES = {
    "catboost": {"trees": "iterations", "leaves": "max_leaves", "ridge": "l2_leaf_reg"},
    "hist_gradient_boosting": {"trees": "max_iter", "leaves": "max_leaf_nodes", "ridge": "l2_regularization"},
    "lightgbm_multiclass": {"trees": "n_estimators", "leaves": "num_leaves", "ridge": "reg_lambda"},
}
"""What each library calls the sizes of its trees."""


def suggested(trial: Any, name: str) -> dict[str, Any]:
    """Return the options of a trial of Optuna."""
    called = NAMES[name]
    options = {
        called["trees"]: trial.suggest_int("trees", 50, 600, log=True),
        called["leaves"]: trial.suggest_int("leaves", 4, 31, log=True),
        called["ridge"]: trial.suggest_float("ridge", 0.1, 50, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
    }
    return options | ({"grow_policy": "Lossguide"} if name == "catboost" else {})


def as_given(name: str, features: pd.DataFrame) -> pd.DataFrame:
    """Return the features in the form that a peer takes: texts for CatBoost, categories for the others."""
    given = features.copy()
    for column in given:
        if not pd.api.types.is_numeric_dtype(given[column].dtype):
            text = given[column].astype("object").where(given[column].notna(), "(missing)").astype(str)
            given[column] = text if name == "catboost" else text.astype("category")
    return given


def search(name: str, X: pd.DataFrame, y: np.ndarray, *, minutes: float) -> dict[str, Any]:
    """Return the options with the least ranked probability score within the budget."""
    if minutes <= 0:
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds = assign_folds(np.arange(len(y)), y, folds=3, rng=np.random.default_rng(991))

    def objective(trial: Any) -> float:
        scores = []
        for fold in range(3):
            learn, held_out = folds != fold, folds == fold
            model = PEERS[name](suggested(trial, name), X[learn], y[learn])
            scores.append(ranked_probability_score(model.predict_proba(X[held_out]), y[held_out]))
            trial.report(float(np.mean(scores)), fold)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(scores))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, timeout=60 * minutes)
    return suggested(optuna.trial.FixedTrial(study.best_params), name)


def peer_predictions(name: str, data: SurveyData, options: argparse.Namespace) -> tuple[list[np.ndarray], float]:
    """Return calibrated out-of-fold probabilities for each repeat, (n, 3), and the seconds of one fit."""
    X, y = as_given(name, data.features), data.classes
    found = search(name, X, y, minutes=options.budget)
    every, seconds = [], []
    for rng in rngs_of_repeats(0, options.repeats):
        fold_of_row = assign_folds(data.persons, y, folds=options.folds, rng=rng)
        raw = np.empty((len(y), 3))
        for fold in range(options.folds):
            learn, held_out = fold_of_row != fold, fold_of_row == fold
            start = time.perf_counter()
            raw[held_out] = PEERS[name](found, X[learn], y[learn]).predict_proba(X[held_out])
            seconds.append(time.perf_counter() - start)
        every.append(calibrated(margins_of_probabilities(raw)[:, None, :], data, options.folds))
    return every, float(np.median(seconds))


def calibrated(parts: np.ndarray, data: SurveyData, folds: int) -> np.ndarray:
    """Return probabilities calibrated out of fold, on the folds that the candidates' calibrators have."""
    fold_of_row = assign_folds(data.persons, data.classes, folds=folds, rng=np.random.default_rng(1))
    found = np.empty((len(parts), 3))
    for fold in range(folds):
        learn, held_out = fold_of_row != fold, fold_of_row == fold
        calibrator = fit_calibrator(parts[learn], data.classes[learn], np.ones(int(learn.sum())))
        found[held_out] = calibrator.probabilities(parts[held_out])
    return found


def survey_of(options: argparse.Namespace) -> SurveyData:
    """Return the answers of a file, or made ones."""
    if options.data is None:
        return made(options.rows, options.columns_made)
    frame = pd.read_parquet(options.data)
    frame = frame[frame[options.rating].notna()].reset_index(drop=True)
    classes = class_of_rating(frame[options.rating].to_numpy(dtype=float))
    return everybody(tidy_features(frame[options.columns.split(",")]), classes)


def made(n: int, columns: int) -> SurveyData:
    """Return made answers: a tenth of the columns are categories, half of them say something."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, columns))
    score = X[:, : columns // 2] @ rng.normal(size=columns // 2) / np.sqrt(columns / 2) + rng.logistic(size=n)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(columns)])
    for i in range(0, columns, 10):
        frame[f"x{i}"] = pd.cut(frame[f"x{i}"], 8, labels=list("abcdefgh"))
    return everybody(tidy_features(frame), np.digitize(score, [-0.5, 0.8]).astype(np.int64))


def everybody(features: pd.DataFrame, classes: np.ndarray) -> SurveyData:
    """Return a survey that all answered, of drivers alone."""
    n, yes = len(classes), np.ones(len(classes), dtype=bool)
    return SurveyData(features, classes, yes, yes, np.arange(n), tuple(features.columns), ())


def compared(options: argparse.Namespace, data: SurveyData) -> pd.DataFrame:
    """Return a row for each candidate and each peer, metrics averaged over repeats."""
    model = ModelConfig(repeats=options.repeats, folds=options.folds)
    start = time.perf_counter()
    candidates = cross_fit_candidates(data, OutcomeDesign(data), model, random_state=0)
    metrics, predictions = compare_candidates(candidates)
    chosen = choose(metrics, few_answers=False)
    print(f"all candidates: {time.perf_counter() - start:.0f} s; chosen: {chosen}", flush=True)
    table = metrics.rename(columns={"candidate": "method"}).reindex(columns=["method", *SHOWN])
    table["method"] = table["method"].where(table["method"] != chosen, f"{chosen} (chosen)")
    own = ranked_probability_scores(predictions[chosen], data.classes)
    rows = []
    for name in () if options.no_peers else PEERS:
        every, seconds = peer_predictions(name, data, options)
        scores = pd.DataFrame([evaluate(one, data.classes) for one in every]).mean()
        gap = ranked_probability_scores(np.mean(every, axis=0), data.classes) - own
        more = {"rps_gap": gap.mean(), "rps_gap_se": gap.std() / np.sqrt(len(gap)), "seconds_per_fit": seconds}
        rows.append({"method": name, **scores[list(SHOWN)], **more})
        print(rows[-1], flush=True)
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rating")
    parser.add_argument("--columns", default="")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns-made", type=int, default=80)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--budget", type=float, default=0.0, help="minutes of search for each peer")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--train", action="store_true", help="time a whole training with its defaults")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="made data, one repeat, no search")
    options = parser.parse_args()
    if options.small:
        options.data, options.rows, options.columns_made, options.repeats, options.budget = None, 2000, 10, 1, 0.0
    return options


def main() -> None:
    """Compare, print and write."""
    options = parsed()
    data = survey_of(options)
    if options.train:
        start = time.perf_counter()
        train_model(data, model=ModelConfig(), estimation=EstimationConfig(), random_state=0)
        table = pd.DataFrame([{"method": "training", "seconds": time.perf_counter() - start}])
    else:
        with threadpool_limits(limits=2):
            table = compared(options, data)
    print(table.round(4).to_string(index=False))
    if options.json:
        long = table.melt(id_vars="method", var_name="metric").dropna().rename(columns={"method": "name"})
        long["unit"] = np.where(long["metric"].str.startswith("seconds"), "s", "")
        options.json.write_text(json.dumps(long.to_dict("records"), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
