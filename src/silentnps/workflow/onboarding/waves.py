"""Which answers belong to one survey, by the days on which they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from silentnps.features.population.bursts import Burst, find_bursts

QUARTER_DAYS = 100
_MONTHS_OF_QUARTER = 3
_FEW = 200
_NEARLY_ALL = 0.97


@dataclass(frozen=True)
class Waves:
    """The YAML of `waves`, empty for one wave; why; and whether somebody should look at it."""

    yaml: str
    reason: str
    unsure: bool = False


def propose_waves(days: Sequence[date], counts: Sequence[int]) -> Waves:
    """Return waves for answers on these days, in ascending order: a burst is one wave.

    Examples
    --------
    >>> days = [date(2025, 1, 8), date(2025, 1, 9), date(2025, 4, 2), date(2025, 4, 3)]
    >>> propose_waves(days, [40, 20, 30, 15]).yaml
    '{period: quarter}'
    >>> propose_waves(days[:2], [40, 20]).yaml
    '{dates: [2025-01-08]}'
    """
    bursts = find_bursts(list(days), list(counts))
    if not bursts:
        return Waves("", "there are no answers yet")
    n, first, last = sum(counts), days[0], days[-1]
    if 2 * sum(burst.n for burst in bursts if burst.compact) >= n:
        starts = [burst.start for burst in bursts]
        if len(bursts) == 1:
            return Waves(f"{{dates: [{starts[0]}]}}", f"{n:,} answers in one burst, {first} to {last}")
        quarters = [_quarter_of(burst, days, counts) for burst in bursts]
        reason = f"{n:,} answers in {len(bursts)} bursts, the first from {first}, the last from {starts[-1]}"
        if None not in quarters and len(set(quarters)) == len(quarters):
            return Waves("{period: quarter}", f"{reason}, each within a quarter of its own")
        return Waves(f"{{dates: [{', '.join(map(str, starts))}]}}", reason)
    if (last - first).days < QUARTER_DAYS:
        return Waves(f"{{dates: [{first}]}}", f"{n:,} answers, all within {QUARTER_DAYS} days", unsure=True)
    period = "quarter" if n / max(1, (last - first).days / 91) >= _FEW else "year"
    return Waves(
        f"{{period: {period}}}",
        f"{n:,} answers came all the time from {first} to {last}; month, quarter or year would do",
        unsure=True,
    )


def _quarter_of(burst: Burst, days: Sequence[date], counts: Sequence[int]) -> tuple[int, int] | None:
    """Return the quarter with nearly all answers of a burst; None if they are spread over several."""
    inside = [(day, n) for day, n in zip(days, counts, strict=True) if burst.start <= day <= burst.end]
    by_quarter: dict[tuple[int, int], int] = {}
    for day, n in inside:
        by_quarter[_quarter(day)] = by_quarter.get(_quarter(day), 0) + n
    most = max(by_quarter, key=lambda quarter: by_quarter[quarter])
    return most if by_quarter[most] >= _NEARLY_ALL * burst.n else None


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // _MONTHS_OF_QUARTER
