"""The outcomes by which a campaign is judged, and their values of each customer in three windows."""

from __future__ import annotations

from dataclasses import dataclass

from silentnps.numerics.arrays import Booleans, Floats, Integers

EARLIER, BEFORE, AFTER = 0, 1, 2
"""Three windows of equal length: the last but one before the start, the last, and the one from the start on."""


@dataclass(frozen=True)
class Outcome:
    """What is measured: name, unit, how it is known, and whether more of it is `better` (1) or worse (-1)."""

    name: str
    unit: str
    known: str
    better: int = 1


SURVEYED = Outcome("surveyed NPS", "points", "answers")
EXPECTED = Outcome("expected NPS", "points", "as the model sees it")
ORDERS = Outcome("orders", "a customer", "counted")
AMOUNT = Outcome("order value", "a customer", "counted")
RETURNS = Outcome("returns", "a customer", "counted", better=-1)
ENGAGEMENT = Outcome("engagement", "events a customer", "counted")


@dataclass(frozen=True)
class Measured:
    """An outcome of every customer in the three windows, shape (n, 3).

    Where `answered`, of the same shape, is given, the outcome is only known of those who answered. `has_earlier`
    says whether the data reach back over the first window.
    """

    outcome: Outcome
    values: Floats
    answered: Booleans | None = None
    has_earlier: bool = True

    def take(self, rows: Integers) -> Measured:
        """Return the outcome of chosen customers."""
        answered = None if self.answered is None else self.answered[rows]
        return Measured(self.outcome, self.values[rows], answered, self.has_earlier)
