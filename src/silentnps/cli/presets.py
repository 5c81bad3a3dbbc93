"""The presets that read exports of other programs: all of them, or what one of them knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import OUT, OptionalConfig, screen, titled_table
from silentnps.counts import counted

if TYPE_CHECKING:
    from rich.table import Table

    from silentnps.data.exports.preset import Join, MinorUnits, Preset, TableOf

_YOURS = "your own"
_STATUS = {"confirmed": "confirmed", "documentation": "by documentation only"}

_Name = Annotated[str | None, typer.Argument(help="The preset to show; else all are listed.", show_default=False)]


def presets(name: _Name = None, config: OptionalConfig = None) -> None:
    """List the presets for exports of other programs; with a name, show its columns, its rows and its traps.

    With -c, those of the folder `presets:` of the configuration are among them.

    Example: silentnps presets shopify_orders
    """
    with screen():
        from silentnps.config import load_config
        from silentnps.data.exports.load import load_presets, preset_path

        folder = None if config is None else load_config(config).presets
        found = load_presets(folder)
        files = {key: preset_path(key, folder) for key in (found if name is None else [name])}
    yours = {key for key, file in files.items() if folder is not None and file.parent == folder}
    if name is None:
        _show_all(found, yours)
    else:
        _show_one(name, found[name], files[name], own=name in yours)


def _show_all(found: Mapping[str, Preset], yours: set[str]) -> None:
    """Print the presets by the canonical table that they give."""
    from rich.text import Text

    from silentnps.schema import TABLES

    width = max(map(len, found))
    for name in TABLES:
        presets_of = {key: preset for key, preset in found.items() if name in preset.tables}
        if not presets_of:
            continue
        table = titled_table(f"{name}: {len(presets_of)}", box=None, show_header=False)
        table.add_column(no_wrap=True, min_width=width)
        table.add_column()
        for key, preset in presets_of.items():
            status = f"; {_status(preset, own=key in yours)}"
            table.add_row(key, Text.assemble(preset.title, (status, "dim")))
        OUT.print(table)
    OUT.print(f"{counted(len(found), 'preset')}; `silentnps presets NAME` shows the columns and traps of one")


def _status(preset: Preset, *, own: bool) -> str:
    return f"{_STATUS[preset.status]}, {_YOURS}" if own else _STATUS[preset.status]


def _show_one(name: str, preset: Preset, file: Path, *, own: bool) -> None:
    OUT.print(f"{name}: {preset.title}")
    OUT.print(f"status: {_status(preset, own=own)}")
    OUT.print(f"source: {preset.source}")
    OUT.print(f"file: {file}")
    OUT.print(f"recognised by: {'; '.join(_either(names) for names in preset.recognise.must)}")
    for table, section in preset.tables.items():
        OUT.print(_columns(table, section))
    for title, sentences in _sentences(preset):
        if sentences:
            OUT.print(title)
            for sentence in sentences:
                OUT.print(f"  - {sentence}")
    OUT.print(f"use: tables: {{{next(iter(preset.tables))}: {{path: FILE, preset: {name}{_further(preset)}}}}}")


def _further(preset: Preset) -> str:
    """Return the further keys of a table with this preset: the question, and the files that are needed."""
    of_ratings = [name for table in preset.tables.values() for name in table.columns.get("rating", ())]
    asked = any("<question>" in name for name in of_ratings)
    needed = ", ".join(f"{name}: FILE" for name, join in preset.joins.items() if join.needed)
    return ", question: QUESTION" * asked + (f", joined: {{{needed}}}" if needed else "")


def _columns(name: str, section: TableOf) -> Table:
    """Return the columns of one canonical table: where each is found, and by which keys the customer is."""
    table = titled_table(f"Table {name}")
    table.add_column("column", no_wrap=True)
    table.add_column("in the file")
    for key in section.identified_by:
        kind = f" ({key.key})" if key.key else ""
        table.add_row(f"customer_id{kind}", _either(key.columns))
    for canonical, names in section.columns.items():
        table.add_row(canonical, _either(names))
    for canonical, value in section.constants.items():
        table.add_row(canonical, f"always {value}")
    return table


def _sentences(preset: Preset) -> Iterator[tuple[str, list[str]]]:
    rules = [*preset.rows, *(rule for section in preset.tables.values() for rule in section.rows)]
    yield "further files of the export:", [_joined(name, join) for name, join in preset.joins.items()]
    yield "how it is read:", list(_readings(preset))
    yield "each row must be:", [f"{rule.rule} ({_either(rule.column)})" for rule in rules]
    refused = {column: reason for section in preset.tables.values() for column, reason in section.refuse.items()}
    yield "never used:", [f"{column}: {reason}" for column, reason in refused.items()]
    yield "traps:", list(preset.traps)
    yield "names that are not confirmed:", [", ".join(preset.unconfirmed)] if preset.unconfirmed else []


def _readings(preset: Preset) -> Iterator[str]:
    if preset.latest is not None:
        yield f"rows with the same {_either(preset.latest.by)} are versions of one, of which the latest counts"
    if preset.one_row_per is not None:
        added = f"; {_either(preset.one_row_per.sum)} is added up" if preset.one_row_per.sum else ""
        yield f"rows with the same {_either(preset.one_row_per.key)} are lines of one{added}"
    for column, others in preset.fill.items():
        yield f"where {column} is empty, it is {_either(others)}"
    for times in preset.zoned:
        if times.zone is not None:
            yield f"times of {_either(times.columns)} are in {times.zone}"
    for section in preset.tables.values():
        if section.minor_units is not None:
            yield f"{_either(section.minor_units.amounts)}: {_units(section.minor_units)}"
        yield from section.notes


def _units(units: MinorUnits) -> str:
    codes = [f"{places} for {', '.join(codes)}" for places, codes in sorted(units.decimals.items())]
    decimals = "; ".join([*codes, "2 for others"])
    return f"whole numbers in the smallest unit of their currency, with decimals: {decimals}"


def _joined(name: str, join: Join) -> str:
    has = "; ".join(_either(names) for names in join.recognise.must)
    return f"{name}, recognised by: {has}{'' if join.needed else ' (not needed)'}"


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
