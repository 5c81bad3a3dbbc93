"""Times without a zone of which the export itself says in which zone they are."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from silentnps.data.exports.columns import Columns
from silentnps.data.exports.preset import ZonedTimes
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import listed
from silentnps.data.opening.scan import Source, literal, query

_UTC = ("Z", "UTC", "GMT")
_ZONELESS = r".*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?"
_ISO = r"\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"


def zones_of(
    backend: GuardedBackend, source: Source, columns: Columns, zoned: tuple[ZonedTimes, ...]
) -> tuple[dict[str, str], list[str]]:
    """Return the zone of each text column of times of which the export says it, and sentences on them."""
    zones: dict[str, str] = {}
    for times in zoned:
        names = [name for pattern in times.columns for name in columns.like(pattern)]
        texts = [name for name in names if source.types[name] == "VARCHAR"]
        zone = times.zone or _said(backend, source, columns, texts, times.zone_like or "")
        if zone is not None and _is_zone(zone):
            zones |= dict.fromkeys(texts, "UTC" if zone in _UTC else zone)
    notes = [
        f"{source.name}: times of {listed(name for name in zones if zones[name] == zone)} are of the zone {zone},"
        " as the export says."
        for zone in sorted(set(zones.values()))
    ]
    return zones, notes


def in_zone(sql: str, zone: str) -> str:
    """Return SQL of times as text, with their zone where they have none; of other zones than UTC only ISO texts."""
    value = f"trim(CAST({sql} AS VARCHAR))"
    if zone == "UTC":
        return f"CASE WHEN regexp_full_match({value}, {literal(_ZONELESS)}) THEN {value} || ' UTC' ELSE {sql} END"
    utc = f"timezone('UTC', timezone({literal(zone)}, TRY_CAST({value} AS TIMESTAMP)))"
    written = f"strftime({utc}, '%Y-%m-%d %H:%M:%S.%f') || '+00'"
    return f"CASE WHEN regexp_full_match({value}, {literal(_ISO)}) THEN coalesce({written}, {sql}) ELSE {sql} END"


def _said(backend: GuardedBackend, source: Source, columns: Columns, names: list[str], pattern: str) -> str | None:
    found = [columns.find([name]) for name in names]
    parts = [
        f"SELECT regexp_extract({column.sql}, {literal(pattern)}, 1) AS zone FROM {source.scan}"
        f" WHERE regexp_matches({column.sql}, {literal(pattern)})"
        for column in found
        if column is not None
    ]
    if not parts:
        return None
    zones = query(backend, source.name, f"SELECT DISTINCT zone FROM ({' UNION ALL '.join(parts)}) LIMIT 2")
    return str(zones[0][0]) if len(zones) == 1 else None


def _is_zone(name: str) -> bool:
    if name in _UTC:
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
