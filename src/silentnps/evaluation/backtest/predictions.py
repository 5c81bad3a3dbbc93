"""Answers of a wave against what a model of earlier waves predicted of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from silentnps.evaluation.answers import View
from silentnps.evaluation.intervals import intervals
from silentnps.evaluation.paired_comparison import compare_models
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.schema import NPS_CLASSES

METRICS = (
    "rps",
    "log_loss",
    "auc_detractor",
    "auc_promoter",
    "lift_at_10_detractor",
    "ece_detractor",
    "ece_promoter",
)
"""The metrics that are told, by their names in `silentnps.metrics`."""

_WITHOUT_SKILL = {"auc_detractor": 0.5, "auc_promoter": 0.5, "lift_at_10_detractor": 1.0}
_HALF = 0.5
"""Answers of each class that are added to the shares of a survey: one that nobody answered is not impossible."""


@dataclass(frozen=True)
class Predicted:
    """Answers with their class probabilities, shape (n, 3), by a model that did not learn from them.

    `classes` are 0, 1, 2; `persons` code the customers, with the same codes in every wave; both of shape (n,).
    """

    probabilities: Floats
    classes: Integers
    persons: Integers

    @property
    def n(self) -> int:
        """Return how many answers there are."""
        return len(self.classes)

    @property
    def shares(self) -> Floats:
        """Return the shares of the classes among the answers, shape (3,), with half an answer of each added."""
        counts = np.bincount(self.classes, minlength=3) + _HALF
        return np.asarray(counts / counts.sum())


@dataclass(frozen=True)
class Gap:
    """A mean that was predicted, what was observed, and `difference`, predicted minus observed, with its interval.

    `n` answers were predicted; the model's level was learned from `n_before`.
    """

    predicted: float
    observed: float
    difference: float
    low: float
    high: float
    standard_error: float
    n: int
    n_before: int
    confidence_level: float


def nps_gap(now: Predicted, before: Predicted, *, confidence_level: float = 0.95) -> Gap:
    """Hold the NPS that was predicted of answers to the NPS of these answers, in points; see `mean_gap`."""
    return mean_gap(now, before, CLASS_VALUES, confidence_level=confidence_level)


def mean_gap(now: Predicted, before: Predicted, values: Floats, *, confidence_level: float = 0.95) -> Gap:
    """Hold the predicted mean of a value by class, `values` of shape (3,), to the mean of what was answered.

    `before` are the answers that the model learned its level from, with their probabilities out of fold.

    Notes
    -----
    A calibrated model predicts what the earlier answers were like on average, so that its error is that of the new
    residuals less that of the earlier ones. The variance is the sum over persons of the squared sum of what each
    adds to the two means (Liang and Zeger 1986), so it knows that some answered both waves. It is at least what the
    probabilities themselves say of the new answers, as few answers may be alike by chance. How slopes of the model
    lean on chance is left out: where customers of the two waves are very different, the interval is too narrow.

    Examples
    --------
    >>> one = Predicted(np.full((400, 3), [0.2, 0.3, 0.5]), np.repeat([0, 1, 2], [80, 120, 200]), np.arange(400))
    >>> gap = nps_gap(one, Predicted(one.probabilities, one.classes, one.persons + 400))
    >>> round(abs(gap.difference), 9), round(gap.standard_error, 1)
    (0.0, 5.5)
    """
    new, old = (values[each.classes] - each.probabilities @ values for each in (now, before))
    parts = np.concatenate([(new - new.mean()) / now.n, (old.mean() - old) / before.n])
    places = np.unique(np.concatenate([now.persons, before.persons]), return_inverse=True)[1]
    by_person = np.bincount(places, weights=parts)
    clustered = float((by_person**2).sum()) * len(by_person) / max(len(by_person) - 1, 1)
    expected = float((now.probabilities @ values**2 - (now.probabilities @ values) ** 2).mean()) / now.n
    error = float(np.sqrt(max(clustered, expected)))
    half = float(stats.t.ppf(0.5 + confidence_level / 2, max(min(now.n, before.n) - 1, 1))) * error
    observed = float(values[now.classes].mean())
    difference = -float(new.mean())
    return Gap(
        predicted=observed + difference,
        observed=observed,
        difference=difference,
        low=difference - half,
        high=difference + half,
        standard_error=error,
        n=now.n,
        n_before=before.n,
        confidence_level=confidence_level,
    )


def class_gaps(now: Predicted, before: Predicted, *, confidence_level: float = 0.95) -> dict[str, Gap]:
    """Return the expected and the observed share of each class, by its name; see `mean_gap`."""
    return {
        name: mean_gap(now, before, row, confidence_level=confidence_level)
        for name, row in zip(NPS_CLASSES, np.eye(len(NPS_CLASSES)), strict=True)
    }


def score_predictions(
    now: Predicted, before: Predicted, *, rng: np.random.Generator, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return how good predictions are, beside what needs no model: that everybody is like the earlier answers.

    Returns
    -------
    DataFrame
        One row per metric: metric, value, low, high, baseline, gain, gain_low, gain_high, n, confidence_level.
        `baseline` is the score of the shares of the earlier answers; of areas it is 0.5, of lift 1. `gain` is that
        of RPS and log loss, baseline minus value with its paired interval: above 0, the model knew more than the
        shares. Metrics that need a class which nobody answered are left out.
    """
    view = View(now.probabilities, now.classes, now.probabilities.argmax(axis=1), np.ones(now.n), now.persons)
    table = intervals(view, rng=rng, resamples=200, confidence_level=confidence_level, of_classes=METRICS)
    found = table.set_index("metric").to_dict("index")
    gains = _gains(now, before.shares, int(rng.integers(2**31)), confidence_level)
    rows: list[dict[str, Any]] = []
    for name in [name for name in METRICS if name in found]:
        own = {end: float(found[name][end]) for end in ("value", "low", "high")}
        gain = gains.get(name, {"baseline_gain": np.nan, "gain_low": np.nan, "gain_high": np.nan})
        told = gain["baseline_gain"]
        baseline = own["value"] + told if name in gains else _WITHOUT_SKILL.get(name, np.nan)
        ends = {"gain": told, "gain_low": gain["gain_low"], "gain_high": gain["gain_high"]}
        rows.append({"metric": name, **own, "baseline": baseline, **ends})
    return pd.DataFrame(rows).assign(n=now.n, confidence_level=confidence_level)


def _gains(now: Predicted, shares: Floats, random_state: int, level: float) -> dict[str, dict[str, float]]:
    alike = np.tile(shares, (now.n, 1))
    differences = compare_models(
        now.probabilities,
        alike,
        now.classes,
        persons=now.persons,
        random_state=random_state,
        confidence_level=level,
    )
    return {
        each.metric: {"baseline_gain": -each.value, "gain_low": -each.high, "gain_high": -each.low}
        for each in differences[:2]
    }
