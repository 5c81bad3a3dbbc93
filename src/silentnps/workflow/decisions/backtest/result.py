"""What a backtest found."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from silentnps.workflow.decisions.backtest.words import sentences


@dataclass(frozen=True)
class Backtest:
    """What was found.

    `waves` has one row per predicted wave, `shares` and `metrics` tell how good its predictions were, `behaviour`
    what customers did in the `days` after each wave, `transitions` how those who answered twice moved, and `shifts`
    how probabilities moved. `notes` must be said with the numbers.
    """

    waves: pd.DataFrame
    shares: pd.DataFrame
    metrics: pd.DataFrame
    behaviour: pd.DataFrame
    transitions: pd.DataFrame
    shifts: pd.DataFrame
    days: int
    notes: list[str]

    @property
    def sentences(self) -> list[str]:
        """Return what the waves say in words."""
        return sentences(self.waves)
