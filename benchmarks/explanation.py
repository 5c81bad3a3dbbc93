"""How long reasons take: fast contributions of many customers, and the reference of a few hundred, on made data.

    python benchmarks/explanation.py --rows 100000 --columns 80 --json explanation.json

The model is the largest of the defaults: trees that learn slowly, stacked with the linear part. LightGBM's own
contributions of the same two heads are timed on some of the rows, for comparison.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.explanation.contributions.explain import explain
from silentnps.explanation.contributions.shapley import compare_contributions, shapley_values, stratified_rows
from silentnps.outcome.survey_data import SurveyData, tidy_features
from silentnps.training.train import train_model

_COMPARED = 5_000


def made_survey(n: int, columns: int, answers: int) -> SurveyData:
    """Return a made survey: correlated features, a tenth of them categories, half of them without a say."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, columns)) + rng.normal(size=(n, 1))
    score = X[:, : columns // 2] @ rng.normal(size=columns // 2) / np.sqrt(columns / 2) + rng.logistic(size=n)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(columns)])
    for i in range(0, columns, 10):
        frame[f"x{i}"] = pd.cut(frame[f"x{i}"], 8, labels=list("abcdefgh"))
    classes = np.digitize(score, [-0.5, 0.8]).astype(np.int64)
    classes[rng.permutation(n)[answers:]] = -1
    names, yes = tuple(frame.columns), np.ones(n, dtype=bool)
    return SurveyData(tidy_features(frame), classes, yes, yes, np.arange(n), names[:-4], names[-4:])


def trained(data: SurveyData) -> Bundle:
    """Return the largest model of the defaults."""
    model = ModelConfig(candidates=("stack_long",), repeats=1, learning_curve=False)
    return train_model(data, model=model, estimation=EstimationConfig(), random_state=0).bundle


def timed(task: Any) -> tuple[float, Any]:
    """Return seconds and result."""
    start = time.perf_counter()
    found = task()
    return time.perf_counter() - start, found


def measured(options: argparse.Namespace) -> dict[tuple[str, str], float]:
    """Return what was measured, by metric and unit."""
    data = made_survey(options.rows + options.answers, options.columns, options.answers)
    bundle = trained(data)
    silent = data.features[~data.answered].reset_index(drop=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fast, found = timed(lambda: explain(bundle, silent, background=silent.iloc[:2000]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    written = expected_nps(bundle.silent_probabilities(silent, np.ones(len(silent), dtype=bool)))
    matrix = bundle.code_book.matrix(silent.iloc[:_COMPARED])
    native, theirs = timed(
        lambda: [head.predict(matrix, pred_contrib=True, num_threads=2) for head in bundle.model.trees]
    )
    ours = bundle.tables.contributions(matrix)
    some, background = silent.iloc[:300], stratified_rows(bundle, silent)
    seconds, exact = timed(lambda: shapley_values(bundle, some, background))
    again = shapley_values(bundle, some, background, random_state=1)
    near = compare_contributions(explain(bundle, some, background=background), exact)
    return {
        ("fast seconds", "s"): fast,
        ("fast rows a second", "1/s"): len(silent) / fast,
        ("LightGBM rows a second, trees alone", "1/s"): len(matrix) / native,
        ("largest gap of trees' contributions from LightGBM's", "log odds"): float(
            max(np.abs(own.T - other).max() for own, other in zip(ours, theirs, strict=True))
        ),
        ("peak of the process", "GiB"): peak / 2**20,
        ("peak that fast contributions added", "GiB"): (peak - before) / 2**20,
        ("largest gap of sums from written scores", "points"): float(
            np.abs(found.base_value + found.contributions.sum(axis=1) - written).max()
        ),
        ("reference seconds, 300 rows", "s"): seconds,
        ("r of fast and reference", ""): near.correlation,
        ("largest gap of fast and reference", "points"): near.largest_gap,
        ("r of two references", ""): compare_contributions(again, exact).correlation,
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--answers", type=int, default=5_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="4,000 rows of 20 columns, 1,000 answers")
    options = parser.parse_args()
    if options.small:
        options.rows, options.columns, options.answers = 4000, 20, 1000
    found = measured(options)
    for (metric, unit), value in found.items():
        print(f"{metric}: {value:,.3f} {unit}")
    if options.json:
        rows = [{"name": "explanation", "metric": m, "value": v, "unit": u} for (m, u), v in found.items()]
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
