"""Moments of UTC as local times of a zone and back, by DuckDB's calendar of zones."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from silentnps.errors import ConfigError

_CLOCKS_GO_BACK = (ibis.interval(hours=1), ibis.interval(minutes=30))
"""By how much clocks are put back, so that a local time occurs twice."""


def _timezone(zone: str, time: datetime) -> datetime:
    """State the types of DuckDB's `timezone`: from local time to moment, and back."""
    raise NotImplementedError


_moment_of = ibis.udf.scalar.builtin(
    _timezone, name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')")
)
_local_of = ibis.udf.scalar.builtin(
    _timezone, name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp")
)


def local_time(moment: ir.TimestampValue, zone: str | None) -> ir.TimestampValue:
    """Return the local time of a moment of UTC; without a zone it is that of UTC."""
    return moment if _is_utc(zone) else _local_of(zone, _moment_of("UTC", moment))


def first_moment(local: ir.TimestampValue, zone: str | None) -> ir.TimestampValue:
    """Return the moment of UTC of a local time, the first one of a local time that occurs twice."""
    if _is_utc(zone):
        return local
    found: ir.TimestampValue = _local_of("UTC", _moment_of(zone, local))
    earlier = [found - back for back in _CLOCKS_GO_BACK]
    return ibis.cases(*((local_time(each, zone) == local, each) for each in earlier), else_=found)


def naive_utc(moment: datetime, zone: str | None = None) -> datetime:
    """Return a moment as UTC without a zone; one without a zone is a local time of `zone`, or else UTC already.

    Raises
    ------
    ConfigError
        If it lies beyond the ends of the calendar.
    """
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        raise ConfigError(f"moments must be in the years 2 to 9998; got {moment:%Y}. Correct it.") from None


def local_date(moment: datetime, zone: str | None) -> str:
    """Return the local date of a moment of UTC without a zone."""
    return f"{moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d}"


def _is_utc(zone: str | None) -> bool:
    return zone in (None, "UTC")
