"""Earned growth: what customers of a year ago spend now, and new ones who came by recommendation.

Source: Reichheld, Darnell and Burns (2021), "Net Promoter 3.0", Harvard Business Review 99(6): net revenue
retention plus earned new customers, less 100 %. It needs no survey: spend is counted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EarnedGrowth:
    """Spend of the `days` days before `until` (a date, ISO 8601) against the same days a year before.

    `before` is the spend of everybody a year before, above 0; `retained` that of customers who were customers
    then; `new` that of all others, of which `earned` came by recommendation, None where that is not known.
    """

    until: str
    days: int
    before: float
    retained: float
    new: float
    earned: float | None

    @property
    def retention(self) -> float:
        """Return the net revenue retention, a share of the spend of a year before.

        Examples
        --------
        >>> growth = EarnedGrowth("2025-11-20", 365, before=200.0, retained=190.0, new=30.0, earned=20.0)
        >>> growth.retention, growth.from_new, growth.from_earned, round(growth.rate, 6)
        (0.95, 0.15, 0.1, 0.05)
        """
        return self.retained / self.before

    @property
    def from_new(self) -> float:
        """Return what new customers spent, a share of the spend of a year before."""
        return self.new / self.before

    @property
    def from_earned(self) -> float | None:
        """Return what new customers who came by recommendation spent, a share; None where that is not known."""
        return None if self.earned is None else self.earned / self.before

    @property
    def rate(self) -> float | None:
        """Return the earned growth rate, a share of the spend of a year before; None where it is not known."""
        return None if self.from_earned is None else self.retention + self.from_earned - 1.0
