"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from silentnps.estimation.nps import Floats, Integers
from silentnps.estimation.result import NPSReport


@dataclass(frozen=True)
class ReportContent:
    """Everything that the page says; parts that are empty or None are left out or named as missing.

    Attributes
    ----------
    project, wave
        Names for the title.
    estimate
        The NPS of the wave.
    metrics
        One row per candidate: candidate, baseline, log_loss, rps, macro_f1, qwk, auc_detractor,
        lift_at_10_detractor, base_rate_detractor.
    probabilities, classes
        Out-of-fold class probabilities of those who answered, shape (n, 3), and their classes 0, 1, 2, shape (n,).
    drivers
        As `silentnps.explanation.summary.driver_table` returns it.
    response_drivers, shadow_features
        Names of the features by role: the assumption of the estimate.
    feature_words
        What people call a feature, by its name; others go by their names.
    findings
        What the checks of the data found, any columns.
    model
        Facts of the model; `candidate` marks its row among the candidates.
    generated_at
        When, as text.
    truth
        The true NPS of the silent customers in points, where the data are simulated.
    """

    project: str
    wave: str
    estimate: NPSReport
    version: str
    generated_at: str
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    probabilities: Floats | None = None
    classes: Integers | None = None
    drivers: pd.DataFrame = field(default_factory=pd.DataFrame)
    response_drivers: tuple[str, ...] = ()
    shadow_features: tuple[str, ...] = ()
    feature_words: Mapping[str, str] = field(default_factory=dict)
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    model: Mapping[str, Any] = field(default_factory=dict)
    truth: float | None = None
