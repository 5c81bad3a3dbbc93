"""Predictions against observations: reliability, confusion, and gains by share contacted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.checks.diagnostics import effective_sample_size
from silentnps.estimation.checks.response_rates import wilson_interval
from silentnps.evaluation.answers import Answers, View, Weighting
from silentnps.evaluation.intervals import RESAMPLES, percentiles
from silentnps.metrics import Curve, Ranking, confusion
from silentnps.numerics.arrays import Floats
from silentnps.schema import NPS_CLASSES

_BINS = 15
_PERCENTS = tuple(range(1, 101))


def reliability_table(
    answers: Answers,
    *,
    rng: np.random.Generator,
    bins: int = _BINS,
    resamples: int = RESAMPLES,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return mean predicted probability and observed share of each class in bins of equal weight.

    Returns
    -------
    DataFrame
        One row per weighting, class and bin: weighting, nps_class, bin (1 the lowest), predicted, observed, low,
        high, n. Without weights the interval is Wilson's (1927) for n answers, with n the mean number of answers
        in a bin. With weights it is the percentile bootstrap of the observed share by person, which recuts the
        bins in each resample, and n is Kish's effective sample size over the number of bins.
    """
    tables = []
    for weighting, view in answers.views():
        for code, name in enumerate(NPS_CLASSES):
            table = _bins_of_class(
                view,
                code,
                bins=min(bins, view.n),
                weighting=weighting,
                rng=rng,
                resamples=resamples,
                confidence_level=confidence_level,
            )
            table.insert(0, "nps_class", name)
            table.insert(0, "weighting", weighting)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _bins_of_class(
    view: View,
    code: int,
    *,
    bins: int,
    weighting: Weighting,
    rng: np.random.Generator,
    resamples: int,
    confidence_level: float,
) -> pd.DataFrame:
    ranking, positive = Ranking.of(view.probabilities[:, code]), (view.classes == code).astype(np.int64)
    predicted, observed = ranking.curve(positive, view.weights).binned(bins)
    size = effective_sample_size(view.weights) / bins
    low, high = wilson_interval(observed * size, np.full(bins, size), confidence_level=confidence_level)
    if weighting == "silents":
        drawn = [
            ranking.curve(positive, weights).binned(bins)[1]
            for weights in view.resampled(resamples=resamples, rng=rng)
        ]
        ends = percentiles(np.array(drawn), confidence_level=confidence_level)
        varied = (observed > 1e-9) & (observed < 1 - 1e-9)  # resamples of a bin of one class never vary
        low, high = np.where(varied, ends[0], low), np.where(varied, ends[1], high)
    return pd.DataFrame(
        {
            "bin": np.arange(1, bins + 1),
            "predicted": predicted,
            "observed": observed,
            "low": np.minimum(low, observed),
            "high": np.maximum(high, observed),
            "n": size,
        }
    )


def confusion_table(answers: Answers) -> pd.DataFrame:
    """Return how the answers of each class were predicted.

    Returns
    -------
    DataFrame
        One row per weighting, true and predicted class: weighting, true, predicted, count, row_share (of those of
        the true class; missing where there are none). Weighted counts are scaled to the number of answers with
        weight.
    """
    rows: list[dict[str, Any]] = []
    for weighting, view in answers.views():
        matrix = confusion(view.classes, view.predicted, weights=view.weights)
        matrix *= view.n / matrix.sum()
        for true, counts in zip(NPS_CLASSES, matrix, strict=True):
            rows.extend(
                {
                    "weighting": weighting,
                    "true": true,
                    "predicted": name,
                    "count": float(count),
                    "row_share": float(count / counts.sum()) if counts.any() else None,
                }
                for name, count in zip(NPS_CLASSES, counts, strict=True)
            )
    return pd.DataFrame(rows)


def gains_table(answers: Answers) -> pd.DataFrame:
    """Return precision and lift of each class by the share contacted, the most likely customers first.

    Returns
    -------
    DataFrame
        One row per weighting, class that occurs and percent contacted (1 to 100): weighting, nps_class,
        contacted_share, precision, lift, caught_share (of all of the class), base_rate.
    """
    tables = []
    for weighting, view in answers.views():
        for code, name in enumerate(NPS_CLASSES):
            positive = (view.classes == code).astype(np.int64)
            curve = Ranking.of(view.probabilities[:, code]).curve(positive, view.weights)
            if curve.base_rate > 0:
                tables.append(_gains(curve).assign(weighting=weighting, nps_class=name))
    return pd.concat(tables, ignore_index=True)


def _gains(curve: Curve) -> pd.DataFrame:
    shares: Floats = np.array(_PERCENTS) / 100
    precision = np.array([curve.precision_at(share) for share in shares])
    lift = precision / curve.base_rate
    return pd.DataFrame(
        {
            "contacted_share": shares,
            "precision": precision,
            "lift": lift,
            "caught_share": lift * shares,
            "base_rate": curve.base_rate,
        }
    )
