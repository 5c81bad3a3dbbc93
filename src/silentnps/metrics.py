"""Metrics of class probabilities, each to be read beside its base rate."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.metrics import cohen_kappa_score, f1_score, roc_auc_score

from silentnps.data.schema import NPS_CLASSES
from silentnps.estimation.nps import Floats, Integers

_SMALLEST = 1e-12


def log_loss(probabilities: Floats, classes: Integers) -> float:
    """Return the mean of -log p(class) in nats; lower is better.

    Examples
    --------
    >>> round(log_loss(np.array([[0.5, 0.25, 0.25]]), np.array([0])), 4)
    0.6931
    """
    chosen = probabilities[np.arange(len(classes)), classes]
    return float(-np.log(np.maximum(chosen, _SMALLEST)).mean())


def ranked_probability_score(probabilities: Floats, classes: Integers) -> float:
    """Return the mean ranked probability score in [0, 1]; lower is better.

    Epstein (1969), with the division by K - 1: the mean over thresholds of squared errors of cumulative
    probabilities.

    Examples
    --------
    >>> ranked_probability_score(np.array([[1.0, 0.0, 0.0]]), np.array([2]))
    1.0
    """
    return float(ranked_probability_scores(probabilities, classes).mean())


def ranked_probability_scores(probabilities: Floats, classes: Integers) -> Floats:
    """Return the ranked probability score of each row, shape (n,)."""
    observed = np.eye(probabilities.shape[1])[classes]
    gaps = np.cumsum(probabilities - observed, axis=1)[:, :-1]
    return np.asarray((gaps**2).mean(axis=1))


def lift(scores: Floats, positive: Integers, *, share: float) -> float:
    """Return the rate of positives among the top `share` of scores over the base rate.

    Ties at the border count by their mean, so the order of rows does not matter. NaN without positives.
    """
    n_top = max(round(share * len(scores)), 1)
    border = np.sort(scores)[::-1][n_top - 1]
    above, tied = scores > border, scores == border
    caught = positive[above].sum() + (n_top - above.sum()) * positive[tied].mean()
    base = positive.mean()
    return float(caught / n_top / base) if base > 0 else float("nan")


def expected_calibration_error(predicted: Floats, positive: Integers, *, bins: int = 15) -> float:
    """Return the mean absolute gap of predicted and observed rates over bins of equal counts."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), bins)
    gaps = [abs(predicted[g].mean() - positive[g].mean()) * len(g) for g in groups if len(g)]
    return float(np.sum(gaps) / len(predicted))


def auc_interval(
    auc: float, n_positive: int, n_negative: int, *, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return the ends of an interval of an area under the ROC curve, in [0, 1].

    Newcombe (2006, Statistics in Medicine 25, 559-573), method 5: every A is in it whose distance from `auc` is at
    most z times the standard error that Hanley and McNeil (1982) give for A itself,
    the root of A (1 - A) (1 + (N - 1) ((1 - A) / (2 - A) + A / (1 + A))) / (n_positive n_negative), where N is
    (n_positive + n_negative) / 2.

    Notes
    -----
    So an AUC of 1 among few cases has a wide interval too. Assumes independent cases and about exponential scores.

    Examples
    --------
    >>> [round(end, 3) for end in auc_interval(1.0, 15, 15)]
    [0.865, 1.0]
    """
    z = float(norm.ppf(0.5 + confidence_level / 2))
    pairs, half = n_positive * n_negative, (n_positive + n_negative) / 2

    def standard_error(a: float) -> float:
        spread = 1 + (half - 1) * ((1 - a) / (2 - a) + a / (1 + a))
        return float(np.sqrt(a * (1 - a) * spread / pairs))

    def end(border: float) -> float:
        if auc == border:
            return border
        side = 1.0 if border > auc else -1.0
        inside = min(max(auc, _SMALLEST), 1 - _SMALLEST)  # at 0 and 1 themselves the standard error is 0
        return float(brentq(lambda a: side * (a - auc) - z * standard_error(a), border, inside))

    return end(0.0), end(1.0)


def evaluate(probabilities: Floats, classes: Integers) -> dict[str, float]:
    """Return every metric of probabilities, shape (n, 3), for classes 0, 1, 2, shape (n,).

    A class that does not occur has no AUC, lift or calibration error and no key for them.
    """
    predicted = probabilities.argmax(axis=1)
    found = {
        "log_loss": log_loss(probabilities, classes),
        "rps": ranked_probability_score(probabilities, classes),
        "macro_f1": float(f1_score(classes, predicted, average="macro", labels=[0, 1, 2], zero_division=0)),
    }
    kappa = cohen_kappa_score(classes, predicted, weights="quadratic") if len(np.unique(predicted)) > 1 else 0.0
    found["qwk"] = float(kappa)
    for code, name in enumerate(NPS_CLASSES):
        positive = (classes == code).astype(np.int64)
        if 0 < positive.sum() < len(positive):
            found[f"base_rate_{name}"] = float(positive.mean())
            found[f"auc_{name}"] = float(roc_auc_score(positive, probabilities[:, code]))
            found[f"lift_at_10_{name}"] = lift(probabilities[:, code], positive, share=0.1)
            found[f"ece_{name}"] = expected_calibration_error(probabilities[:, code], positive)
    return found
