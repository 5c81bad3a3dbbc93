"""Survey waves: which one a moment belongs to, and when it began."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import ibis
import ibis.expr.types as ir

from silentnps.config import WavesConfig
from silentnps.errors import ConfigError

ONE_WAVE = "all"

Wave: TypeAlias = Callable[[ir.TimestampValue], ir.StringValue]
Start: TypeAlias = Callable[[ir.TimestampValue], ir.TimestampValue]


def wave_rules(waves: WavesConfig) -> tuple[Wave, Start]:
    """Return two functions of a moment: the label of its wave (null: no wave) and the wave's start.

    Labels are 2025-03, 2025-Q1, 2025, the date on which an explicit wave starts, or "all". The start of the one
    wave "all" is null, before which there was nothing.
    """
    if waves.period and waves.dates:
        raise ConfigError("waves must have either a period or dates; got both. Remove one.")
    if waves.dates:
        return _explicit(_starts(waves))
    if waves.period:
        return _calendar(waves.period)
    return (lambda moment: ibis.literal(ONE_WAVE)), (lambda moment: ibis.null("timestamp"))


def wave_label(start: datetime) -> str:
    """Return the label of a wave with an explicit start: its date."""
    return f"{start:%Y-%m-%d}"


def naive_utc(moment: datetime) -> datetime:
    """Return a moment as UTC without a zone; one without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _starts(waves: WavesConfig) -> list[datetime]:
    starts = sorted(naive_utc(date) for date in waves.dates)
    labels = [wave_label(start) for start in starts]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice:
        raise ConfigError(f"waves.dates must be on different days; got {twice} twice. Remove one.")
    return starts


def _explicit(starts: list[datetime]) -> tuple[Wave, Start]:
    latest_first = starts[::-1]

    def label(moment: ir.TimestampValue) -> ir.StringValue:
        return ibis.cases(*((moment >= start, wave_label(start)) for start in latest_first))

    def start_of(moment: ir.TimestampValue) -> ir.TimestampValue:
        return ibis.cases(*((moment >= start, ibis.literal(start)) for start in latest_first))

    return label, start_of


def _calendar(period: Literal["month", "quarter", "year"]) -> tuple[Wave, Start]:
    unit: Literal["M", "Q", "Y"] = {"month": "M", "quarter": "Q", "year": "Y"}[period]  # type: ignore[assignment]

    def label(moment: ir.TimestampValue) -> ir.StringValue:
        year = moment.year().cast("string")
        if period == "month":
            return moment.strftime("%Y-%m")
        return year + "-Q" + moment.quarter().cast("string") if period == "quarter" else year

    return label, (lambda moment: moment.truncate(unit))
