"""Metrics of class probabilities, all of which accept row weights. Read each beside its base rate."""

from silentnps.metrics.areas import auc_interval
from silentnps.metrics.evaluation import Scorecard, evaluate
from silentnps.metrics.labels import confusion, far_error_rate, macro_f1, quadratic_kappa
from silentnps.metrics.ranking import (
    Curve,
    Ranking,
    auc,
    auc_of_counts,
    expected_calibration_error,
    lift,
    precision_at,
)
from silentnps.metrics.scores import (
    log_loss,
    log_losses,
    ranked_probability_score,
    ranked_probability_scores,
    weights_of,
)

__all__ = [
    "Curve",
    "Ranking",
    "Scorecard",
    "auc",
    "auc_interval",
    "auc_of_counts",
    "confusion",
    "evaluate",
    "expected_calibration_error",
    "far_error_rate",
    "lift",
    "log_loss",
    "log_losses",
    "macro_f1",
    "precision_at",
    "quadratic_kappa",
    "ranked_probability_score",
    "ranked_probability_scores",
    "weights_of",
]
