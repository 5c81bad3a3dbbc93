"""Which answers belong to one survey, by the days on which they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from silentnps.features.population.bursts import find_bursts

QUARTER_DAYS = 100
_MONTHS_OF_QUARTER = 3
_FEW = 200


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
        spans = [(_quarter(burst.start), _quarter(burst.end)) for burst in bursts]
        reason = f"{n:,} answers in {len(bursts)} bursts, the first from {first}, the last from {starts[-1]}"
        if all(start == end for start, end in spans) and len(set(spans)) == len(spans):
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


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // _MONTHS_OF_QUARTER
