"""Metrics with intervals, by a percentile bootstrap that resamples persons by weights instead of copying rows."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from silentnps.estimation.checks.diagnostics import effective_sample_size
from silentnps.evaluation.answers import Answers, View
from silentnps.metrics import Scorecard

RESAMPLES = 200
"""Number of bootstrap resamples of the persons."""


def metrics_table(
    answers: Answers,
    *,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return every metric with its interval, for the answers as they are and as silent customers would see it.

    Returns
    -------
    DataFrame
        One row per metric and weighting: metric, value, low, high, weighting ("answers" or "silents"), n (answers
        with weight), n_effective (Kish).

    Notes
    -----
    The interval covers chance among the persons who answered; models and selection are not refitted. A resample in
    which a class does not occur is left out of that class's metrics. The calibration error (ece_...) is an
    absolute value, to which a resample adds noise: its interval is moved by the mean of the resamples less the
    value (Efron and Tibshirani 1993, chapter 10, bias), which makes it an interval of the error expected at this
    n. The true error may be 0 and outside the interval; with true probabilities it nearly always is.
    """
    tables = [
        intervals(view, rng=rng, resamples=resamples, confidence_level=confidence_level).assign(
            weighting=weighting, n=view.n, n_effective=effective_sample_size(view.weights)
        )
        for weighting, view in answers.views()
    ]
    return pd.concat(tables, ignore_index=True)


def intervals(
    view: View,
    *,
    rng: np.random.Generator,
    resamples: int,
    confidence_level: float = 0.95,
    of_classes: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return metric, value, low and high of one view, one row per metric; see `metrics_table`.

    `of_classes` are the metrics of single classes that are wanted; all without it.
    """
    card = Scorecard.of(view.probabilities, view.classes, predicted=view.predicted)
    values = pd.Series(card.metrics(view.weights, of_classes=of_classes))
    draws = view.resampled(resamples=resamples, rng=rng)
    drawn = pd.DataFrame([card.metrics(weights, of_classes=of_classes) for weights in draws])
    drawn = drawn.reindex(columns=values.index)
    rising = drawn.columns.str.startswith("ece_")
    drawn.loc[:, rising] -= drawn.loc[:, rising].mean() - values[rising]
    tail = (1.0 - confidence_level) / 2
    low, high = drawn.quantile(tail), drawn.quantile(1.0 - tail)
    low[rising] = low[rising].clip(lower=0.0)
    return pd.DataFrame({"metric": values.index, "value": values, "low": low, "high": high}).reset_index(drop=True)


def percentiles(draws: np.ndarray, *, confidence_level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of percentile intervals of draws, shape (resamples, ...), ignoring NaN draws."""
    tail = (1.0 - confidence_level) / 2
    low, high = np.nanquantile(draws, [tail, 1.0 - tail], axis=0)
    return low, high
