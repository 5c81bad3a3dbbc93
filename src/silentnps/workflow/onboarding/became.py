"""What each column of a configuration became, with some of its values; personal ones are masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from silentnps.config import ProjectConfig, load_config
from silentnps.data.checking.personal import personal_columns
from silentnps.data.files.paths import shown
from silentnps.data.opening.connections import place_of
from silentnps.data.reading.sources import read_tables
from silentnps.errors import SilentNPSError
from silentnps.schema import FILE_ROW, MINOR_UNITS, TABLES
from silentnps.workflow.watch import QUIET, Watch

VALUES = 5
_MASK = "***"
_LONGEST = 40
_ALWAYS_PERSONAL = ("comment",)


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
    return [_table(config, name) for name in TABLES if name in config.tables]


def _table(config: ProjectConfig, name: str) -> TableBecame:
    place = config.tables[name]
    where = shown(place.path) if place.path is not None else place_of(place.url or "")
    wanted = {key: config.tables[key] for key in dict.fromkeys(("customers", name))}
    try:
        rows = read_tables(config.model_copy(update={"tables": wanted})).tables[name]
    except SilentNPSError as error:
        return TableBecame(name, where, error=str(error))
    masked = _personal(name, rows)
    users = config.tables[name].columns
    kinds = {
        column: TABLES[name].kind_of(column) or "attribute"
        for column in rows.columns
        if column in _seen(name, rows)
    }
    columns = (
        Became(users.get(column, column), column, kind, _values(rows, column, kind, masked=column in masked))
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


def _values(rows: Any, column: str, kind: str, *, masked: bool) -> tuple[str, ...]:
    values = rows.filter(rows[column].notnull()).select(value=rows[column]).limit(1000).to_pandas()["value"]
    first = list(dict.fromkeys(values))[:VALUES]
    texts = [f"{value / MINOR_UNITS:.2f}" if kind == "money" else str(value) for value in first]
    return tuple(mask(text) if masked else text[:_LONGEST] for text in texts)


def mask(text: str) -> str:
    """Return the form of a personal text, without the text: letters as a, digits as 9, at most eight of them.

    Examples
    --------
    >>> mask("Ann.Smith@shop.example"), mask("C-00017")
    ('aaa.aaaa...', 'a-99999')
    """
    form = re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "a", text))
    return form if len(form) <= 8 else f"{form[:8]}..."
