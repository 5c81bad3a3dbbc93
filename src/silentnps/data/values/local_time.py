"""Moments in UTC as local times of a time zone, by DuckDB's time zone calendar."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir


def _timezone(zone: str, time: datetime) -> datetime:
    """Declare the types of DuckDB's `timezone`, which turns a local time into a moment and back."""
    raise NotImplementedError


moment_of = ibis.udf.scalar.builtin(
    _timezone, name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')")
)
local_of = ibis.udf.scalar.builtin(
    _timezone, name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp")
)


def local_time(moment: ir.TimestampValue, zone: str | None) -> ir.TimestampValue:
    """Return the local time of a moment in UTC; without a zone it is that of UTC."""
    return moment if is_utc(zone) else local_of(zone, moment_of("UTC", moment))


def is_utc(zone: str | None) -> bool:
    """Return whether local times of a zone are those of UTC; no zone is UTC."""
    return zone in (None, "UTC")
