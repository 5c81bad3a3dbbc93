"""The metrics within groups of customers, and whether the model treats declared groups alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.checks.diagnostics import effective_sample_size
from silentnps.evaluation.answers import Answers, View, Weighting
from silentnps.evaluation.intervals import RESAMPLES, intervals, percentiles
from silentnps.metrics import confusion
from silentnps.numerics.arrays import Floats
from silentnps.numerics.segmentation import segmentation_of
from silentnps.schema import NPS_CLASSES

FEWEST_IN_GROUP = 30
"""With fewer answers a group is suppressed."""

MAIN_METRICS = ("log_loss", "rps", "qwk", "macro_f1", "far_error_rate", "auc_detractor", "auc_promoter")
"""The metrics that are reported by group."""


def metrics_by_group(
    answers: Answers,
    groups: pd.DataFrame,
    *,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    fewest: int = FEWEST_IN_GROUP,
) -> pd.DataFrame:
    """Return the main metrics for every level of every column of `groups`, which has one row per answer.

    Returns
    -------
    DataFrame
        column, level, weighting, metric, value, low, high, n, n_effective, reason. A suppressed group has one row
        per weighting, with a reason but no metric and no numbers. Elsewhere the reason is empty.
    """
    rows: list[dict[str, Any]] = []
    for key, view in _levels(answers, groups):
        reason = _too_few(view, fewest)
        if reason:
            rows.append({**key, "n": view.n, "reason": reason})
            continue
        size = {"n": view.n, "n_effective": effective_sample_size(view.weights), "reason": ""}
        table = intervals(view, rng=rng, resamples=resamples, of_classes=MAIN_METRICS)
        main = table[table["metric"].isin(MAIN_METRICS)]
        rows.extend({**key, **dict(row), **size} for _, row in main.iterrows())
    columns = ["column", "level", "weighting", "metric", "value", "low", "high", "n", "n_effective", "reason"]
    return pd.DataFrame(rows, columns=columns)


def fairness_table(
    answers: Answers,
    groups: pd.DataFrame,
    *,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    fewest: int = FEWEST_IN_GROUP,
) -> pd.DataFrame:
    """Return recall, precision and calibration of each class for every level of every column of `groups`.

    Calibration is the mean predicted probability less the observed share; above 0 the class is overpredicted.

    Returns
    -------
    DataFrame
        column, level, weighting, nps_class, measure (recall, precision, calibration), value, low, high (percentile
        bootstrap by person), n, reason. A measure that does not exist (nobody is in the class, or nobody is
        predicted to be) and a suppressed group have a reason and no numbers.
    """
    rows: list[dict[str, Any]] = []
    for key, view in _levels(answers, groups):
        reason = _too_few(view, fewest)
        if reason:
            rows.append({**key, "n": view.n, "reason": reason})
            continue
        value = _measures(view, view.weights)
        drawn = [_measures(view, weights) for weights in view.resampled(resamples=resamples, rng=rng)]
        rows.extend({**key, **row, "n": view.n} for row in _measured(value, np.array(drawn)))
    columns = ["column", "level", "weighting", "nps_class", "measure", "value", "low", "high", "n", "reason"]
    return pd.DataFrame(rows, columns=columns)


_MEASURES = {
    "recall": "no answer is of this class",
    "precision": "nobody is predicted to be of this class",
    "calibration": "",
}


def _measures(view: View, weights: Floats) -> Floats:
    """Return recall, precision and calibration (rows) of each class (columns), NaN where one does not exist."""
    matrix = confusion(view.classes, view.predicted, weights=weights)
    hits, true, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    calibration = np.average(view.probabilities, axis=0, weights=weights) - true / true.sum()
    return np.vstack([_ratio(hits, true), _ratio(hits, predicted), calibration])


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


def _measured(value: Floats, drawn: Floats) -> Iterator[dict[str, Any]]:
    for i, (measure, missing) in enumerate(_MEASURES.items()):
        for code, name in enumerate(NPS_CLASSES):
            row: dict[str, Any] = {"nps_class": name, "measure": measure, "reason": ""}
            if np.isnan(value[i, code]):
                yield row | {"reason": missing}
            else:
                low, high = percentiles(drawn[:, i, code])
                yield row | {"value": value[i, code], "low": float(low), "high": float(high)}


def _levels(answers: Answers, groups: pd.DataFrame) -> Iterator[tuple[dict[str, str], View]]:
    for column in groups.columns:
        segmentation = segmentation_of(groups[column])
        for code, level in enumerate(segmentation.labels):
            rows = np.flatnonzero(segmentation.codes == code)
            for weighting, view in answers.views():
                yield _key(str(column), level, weighting), view.take(rows)


def _key(column: str, level: str, weighting: Weighting) -> dict[str, str]:
    return {"column": column, "level": level, "weighting": weighting}


def _too_few(view: View, fewest: int) -> str:
    return f"{view.n} answers, fewer than {fewest}" if view.n < fewest else ""
