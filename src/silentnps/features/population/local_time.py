"""Local times of a time zone as moments in UTC, by DuckDB's time zone calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from silentnps.data.values.local_time import is_utc, local_of, local_time, moment_of
from silentnps.errors import ConfigError

_CLOCK_SHIFTS = (ibis.interval(hours=1), ibis.interval(minutes=30))
"""By how much clocks are set back, so that a local time occurs twice."""


def first_moment(local: ir.TimestampValue, zone: str | None) -> ir.TimestampValue:
    """Return the moment in UTC of a local time, the first one if the local time occurs twice."""
    if is_utc(zone):
        return local
    last: ir.TimestampValue = local_of("UTC", moment_of(zone, local))
    earlier = [last - shift for shift in _CLOCK_SHIFTS]
    return ibis.cases(*((local_time(moment, zone) == local, moment) for moment in earlier), else_=last)


def naive_utc(moment: datetime, zone: str | None = None) -> datetime:
    """Return a moment in UTC, without a time zone; a moment without one is a local time of `zone` (default: UTC).

    Raises
    ------
    ConfigError
        If it lies beyond the ends of the calendar.

    Examples
    --------
    >>> naive_utc(datetime(2025, 4, 1), "Europe/Berlin")
    datetime.datetime(2025, 3, 31, 22, 0)
    """
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        raise ConfigError(f"moments must be in the years 2 to 9998; got {moment:%Y}. Correct it.") from None


def local_date(moment: datetime, zone: str | None) -> str:
    """Return the local date of a moment in UTC, as text."""
    return f"{moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d}"
