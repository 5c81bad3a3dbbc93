"""What every estimate carries."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.value.spend_report import SpendReport
from silentnps.estimation.wording.overlap import describe_overlap
from silentnps.numerics.arrays import Floats

TABLES = (
    "by_assumption",
    "segments",
    "segment_differences",
    "shadow_test",
    "balance",
    "response_rates",
    "sensitivity",
    "tipping_points",
    "early_late",
)
"""The tables of a report by the names of its fields."""


@dataclass(frozen=True)
class NPSReport:
    """The NPS of a wave's silent customers, of its base and of its respondents.

    Attributes
    ----------
    silent, base, respondents
        Estimates in points. Of respondents NPS is known, as a census of those who answered. Where nobody stayed
        silent the NPS of silent customers is missing (NaN, n = 0), and that of the base is the respondents'.
    headline
        "selection"; "mar" where no shadow feature is declared or answers are few; "follow_up" where silent
        customers were called.
    shares
        Estimated shares of detractors, passives and promoters among silent customers, shape (3,); NaN without any.
    by_assumption
        One row per assumption: value, low, high, standard_error (points; empty for bounds), note.
    disagreement
        One sentence: which assumptions contradict the headline, and what that means.
    segments
        One row a segment: segmentation, segment, n, n_respondents, survey_nps, value, low, high, standard_error
        (of silent customers), base_value, base_low, base_high, suppressed.
    segment_differences
        One row per pair of segments, see `silentnps.estimation.wave.segment_table.segment_differences`.
    diagnostics
        See `silentnps.estimation.checks.diagnostics.diagnose`, and `band_low`, `band_high`: the least and the
        greatest end of the intervals with each family of shadows moved to the drivers. Where other waves tell of
        selection, `selection_waves` is their number and `selection_step` by how much gamma drifts (log odds).
    shadow_test
        One row per family of shadows, see `silentnps.estimation.checks.shadows.shadow_test`.
    balance, response_rates
        Features of respondents against silent customers; response rates by response driver.
    sensitivity, tipping_points
        NPS of silent customers as a function of an assumed class step; the steps at which it changes sign, equals
        the survey's, or meets the target.
    early_late
        Answers by the reminders sent before them; no rows where they are not recorded.
    warnings
        Sentences that must travel with the number.
    by_spend
        The same with each customer counted by spend; None where spend is not known.

    Examples
    --------
    >>> from silentnps import estimate_nps
    >>> features = pd.DataFrame({"tenure_years": [k % 17 for k in range(200)]})
    >>> rating = pd.Series([(7 * k) % 11 if k % 3 == 0 else None for k in range(200)], dtype="float64")
    >>> report = estimate_nps(features, rating)
    >>> print(report.headline, report.respondents)
    mar -46.3 [-46.3, -46.3]
    """

    silent: NPSEstimate
    base: NPSEstimate
    respondents: NPSEstimate
    headline: str
    shares: Floats
    by_assumption: pd.DataFrame
    disagreement: str
    segments: pd.DataFrame
    segment_differences: pd.DataFrame
    diagnostics: dict[str, float]
    shadow_test: pd.DataFrame
    balance: pd.DataFrame
    response_rates: pd.DataFrame
    sensitivity: pd.DataFrame
    tipping_points: pd.DataFrame
    early_late: pd.DataFrame
    warnings: tuple[str, ...] = field(default_factory=tuple)
    by_spend: SpendReport | None = None

    @property
    def caution(self) -> str:
        """Return the sentence without which the headline must not be told; empty where there is none."""
        if self.headline == "follow_up" or self.silent.n == 0:
            return ""
        return describe_overlap(self.diagnostics, n_answers=self.respondents.n)

    def with_caution(self) -> NPSReport:
        """Return the report with its caution, where there is one, before everything else that is said."""
        caution = self.caution
        if not caution:
            return self
        warnings = (caution, *self.warnings)
        return replace(self, disagreement=f"{caution} {self.disagreement}", warnings=warnings)

    def __str__(self) -> str:
        """Return the three estimates in points, after the caution where there is one."""
        known = self.respondents
        lines = [
            self.caution,
            f"NPS of {known.n:,} who answered: {known.value:+.1f}",
            _told("silent", self.silent),
            _told("customers of the whole base", self.base),
        ]
        return "\n".join(line for line in lines if line)

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for files; what is missing is None, as JSON has no NaN."""
        shares = dict(zip(("detractor", "passive", "promoter"), self.shares.tolist(), strict=True))
        return {
            "silent": _plain(self.silent.to_dict()),
            "base": _plain(self.base.to_dict()),
            "respondents": _plain(self.respondents.to_dict()),
            "headline": self.headline,
            "shares": _plain(shares),
            "disagreement": self.disagreement,
            "diagnostics": _plain(self.diagnostics),
            "warnings": list(self.warnings),
            **({} if self.by_spend is None else {"by_spend": self.by_spend.to_dict()}),
        }


def _told(of: str, found: NPSEstimate) -> str:
    if found.n == 0:
        return f"NPS of 0 {of}: none"
    level = f"{100 * found.confidence_level:g} %"
    return f"NPS of {found.n:,} {of}: {found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f}, {level} interval)"


def _plain(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}
