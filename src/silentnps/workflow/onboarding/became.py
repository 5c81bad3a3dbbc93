"""What each column of a configuration became, with some of its values; personal ones are masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.config import ProjectConfig, load_config
from silentnps.data.checking.personal import personal_columns
from silentnps.data.files.paths import shown
from silentnps.data.findings import refuse_errors
from silentnps.data.opening.connections import place_of
from silentnps.data.reading.sources import gather_tables
from silentnps.errors import SilentNPSError
from silentnps.schema import FILE_ROW, MINOR_UNITS, TABLES
from silentnps.workflow.onboarding.samples import relative
from silentnps.workflow.watch import QUIET, Watch

VALUES = 5
_MASK = "***"
_LONGEST = 40
_ALWAYS_PERSONAL = ("comment",)
_LAST_MOMENT = pd.Timedelta(microseconds=1)


@dataclass(frozen=True)
class Became:
    """One column: what it is called in the file and here, its kind, and the first different values."""

    user: str
    name: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class TableBecame:
    """One table with its columns, or the error of reading it."""

    name: str
    path: str
    columns: tuple[Became, ...] = ()
    error: str = ""


def what_columns_became(path: Path, *, watch: Watch = QUIET) -> list[TableBecame]:
    """Return what the columns of every table of a configuration became; each table is read by itself.

    Raises
    ------
    ConfigError
        If the configuration cannot be read.
    """
    config = load_config(path)
    watch.step("reading the tables")
    return [_table(config, name, path.parent) for name in TABLES if name in config.tables]


def _table(config: ProjectConfig, name: str, folder: Path) -> TableBecame:
    place = config.tables[name]
    where = place_of(place.url or "") if place.path is None else shown(relative(str(place.path), folder))
    wanted = {key: config.tables[key] for key in dict.fromkeys(("customers", name))}
    try:
        read = gather_tables(config.model_copy(update={"tables": wanted}), facts=True)
        refuse_errors(read.findings)
    except SilentNPSError as error:
        return TableBecame(name, where, error=str(error))
    rows = read.tables[name]
    masked, seen = _personal(name, rows), _seen(name, rows)
    users = {column.column: column.user_name for column in read.facts[name].columns}
    own_zones = {column.column: column.zone for column in read.facts[name].columns}
    zones = {column: own_zones.get(column) or config.timezone or "UTC" for column in rows.columns}
    kinds = {column: TABLES[name].kind_of(column) or "attribute" for column in rows.columns if column in seen}
    columns = (
        Became(
            users.get(column, column),
            column,
            f"{kind}, {zones[column]}" if kind == "time" else kind,
            _values(rows, column, kind, zones[column], masked=column in masked),
        )
        for column, kind in kinds.items()
    )
    return TableBecame(name, where, tuple(columns))


def _seen(name: str, rows: Any) -> list[str]:
    """Return the columns that come from the file."""
    known = {column.name for column in TABLES[name].columns}
    extra = TABLES[name].extra_columns
    return [column for column in rows.columns if column in known or (extra and column != FILE_ROW)]


def _personal(name: str, rows: Any) -> set[str]:
    ids = {column.name for column in TABLES[name].columns if column.kind == "id"}
    personal = {*ids, *_ALWAYS_PERSONAL}
    if TABLES[name].extra_columns:
        known = {column.name for column in TABLES[name].columns}
        personal |= {left.column for left in personal_columns(rows, [c for c in rows.columns if c not in known])}
    return personal


def _values(rows: Any, column: str, kind: str, zone: str, *, masked: bool) -> tuple[str, ...]:
    """Return the first different values as texts; masked ones that look the same are one."""
    values = rows.filter(rows[column].notnull()).select(value=rows[column]).limit(1000).to_pandas()["value"]
    texts = (_text(value, kind, zone) for value in dict.fromkeys(values))
    shown_texts = dict.fromkeys(mask(text) if masked else text[:_LONGEST] for text in texts)
    return tuple(islice(shown_texts, VALUES))


def _text(value: Any, kind: str, zone: str) -> str:
    if kind == "money":
        return f"{value / MINOR_UNITS:.2f}"
    if kind != "time":
        return str(value)
    local = pd.Timestamp(value).tz_localize("UTC").tz_convert(zone)
    if (local + _LAST_MOMENT).date() > local.date():  # a date without a time counts as the end of its day
        return f"{local:%Y-%m-%d} (its end)"
    return f"{local:%Y-%m-%d %H:%M:%S}"


def mask(text: str) -> str:
    """Return the form of a personal text, without the text: letters as a, digits as 9, at most eight of them.

    Examples
    --------
    >>> mask("Ann.Smith@shop.example"), mask("C-00017")
    ('aaa.aaaa...', 'a-99999')
    """
    form = re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "a", text))
    return form if len(form) <= 8 else f"{form[:8]}..."
