"""All tables of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.evaluation.answers import Answers
from silentnps.evaluation.groups import fairness_table, metrics_by_group
from silentnps.evaluation.intervals import RESAMPLES, metrics_table
from silentnps.evaluation.learning_curve import LearningCurve
from silentnps.evaluation.noise_ceiling import NoiseCeiling, noise_ceiling
from silentnps.evaluation.reliability import confusion_table, gains_table, reliability_table


@dataclass(frozen=True)
class Evaluation:
    """The tables of an evaluation, each described by the function that makes it.

    `segments` and `fairness` have no rows if no columns were given.
    """

    metrics: pd.DataFrame
    reliability: pd.DataFrame
    confusion: pd.DataFrame
    gains: pd.DataFrame
    segments: pd.DataFrame
    fairness: pd.DataFrame
    ceiling: NoiseCeiling
    learning: LearningCurve | None = None


def evaluate_answers(
    answers: Answers,
    *,
    rng: np.random.Generator,
    segments: pd.DataFrame | None = None,
    fairness: pd.DataFrame | None = None,
    learning: LearningCurve | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Make all tables; `segments` and `fairness` have one row per answer and one column per grouping."""
    plain = answers.as_answers
    none = pd.DataFrame(index=range(len(plain.classes)))
    return Evaluation(
        metrics=metrics_table(answers, rng=rng, resamples=resamples),
        reliability=reliability_table(answers, rng=rng, resamples=resamples),
        confusion=confusion_table(answers),
        gains=gains_table(answers),
        segments=metrics_by_group(answers, none if segments is None else segments, rng=rng, resamples=resamples),
        fairness=fairness_table(answers, none if fairness is None else fairness, rng=rng, resamples=resamples),
        ceiling=noise_ceiling(plain.persons, plain.classes, rng=rng, resamples=resamples),
        learning=learning,
    )
