"""The content of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.numerics.arrays import Floats, Integers


@dataclass(frozen=True)
class ReportContent:
    """Everything that the page says; parts that are empty or None are left out or reported as missing.

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
        One row per feature, the largest first: feature, words, mean_absolute_points, mean_points, direction (sign),
        and optionally family, actionable, cluster, sign_agreement (share of refits, may be NaN), stable.
    driver_groups
        One row per group of features: grouping (family, actionable, correlated), group, words, n_features,
        mean_absolute_points, mean_points.
    segment_drivers
        Key drivers of each segment's difference from all silent customers: segmentation, segment, driver, words,
        points, low, high; the last row of a segment is what features do not explain.
    change
        Key drivers of the change since the previous wave: driver, words, points, low, high.
    improvements
        What-ifs: segmentation (empty for all), segment, scenario, words, points, share_better, n.
    trend
        One row per wave: wave, n_answers, and survey, silent, base with _low and _high.
    trend_changes, trend_why, trend_sentences
        What `silentnps trend` says of the changes between periods, of the reasons, and in sentences; see
        `silentnps.estimation.trend.report.TrendReport`.
    reach
        One row per topic, see `silentnps.explanation.reach.driver_reach`, with the columns action, owner and
        effort: what can be done where it lowers a score, empty where nothing can.
    class_shares
        Shares of the classes with intervals, see `silentnps.estimation.comparison.class_shares.class_shares`.
    compared
        Sentences of the last comparison of segments; none where these were not compared.
    lists
        The last list of each goal: goal, listed_on (text), n_listed, n_held_out, n_done, value (NaN without spend).
    agreement
        How close the fast reasons are to Shapley values of the score: r, largest gap in points, customers.
    model_card
        Markdown of the model card; empty if there is none.
    response_drivers, shadow_features
        Names of the features by role, which the estimate assumes.
    feature_words
        Feature descriptions by name; a feature without one is shown by its name.
    findings
        Findings of the data checks, any columns.
    model
        Facts about the model; `candidate` marks its row among the candidates.
    generated_at
        Time of generation, as text.
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
    driver_groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    segment_drivers: pd.DataFrame = field(default_factory=pd.DataFrame)
    change: pd.DataFrame = field(default_factory=pd.DataFrame)
    improvements: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend_changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend_why: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend_sentences: tuple[str, ...] = ()
    reach: pd.DataFrame = field(default_factory=pd.DataFrame)
    class_shares: pd.DataFrame = field(default_factory=pd.DataFrame)
    compared: tuple[str, ...] = ()
    lists: pd.DataFrame = field(default_factory=pd.DataFrame)
    agreement: tuple[float, float, int] | None = None
    model_card: str = ""
    response_drivers: tuple[str, ...] = ()
    shadow_features: tuple[str, ...] = ()
    feature_words: Mapping[str, str] = field(default_factory=dict)
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    model: Mapping[str, Any] = field(default_factory=dict)
    truth: float | None = None
