"""How good a model is: for those who answered, and as silent customers would see it."""

from silentnps.evaluation.answers import Answers, SilentWeights, silent_weights
from silentnps.evaluation.evaluate import Evaluation, evaluate_answers
from silentnps.evaluation.groups import fairness_table, metrics_by_group
from silentnps.evaluation.intervals import metrics_table
from silentnps.evaluation.learning_curve import LearningCurve, learning_curve
from silentnps.evaluation.noise_ceiling import NoiseCeiling, noise_ceiling
from silentnps.evaluation.reliability import confusion_table, gains_table, reliability_table

__all__ = [
    "Answers",
    "Evaluation",
    "LearningCurve",
    "NoiseCeiling",
    "SilentWeights",
    "confusion_table",
    "evaluate_answers",
    "fairness_table",
    "gains_table",
    "learning_curve",
    "metrics_by_group",
    "metrics_table",
    "noise_ceiling",
    "reliability_table",
    "silent_weights",
]
