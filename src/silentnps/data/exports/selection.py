"""Which columns of a file become which canonical columns, by a preset and the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from silentnps.config import TableConfig
from silentnps.data.exports.columns import QUESTION, Columns, Found
from silentnps.data.exports.minor_units import in_major_units, refuse_without_currency
from silentnps.data.exports.preset import Key, Preset, TableOf
from silentnps.data.exports.questions import candidates, described
from silentnps.data.exports.rows import is_since_1970, since_1970, text
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import as_yaml, listed, quoted
from silentnps.data.opening.scan import Source, clash, literal, quote
from silentnps.errors import ConfigError, DataError
from silentnps.schema import TABLES

CUSTOMER_ID = "customer_id"
_RATING = "rating"


@dataclass
class Selection:
    """The columns to keep.

    `columns` has the name of each canonical column in what is kept, `values` the SQL of each name, `key` the key
    that customer_id holds, None for the customers' own ids. `notes` are sentences on columns left out and on what
    the export is to be read with. `found` has the column of the file for each canonical one. `zones` has the time
    zone of each name of which the export says it.
    """

    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    notes: list[str] = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)

    def add(self, canonical: str, name: str, sql: str) -> None:
        """Keep a column; one from which two canonical columns are made differently is kept twice."""
        if self.values.get(name, sql) != sql:
            name = f"{name} ({canonical})"
        self.columns[canonical], self.values[name] = name, sql


def select_columns(
    name: str, preset: Preset, source: Source, columns: Columns, config: TableConfig, zones: Mapping[str, str]
) -> Selection:
    """Return which columns are kept of the table of this name; `zones` are those of columns of times.

    Raises
    ------
    ConfigError
        If the configuration names a column that is not there, or one that the preset refuses.
    DataError
        If no column identifies the customer.
    """
    section = preset.tables[name]
    selection = Selection(key=config.identified_by)
    selection.found = dict(_found(name, section, source, columns, config, selection))
    refuse_without_currency(source.name, name, section.minor_units, selection.found)
    for canonical, found in selection.found.items():
        sql = _sql(canonical, selection.found, section, preset, source)
        selection.add(canonical, found.name, _with_values(canonical, sql, section, config))
        if found.name in zones:
            selection.zones[selection.columns[canonical]] = zones[found.name]
    for canonical, value in section.constants.items():
        if canonical not in selection.columns:
            selection.add(canonical, canonical, literal(value))
    if TABLES[name].extra_columns:
        _add_attributes(selection, section, columns)
    selection.notes.extend(_left_out(name, section, source, columns))
    selection.notes.extend(f"{source.name}: {note}." for note in section.notes)
    return selection


def refuse_no_rating(
    backend: GuardedBackend,
    name: str,
    section: TableOf,
    source: Source,
    columns: Columns,
    selection: Selection,
    config: TableConfig,
) -> None:
    """Refuse an export of answers whose column of ratings is not known.

    Raises
    ------
    ConfigError
        If there is none: with the columns that are refused as such, or the questions that may be the one.
    """
    if _RATING not in TABLES[name].required or _RATING in selection.columns:
        return
    refused = _refused(section, columns)
    if refused and not section.columns.get(_RATING):
        column, reason = next(iter(refused.items()))
        raise ConfigError(
            f"tables.{name} must have a rating from 0 to 10; {source.name} has {quoted(column)}: {reason}. Leave"
            f" out tables.{name}, or say what it means: columns: {{rating: {as_yaml(column)}}} and a `scale` that"
            " maps it."
        )
    got = "none" if config.question is None else f"{quoted(config.question)}, which is not there"
    found = candidates(backend, source, section.columns.get(_RATING, ()), columns)
    raise ConfigError(
        f"tables.{name}.question must be the question that the ratings answer; got {got}. {described(found)}."
        f" Name it: question: {as_yaml(found[0].name) if found else 'its name'}."
    )


def _found(
    name: str, section: TableOf, source: Source, columns: Columns, config: TableConfig, selection: Selection
) -> Iterable[tuple[str, Found]]:
    # A column that is declared under the name of the table's key is its customer_id.
    declared = {CUSTOMER_ID if key == selection.key else key: user for key, user in config.columns.items()}
    for canonical, user in declared.items():
        yield canonical, _declared(name, canonical, user, section, source, columns, config)
    if CUSTOMER_ID not in declared and CUSTOMER_ID not in section.columns:
        key, found = _identified(source, section.identified_by, columns, selection.key)
        selection.key = key
        yield CUSTOMER_ID, found
    for canonical, possible in section.columns.items():
        if canonical in declared:
            continue
        names = _of_question(name, possible, config) if canonical == _RATING else possible
        found_one = columns.find(names)
        if found_one is not None:
            yield canonical, found_one
        else:
            _refuse_clash(source, names)


def _of_question(name: str, names: tuple[str, ...], config: TableConfig) -> tuple[str, ...]:
    """Return the possible names of the ratings: of one question where the configuration names it."""
    if config.question is None:
        return names
    asked = tuple(each for each in names if QUESTION in each)
    if not asked:
        raise ConfigError(
            f"tables.{name}.question must be left out, as the preset {config.preset} knows one question; got"
            f" {quoted(config.question)}. Remove it, or name the column: columns: {{rating: its name}}."
        )
    return asked


def _declared(
    name: str,
    canonical: str,
    user: str,
    section: TableOf,
    source: Source,
    columns: Columns,
    config: TableConfig,
) -> Found:
    key = f"tables.{name}.columns.{canonical}"
    _refuse_clash(source, [user])
    found = columns.find([user])
    if found is None:
        raise ConfigError(f"{key} must be a column of {source.name}; got {quoted(user)}. Correct the name.")
    reason = _refused(section, columns).get(found.name)
    if reason is not None and not (canonical == _RATING and config.scale is not None):
        raise ConfigError(f"{key} must not be {quoted(found.name)}; {reason}. Name another column.")
    return found


def _refuse_clash(source: Source, names: Iterable[str]) -> None:
    twice = [source.twice[name.lower()] for name in names if name.lower() in source.twice]
    if twice:
        raise clash(source.name, *twice[0])


def _identified(
    source: Source, keys: tuple[Key, ...], columns: Columns, wanted: str | None
) -> tuple[str | None, Found]:
    possible = [key for key in keys if wanted is None or key.key == wanted]
    for key in possible:
        found = columns.find(key.columns)
        if found is not None:
            return key.key, found
    names = listed(name for key in possible for name in key.columns)
    raise DataError(
        f"{source.name} must have a column that identifies the customer, such as {names}; got"
        f" {listed(columns.names)}. Name yours in the configuration: columns: {{customer_id: its name}}, with"
        " `identified_by: email` if it holds e-mail addresses."
    )


def _with_values(canonical: str, sql: str, section: TableOf, config: TableConfig) -> str:
    """Return SQL in which texts are what they mean; a declared scale has the last word on ratings."""
    meanings = section.values.get(canonical)
    if not meanings or (canonical == _RATING and config.scale is not None):
        return sql
    cases = " ".join(f"WHEN {literal(word.lower())} THEN {literal(meaning)}" for word, meaning in meanings.items())
    return f"CASE {text(sql)} {cases} ELSE CAST({sql} AS VARCHAR) END"


def _sql(
    canonical: str,
    all_found: Mapping[str, Found],
    section: TableOf,
    preset: Preset,
    source: Source,
) -> str:
    found, units = all_found[canonical], section.minor_units
    if units is not None and canonical in units.amounts:
        return in_major_units(found.sql, all_found["currency"].sql, units)
    if found.name in _every(preset.epoch, Columns([found.name])):
        moment = f"CASE WHEN {is_since_1970(found.sql)} THEN {since_1970(found.sql)} END"
        if source.types.get(found.name, "VARCHAR") != "VARCHAR":
            return moment if _is_number(source.types[found.name]) else found.sql
        return f"coalesce(CAST({moment} AS VARCHAR), {found.sql})"
    return found.sql


def _is_number(sql_type: str) -> bool:
    return sql_type.startswith(
        ("BIGINT", "INTEGER", "HUGEINT", "UBIGINT", "UINTEGER", "DOUBLE", "FLOAT", "DECIMAL")
    )


def _every(names: Iterable[str], columns: Columns) -> dict[str, str]:
    return {column: name for name in names for column in columns.like(name)}


def _refused(section: TableOf, columns: Columns) -> Mapping[str, str]:
    return {column: section.refuse[name] for column, name in _every(section.refuse, columns).items()}


def _left_out(name: str, section: TableOf, source: Source, columns: Columns) -> Iterable[str]:
    by_reason: dict[str, list[str]] = {}
    for column, reason in _refused(section, columns).items():
        by_reason.setdefault(reason, []).append(column)
    for reason, names in by_reason.items():
        yield f"{source.name}: left out {listed(names)}: {reason}."
    if source.twice:
        names = [first for first, _ in source.twice.values()]
        yield f"{source.name}: left out columns that share a name: {listed(names)}. Rename them to use them."


def _add_attributes(selection: Selection, section: TableOf, columns: Columns) -> None:
    taken = {*selection.values, *_refused(section, columns)}
    for column in columns.names:
        if column not in taken:
            selection.values[column] = quote(column)
