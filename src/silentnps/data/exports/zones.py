"""Times without a zone of which the export itself says in which zone they are."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from silentnps.data.exports.columns import Columns
from silentnps.data.exports.preset import ZonedTimes
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import listed
from silentnps.data.opening.scan import Source, literal, query

_UTC = ("Z", "UTC", "GMT")


def zones_of(
    backend: GuardedBackend, source: Source, columns: Columns, zoned: tuple[ZonedTimes, ...]
) -> tuple[dict[str, str], list[str]]:
    """Return the zone of each column of times of which the export says it, and sentences on them.

    It is that of texts without a zone and of cells of a workbook that are times; times with a zone keep theirs.
    """
    zones: dict[str, str] = {}
    for times in zoned:
        names = [name for pattern in times.columns for name in columns.like(pattern)]
        texts = [name for name in names if source.types[name] == "VARCHAR"]
        zone = times.zone or _said(backend, source, columns, texts, times.zone_like or "")
        if zone is not None and _is_zone(zone):
            zoneless = (name for name in names if source.family(name) != "instant")
            zones |= dict.fromkeys(zoneless, "UTC" if zone in _UTC else zone)
    notes = [
        f"{source.name}: times of {listed(name for name in zones if zones[name] == zone)} are of the zone {zone},"
        " as the export says."
        for zone in sorted(set(zones.values()))
    ]
    return zones, notes


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
