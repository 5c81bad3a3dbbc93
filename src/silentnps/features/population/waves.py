"""Survey waves: which wave a moment belongs to, and when that wave began."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeAlias

import ibis
import ibis.expr.types as ir

from silentnps.config import WavesConfig
from silentnps.data.values.local_time import local_time
from silentnps.errors import ConfigError
from silentnps.features.population.local_time import first_moment, local_date, naive_utc

ONE_WAVE = "all"

Wave: TypeAlias = Callable[[ir.TimestampValue], ir.StringValue]
Start: TypeAlias = Callable[[ir.TimestampValue], ir.TimestampValue]


def wave_rules(waves: WavesConfig, zone: str | None = None) -> tuple[Wave, Start]:
    """Return two functions of a moment in UTC: the label of its wave (null: no wave), and the start of that wave.

    Labels are 2025-03, 2025-Q1, 2025, the date on which an explicit wave starts, or "all". They follow the local
    time of `zone` (default: UTC): a month begins at local midnight, and an explicit date without a zone is a local
    time. The start is in UTC; it is null for the single wave "all", which has no beginning.

    Raises
    ------
    ConfigError
        If the configuration has both a period and dates, or two dates on the same day.

    Examples
    --------
    >>> label, start = wave_rules(WavesConfig(period="quarter"))
    >>> answers = ibis.memtable({"responded_at": [datetime(2025, 5, 20, 9)]})
    >>> answers.select(wave=label(answers.responded_at), since=start(answers.responded_at)).to_pandas()
          wave      since
    0  2025-Q2 2025-04-01
    """
    if waves.period and waves.dates:
        raise ConfigError("waves must have either a period or dates; got both. Remove one.")
    if waves.dates:
        return _explicit(_starts(waves, zone), zone)
    if waves.period:
        return _calendar(waves.period, zone)
    return (lambda moment: ibis.literal(ONE_WAVE)), (lambda moment: ibis.null("timestamp"))


def wave_label(start: datetime, zone: str | None = None) -> str:
    """Return the label of a wave with an explicit start (UTC, without a zone): its local date.

    Examples
    --------
    >>> wave_label(datetime(2025, 3, 31, 22), "Europe/Berlin")
    '2025-04-01'
    """
    return local_date(start, zone)


def _starts(waves: WavesConfig, zone: str | None) -> list[datetime]:
    starts = sorted(naive_utc(date, zone) for date in waves.dates)
    labels = [wave_label(start, zone) for start in starts]
    repeated = next((label for label in labels if labels.count(label) > 1), None)
    if repeated:
        raise ConfigError(f"waves.dates must be on different days; got {repeated} twice. Remove one.")
    return starts


def _explicit(starts: list[datetime], zone: str | None) -> tuple[Wave, Start]:
    latest_first = starts[::-1]

    def label(moment: ir.TimestampValue) -> ir.StringValue:
        return ibis.cases(*((moment >= start, wave_label(start, zone)) for start in latest_first))

    def start_of(moment: ir.TimestampValue) -> ir.TimestampValue:
        return ibis.cases(*((moment >= start, ibis.literal(start)) for start in latest_first))

    return label, start_of


def _calendar(period: Literal["month", "quarter", "year"], zone: str | None) -> tuple[Wave, Start]:
    unit: Literal["M", "Q", "Y"] = {"month": "M", "quarter": "Q", "year": "Y"}[period]  # type: ignore[assignment]

    def label(moment: ir.TimestampValue) -> ir.StringValue:
        local = local_time(moment, zone)
        year = local.year().cast("string")
        if period == "month":
            return local.strftime("%Y-%m")
        return year + "-Q" + local.quarter().cast("string") if period == "quarter" else year

    return label, (lambda moment: first_moment(local_time(moment, zone).truncate(unit), zone))
