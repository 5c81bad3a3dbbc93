"""Every metric of class probabilities at once, under weights of the rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import numpy as np

from silentnps.metrics.labels import confusion, far_error_rate, macro_f1, quadratic_kappa
from silentnps.metrics.ranking import Curve, Ranking
from silentnps.metrics.scores import log_losses, ranked_probability_scores, weights_of
from silentnps.numerics.arrays import Floats, Integers
from silentnps.schema import NPS_CLASSES

TOP_PERCENTS = (5, 10, 20)
"""Shares of the customers, in percent, at which lift and precision are reported."""


def _lift_at(curve: Curve, share: float) -> float:
    return curve.precision_at(share) / curve.base_rate


_OF_A_CLASS: dict[str, Callable[[Curve], float]] = {
    "base_rate": lambda curve: curve.base_rate,
    "auc": Curve.auc,
    "ece": Curve.calibration_error,
}
for _percent in TOP_PERCENTS:
    _OF_A_CLASS[f"lift_at_{_percent}"] = partial(_lift_at, share=_percent / 100)
    _OF_A_CLASS[f"precision_at_{_percent}"] = partial(Curve.precision_at, share=_percent / 100)


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

    def metrics(
        self, weights: Floats | None = None, *, of_classes: Collection[str] | None = None
    ) -> dict[str, float]:
        """Return every metric under the given weights, shape (n,), not all 0.

        `of_classes` names the metrics of single classes that are wanted; all without it.
        """
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
            wanted = [one for one in _OF_A_CLASS if of_classes is None or f"{one}_{name}" in of_classes]
            if wanted and present[code] > 0 and np.count_nonzero(present) > 1:
                curve = self.rankings[code].curve((self.classes == code).astype(np.int64), row_weights)
                metrics |= {f"{one}_{name}": _OF_A_CLASS[one](curve) for one in wanted}
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
