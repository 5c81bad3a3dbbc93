"""Every metric of class probabilities at once, under weights of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.metrics.labels import confusion, far_error_rate, macro_f1, quadratic_kappa
from silentnps.metrics.ranking import Ranking
from silentnps.metrics.scores import log_losses, ranked_probability_scores, weights_of
from silentnps.numerics.arrays import Floats, Integers
from silentnps.schema import NPS_CLASSES

TOP_PERCENTS = (5, 10, 20)
"""Shares of the customers, in percent, at which lift and precision are reported."""


@dataclass(frozen=True)
class Scorecard:
    """What the metrics need from the rows, prepared once for many sets of weights.

    `classes` and `predicted` are 0, 1, 2, shape (n,); `log_losses` and `ranked_scores` are those of each row;
    `rankings` sort the rows by the probability of each class.
    """

    classes: Integers
    predicted: Integers
    log_losses: Floats
    ranked_scores: Floats
    rankings: tuple[Ranking, ...]

    @staticmethod
    def of(probabilities: Floats, classes: Integers, *, predicted: Integers | None = None) -> Scorecard:
        """Prepare probabilities, shape (n, 3), for classes 0, 1, 2; see `evaluate`."""
        return Scorecard(
            classes,
            probabilities.argmax(axis=1) if predicted is None else predicted,
            log_losses(probabilities, classes),
            ranked_probability_scores(probabilities, classes),
            tuple(Ranking.of(probabilities[:, code]) for code in range(len(NPS_CLASSES))),
        )

    def metrics(self, weights: Floats | None = None) -> dict[str, float]:
        """Return every metric under the given weights, shape (n,), not all 0."""
        row_weights = weights_of(weights, len(self.classes))
        matrix = confusion(self.classes, self.predicted, weights=row_weights)
        metrics = {
            "log_loss": float(np.average(self.log_losses, weights=row_weights)),
            "rps": float(np.average(self.ranked_scores, weights=row_weights)),
            "macro_f1": macro_f1(matrix),
            "qwk": quadratic_kappa(matrix),
            "far_error_rate": far_error_rate(matrix),
        }
        present = matrix.sum(axis=1)
        for code, name in enumerate(NPS_CLASSES):
            if present[code] > 0 and np.count_nonzero(present) > 1:
                metrics |= self._of_class(code, name, row_weights)
        return metrics

    def _of_class(self, code: int, name: str, weights: Floats) -> dict[str, float]:
        curve = self.rankings[code].curve((self.classes == code).astype(np.int64), weights)
        metrics = {
            f"base_rate_{name}": curve.base_rate,
            f"auc_{name}": curve.auc(),
            f"ece_{name}": curve.calibration_error(),
        }
        for percent in TOP_PERCENTS:
            precision = curve.precision_at(percent / 100)
            metrics[f"lift_at_{percent}_{name}"] = precision / curve.base_rate
            metrics[f"precision_at_{percent}_{name}"] = precision
        return metrics


def evaluate(
    probabilities: Floats,
    classes: Integers,
    *,
    weights: Floats | None = None,
    predicted: Integers | None = None,
) -> dict[str, float]:
    """Return every metric of probabilities, shape (n, 3), for classes 0, 1, 2, shape (n,).

    A class that does not occur, or that is the only one, has no AUC, lift, precision or calibration error, and no
    keys for them.

    Parameters
    ----------
    weights
        Weights of the rows, shape (n,), not negative, on any scale; all 1 if absent.
    predicted
        Class labels 0, 1, 2 chosen separately from the probabilities; the most likely class if absent.

    Examples
    --------
    >>> evaluate(np.eye(3), np.arange(3))["far_error_rate"]
    0.0
    """
    return Scorecard.of(probabilities, classes, predicted=predicted).metrics(weights)
