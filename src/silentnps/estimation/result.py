"""What every estimate carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from silentnps.estimation.nps import Floats, NPSEstimate


@dataclass(frozen=True)
class NPSReport:
    """The NPS of a wave's silent customers, of its base and of its respondents.

    Attributes
    ----------
    silent, base, respondents
        Estimates in points. Of respondents NPS is known, as a census of those who answered.
    headline
        "selection", or "mar" where no shadow feature is declared or answers are few.
    shares
        Estimated shares of detractors, passives and promoters among the silent, shape (3,).
    by_assumption
        One row an assumption: value, low, high, standard_error (points; empty for bounds), note.
    segments
        One row a segment: segmentation, segment, n, n_respondents, survey_nps, value, low, high, standard_error
        (of the silent), base_value, base_low, base_high, suppressed.
    diagnostics
        See `silentnps.estimation.diagnostics.diagnose`.
    sensitivity
        NPS of the silent as a function of an assumed class step.
    warnings
        Sentences that must travel with the number.
    """

    silent: NPSEstimate
    base: NPSEstimate
    respondents: NPSEstimate
    headline: str
    shares: Floats
    by_assumption: pd.DataFrame
    segments: pd.DataFrame
    diagnostics: dict[str, float]
    sensitivity: pd.DataFrame
    warnings: tuple[str, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for files."""
        return {
            "silent": self.silent.to_dict(),
            "base": self.base.to_dict(),
            "respondents": self.respondents.to_dict(),
            "headline": self.headline,
            "shares": dict(zip(("detractor", "passive", "promoter"), self.shares.tolist(), strict=True)),
            "diagnostics": self.diagnostics,
            "warnings": list(self.warnings),
        }
