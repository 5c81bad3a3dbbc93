"""What slides are made of, whatever draws them: a message, words, a chart, a table and what the speaker says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Ends = tuple[float, float] | None
"""The ends of an interval; None where there is none."""


@dataclass(frozen=True)
class Series:
    """Numbers of a chart, one per category, with their intervals.

    `tones` are colours of the page: one, or one per category.
    """

    name: str
    values: Sequence[float | None]
    tones: Sequence[str]
    ends: Sequence[Ends] = ()


@dataclass(frozen=True)
class Chart:
    """A chart: bars from top to bottom, or lines over categories; `measure` is its heading."""

    kind: Literal["bars", "lines"]
    categories: Sequence[str]
    series: Sequence[Series]
    measure: str
    signed: bool = True

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return f"{self.measure}: " + "; ".join(
            f"{self._named(one, place)} {value:+.1f}"
            for one in self.series
            for place, value in enumerate(one.values)
            if value is not None
        )

    def _named(self, series: Series, place: int) -> str:
        category = self.categories[place]
        return category if len(self.series) == 1 else f"{series.name}, {category}"


@dataclass(frozen=True)
class Table:
    """A table of texts; `widths` are shares of its width, `strong` the rows that stand out, from 0.

    `size` is its font size in points where there is room.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    strong: Sequence[int] = ()
    size: float = 13


@dataclass(frozen=True)
class Card:
    """A large number with its name above and the lines that must travel with it below."""

    name: str
    number: str
    below: Sequence[str]
    tone: str


@dataclass(frozen=True)
class Slide:
    """A slide: its title is the message; `lines` are (label, sentence); `notes` is what the speaker says.

    `notices` must be read before the numbers, and are never left out for want of space.
    """

    title: str
    notes: Sequence[str]
    lines: Sequence[tuple[str, str]] = ()
    chart: Chart | None = None
    table: Table | None = None
    cards: Sequence[Card] = ()
    notices: Sequence[str] = ()
    footnote: str = ""
    right_share: float = 0.48


def printable(text: str) -> str:
    """Return a text without the control characters that XML cannot hold.

    Examples
    --------
    >>> printable("a\\x0bb")
    'a b'
    """
    return "".join(sign if sign >= " " or sign == "\n" else " " for sign in text)


def ends(low: float, high: float) -> Ends:
    """Return an interval, None where it has no length or is unknown."""
    return (float(low), float(high)) if low < high else None
