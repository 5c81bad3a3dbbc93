"""A preset applied to the rows of a file: columns that it knows, rows that count, and what was set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ibis.util import gen_name

from silentnps.config import ProjectConfig, TableConfig
from silentnps.data.exports.columns import Columns, Found
from silentnps.data.exports.joins import filled_from, join_files, refuse_unknown
from silentnps.data.exports.load import load_presets, table_of
from silentnps.data.exports.minor_units import unit_rules
from silentnps.data.exports.pivots import ROW, Pivoted, pivot_rows
from silentnps.data.exports.preset import STILL_THERE, Preset
from silentnps.data.exports.rows import Condition, conditions, ident, newest_first, text
from silentnps.data.exports.selection import Selection, refuse_no_rating, select_columns
from silentnps.data.exports.zones import zones_of
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import listed, quoted
from silentnps.data.findings import FIRST_ROWS, Finding
from silentnps.data.opening.scan import Source, query, quote

_VERSION = "silentnps_version"
_REASON = "silentnps_reason"
_KEY = "silentnps_key"
_ASIDE = "The rows are set aside."
_LATEST = "the latest version of what it describes"
_JOINED = "part of an earlier row"


@dataclass(frozen=True)
class Exported:
    """The rows of an export as a table has them.

    `config` is that of the table, with the column of `source` for each canonical one and the key that customer_id
    holds. `findings` count every row that was set aside, `aside` all rows of the file that are
    none of the table, by reason.
    """

    source: Source
    config: TableConfig
    findings: tuple[Finding, ...]
    aside: Mapping[str, int] = field(default_factory=dict)


def apply_preset(
    backend: GuardedBackend,
    table: str,
    source: Source,
    project: ProjectConfig,
    *,
    opened: Mapping[str, Source] | None = None,
) -> Exported:
    """Return the rows of a table's file as its preset reads them; without a preset the file as it is.

    Further files of the export are those of the configuration, or are `opened` already, by name.

    Raises
    ------
    ConfigError
        If there is no such preset, or it does not give this table, or a column of the configuration is not there
        or is refused.
    DataError
        If no column identifies the customer, or the file cannot be read.
    """
    config = project.tables[table]
    if config.preset is None:
        return Exported(source, config, ())
    preset, section = table_of(config.preset, table, load_presets(project.presets))
    whole = whole_rows(backend, table, source, preset, project, opened=opened)
    source = whole.source
    columns = Columns(source.types, source.types, question=config.question)
    zones, of_zones = zones_of(backend, source, columns, preset.zoned)
    selection = select_columns(table, preset, source, columns, config, zones)
    refuse_no_rating(backend, table, section, source, columns, selection, config)
    group = _group(preset, columns)
    rules = _rules(table, preset, columns, selection, group)
    judged = _store_judged(backend, source, preset, columns, selection, rules, group)
    findings, n_kept = _set_aside(backend, table, source, judged, rules)
    kept = _store_kept(backend, source, judged, selection, group)
    n_used = int(query(backend, source.name, f"SELECT count(*) FROM {kept}")[0][0])
    n_aside = sum(finding.rows for finding in findings)
    words = [*whole.notes, *of_zones, *selection.notes, *_joined(group, n_kept - n_used)]
    words.append(
        f"{source.name}: of {n_kept + n_aside:,} rows the preset {config.preset} gives {n_used:,}; {n_aside:,} are"
        " set aside."
    )
    read = replace(_reading(backend, source, kept), notes=(*source.notes, *words), zones=selection.zones)
    query(backend, source.name, f"DROP TABLE {judged}")
    update = {"columns": selection.columns, "identified_by": selection.key}
    all_findings = (*whole.findings, *findings)
    aside = Counter({_JOINED: whole.n_joined + n_kept - n_used})
    for finding in all_findings:
        aside[f"{finding.column} must be {finding.rule}"] += finding.rows
    return Exported(read, config.model_copy(update=update), all_findings, +aside)


@dataclass(frozen=True)
class Whole:
    """One row per response with the columns of all files of an export.

    `findings` count rows that were set aside before, `n_joined` those that belong to the response of another row.
    """

    source: Source
    findings: tuple[Finding, ...] = ()
    n_joined: int = 0
    notes: tuple[str, ...] = ()


def whole_rows(
    backend: GuardedBackend,
    table: str,
    source: Source,
    preset: Preset,
    project: ProjectConfig,
    *,
    opened: Mapping[str, Source] | None = None,
) -> Whole:
    """Return one row per response of an export, with the columns of its further files."""
    places, seconds = project.tables[table].joined, project.reading_seconds
    refuse_unknown(table, preset.joins, places)

    def joined(rows: Source, *, of_answers: bool) -> Source:
        joins = {name: join for name, join in preset.joins.items() if join.of_answers == of_answers}
        return filled_from(
            join_files(backend, table, rows, joins, places, opened=opened, most_seconds=seconds), preset.fill
        )

    source = joined(source, of_answers=True)
    whole = Whole(source)
    if preset.pivot is not None:
        pivoted = pivot_rows(source, preset.pivot, backend)
        findings, n_rows = _long_rows_aside(backend, table, pivoted)
        ((n_keys,),) = query(backend, source.name, f"SELECT count(*) FROM {pivoted.source.scan}")
        said = (
            f"{source.name}: {n_rows:,} rows are the answers of {n_keys:,} responses, one row per question; from"
            " here on each response counts as one row."
        )
        notes = (said, *_several_answers(backend, pivoted, project.tables[table].question))
        whole = Whole(pivoted.source, findings, n_rows - int(n_keys), notes)
    return replace(whole, source=joined(whole.source, of_answers=False))


def _several_answers(backend: GuardedBackend, pivoted: Pivoted, question: str | None) -> Iterator[str]:
    n = 0 if question is None else pivoted.n_several(backend, question)
    if n:
        yield (
            f"{pivoted.rows.name}: {n:,} responses have several answers to {quoted(question or '')}; the latest of"
            " each counts. A question of several parts has no one rating."
        )


def _long_rows_aside(backend: GuardedBackend, table: str, pivoted: Pivoted) -> tuple[tuple[Finding, ...], int]:
    """Return a finding for each rule that sets aside rows of answers, and how many rows are kept."""
    cases = " ".join(f"WHEN {rule.sql} THEN {at}" for at, rule in enumerate(pivoted.rules))
    judged = f"(SELECT {ROW}, CASE {cases} END AS {_REASON} FROM ({pivoted.rows.with_rows}))"
    return _set_aside(backend, table, pivoted.rows, judged, pivoted.rules)


@dataclass(frozen=True)
class _Group:
    """Rows that become one: the column of their key, and the columns that are added up."""

    key: Found
    sums: tuple[str, ...]


def _group(preset: Preset, columns: Columns) -> _Group | None:
    if preset.one_row_per is None:
        return None
    key = columns.find(preset.one_row_per.key)
    sums = [columns.find([name]) for name in preset.one_row_per.sum]
    return None if key is None else _Group(key, tuple(found.name for found in sums if found is not None))


def _rules(
    table: str, preset: Preset, columns: Columns, selection: Selection, group: _Group | None
) -> list[Condition]:
    rules = list(conditions((*STILL_THERE, *preset.rows, *preset.tables[table].rows), columns))
    latest = columns.find(preset.latest.by) if preset.latest is not None else None
    if latest is not None:
        rules.insert(0, Condition(f"{_VERSION} > 1", latest.name, _LATEST, expected=True))
    rules.extend(unit_rules(preset.tables[table].minor_units, selection.found))
    if group is not None:
        rules.append(Condition(f"{ident(group.key.sql)} IS NULL", group.key.name, "filled, as it tells rows apart"))
    return rules


def _store_judged(
    backend: GuardedBackend,
    source: Source,
    preset: Preset,
    columns: Columns,
    selection: Selection,
    rules: Sequence[Condition],
    group: _Group | None,
) -> str:
    """Store the columns to keep of all rows, with row numbers and the place of the rule that sets a row aside."""
    name = quote(gen_name("judged_rows"))
    cases = " ".join(f"WHEN {rule.sql} THEN {at}" for at, rule in enumerate(rules))
    values = [f"{sql} AS {quote(column)}" for column, sql in selection.values.items()]
    if group is not None:
        values.append(f"{ident(group.key.sql)} AS {_KEY}")
    query(
        backend,
        source.name,
        f"CREATE TABLE {name} AS SELECT {', '.join(values)}, {ROW},"
        f" {f'CASE {cases} END' if cases else 'NULL::INTEGER'} AS {_REASON}"
        f" FROM (SELECT *, {_version(preset, columns)} AS {_VERSION} FROM ({source.with_rows}))",
    )
    return name


def _version(preset: Preset, columns: Columns) -> str:
    """Return SQL that is 1 for the latest version of a row; a row without a key has no other version."""
    by = columns.find(preset.latest.by) if preset.latest is not None else None
    if preset.latest is None or by is None:
        return "1"
    when = newest_first(columns, preset.latest.of)
    rank = f"row_number() OVER (PARTITION BY {ident(by.sql)} ORDER BY {when}{ROW} DESC)"
    return f"CASE WHEN {ident(by.sql)} IS NULL THEN 1 ELSE {rank} END"


def _set_aside(
    backend: GuardedBackend, table: str, source: Source, judged: str, rules: Sequence[Condition]
) -> tuple[tuple[Finding, ...], int]:
    """Return a finding for each rule that sets rows aside, and how many rows are kept."""
    counted = query(
        backend,
        source.name,
        f"SELECT {_REASON}, count(*), min({ROW}, {FIRST_ROWS}) FROM {judged} GROUP BY 1 ORDER BY 1 NULLS LAST",
    )
    findings = tuple(
        Finding(
            table,
            rules[at].column,
            rules[at].rule,
            "note" if rules[at].expected else "warning",
            int(n),
            tuple(map(int, rows)),
            _ASIDE,
        )
        for at, n, rows in counted
        if at is not None
    )
    return findings, sum(int(n) for at, n, _ in counted if at is None)


def _store_kept(
    backend: GuardedBackend, source: Source, judged: str, selection: Selection, group: _Group | None
) -> str:
    """Store the rows that count, in the order of the file, those with one key as one row."""
    name = quote(gen_name("kept_rows"))
    if group is None:
        values, grouped, row = [quote(column) for column in selection.values], "", ROW
    else:
        values = [f"{_of_group(column, group)} AS {quote(column)}" for column in selection.values]
        grouped, row = f" GROUP BY {_KEY}", f"min({ROW})"
    query(
        backend,
        source.name,
        f"CREATE TABLE {name} AS SELECT {', '.join(values)}, {row} AS {ROW} FROM {judged}"
        f" WHERE {_REASON} IS NULL{grouped} ORDER BY {row}",
    )
    return name


def _of_group(column: str, group: _Group) -> str:
    """Return SQL of a column's value in rows that become one: the first that is filled, or the sum of all."""
    value = quote(column)
    if column not in group.sums:
        return f"arg_min({value}, {ROW}) FILTER ({text(value)} IS NOT NULL)"
    number = f"TRY_CAST({value} AS BIGINT)"
    return f"CASE WHEN count({number}) = count(*) THEN CAST(sum({number}) AS VARCHAR) END"


def _joined(group: _Group | None, n: int) -> Iterator[str]:
    if group is not None and n:
        sums = f"; {listed(group.sums)} is added up" if group.sums else ""
        yield f"{n:,} further rows with the {quoted(group.key.name)} of an earlier one belong to it{sums}."


def _reading(backend: GuardedBackend, source: Source, kept: str) -> Source:
    types = {row[0]: row[1] for row in query(backend, source.name, f"DESCRIBE SELECT * FROM {kept}")}
    del types[ROW]
    return replace(source, scan=kept, types=types, twice={}, stored=(*source.stored, kept), numbered=True)
