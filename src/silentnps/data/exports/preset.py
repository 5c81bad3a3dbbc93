"""The form of a preset: one export of another program, and the canonical tables that it gives."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from silentnps.config.values import Section, Setting
from silentnps.schema import TABLES


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | bool | int | float) else value


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise ValueError("must be a regular expression") from None
    return text


Names = Annotated[tuple[Setting, ...], BeforeValidator(_listed), Field(min_length=1)]
"""Possible names of one column, the best first; see `Columns.find` of the room for their forms."""

Pattern = Annotated[str, AfterValidator(_pattern)]


class Recognise(Section):
    """Columns by which an export is recognised: each of `must` is there under one of its names."""

    must: tuple[Names, ...] = Field(min_length=1)
    may: tuple[Names, ...] = ()


class RowRule(Section):
    """Which rows count, by the texts of one column, compared without case and blanks around them.

    Exactly one of `keep` (these), `drop` (all but these), `keep_like` and `drop_like` (those, or all but those,
    that a regular expression matches in full) and `filled` (not empty).
    `rule` says what a row that counts is, as in "each row must be ...". A rule without its column is skipped.
    `empty` says whether rows without a value count; by default they do not with `keep`, and do with `drop`. Where
    the column `unless` is filled, the row counts whatever the rule says.
    """

    column: Names
    rule: str
    keep: Names | None = None
    drop: Names | None = None
    keep_like: Pattern | None = None
    drop_like: Pattern | None = None
    filled: Literal[True] | None = None
    empty: bool | None = None
    unless: Names | None = None


SYNCED: tuple[str, ...] = ("_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at", "updated_at")
"""Columns by which the latest of several versions of a row is known."""

STILL_THERE = (
    RowRule(column=("_fivetran_deleted",), drop=("true", "1"), rule="one that the source still has"),
    RowRule(column=("_fivetran_active",), drop=("false", "0"), rule="one that is still in force"),
)
"""Rules on the rows of every export: what a connector keeps of rows that were deleted or replaced."""


class Latest(Section):
    """Rows with the same `by` are versions of one; the one with the latest of `of` counts, the last in the file."""

    by: Names
    of: Names = SYNCED


class OneRowPer(Section):
    """Rows with the same `key` become one: `sum` adds up columns, of all others the first value counts."""

    key: Names
    sum: tuple[Setting, ...] = ()


class MinorUnits(Section):
    """Amounts that an export writes as whole numbers of the smallest unit of the currency of the row.

    `decimals` has the codes of currencies by the number of their decimals there; all others have two.
    """

    amounts: Names
    decimals: dict[Annotated[int, Field(ge=0, le=6)], Names] = Field(default_factory=dict)


class Pivot(Section):
    """Rows with the same `key` become one, in which each `name` is a column with its `value`.

    Of several values of one name the latest counts, by the columns by which versions are known.
    """

    key: Names
    name: Names
    value: Names


class Join(Section):
    """A further file of an export: a row also has the columns of the row there whose `theirs` is its `ours`.

    They are called `file.column`; `ours` may be one of an earlier file. Of several rows with one `theirs` the
    latest counts, or the latest in which `filled` is not empty, or the one with the earliest `first`; with `sum`
    they are one, in which these columns are added up. `rows` says which rows count at all. Where `single` has
    several values for one `theirs`, none is taken. Without a file that is not `needed` its columns are missing. One
    that is `of_answers` is joined to the rows of a pivot before they become one.
    """

    recognise: Recognise
    ours: Names
    theirs: Names
    pivot: Pivot | None = None
    filled: Names | None = None
    single: Names | None = None
    first: Names | None = None
    sum: tuple[Setting, ...] = ()
    rows: tuple[RowRule, ...] = ()
    needed: bool = True
    of_answers: bool = False


class ZonedTimes(Section):
    """Times without a zone of which the export says in which they are.

    It is `zone`, or what the first group of `zone_like` finds in values of the columns, as in a second header row.
    """

    columns: Names
    zone: str | None = None
    zone_like: Pattern | None = None


class Key(Section):
    """Columns that identify the customer by the key of this name; without a name by the customers' own ids."""

    key: str | None = None
    columns: Names


class TableOf(Section):
    """How an export gives one canonical table.

    `columns` has the possible names of each canonical column. `identified_by` has the keys of the customer, the
    best first. `values` says of a canonical column what a text means, `constants` what it always is. `refuse` has
    columns that must not be used as one canonical column or, under `any`, as none, with the reason. `notes` are
    sentences that are said whenever the table is read.
    """

    columns: dict[str, Names] = Field(default_factory=dict)
    identified_by: tuple[Key, ...] = ()
    rows: tuple[RowRule, ...] = ()
    values: dict[str, dict[Setting, Setting]] = Field(default_factory=dict)
    constants: dict[str, Setting] = Field(default_factory=dict)
    minor_units: MinorUnits | None = None
    refuse: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Preset(Section):
    """One export of another program.

    `status` is `confirmed` where the names of columns were read in the vendor's or the connector's public
    description, `documentation` where they follow from a description that does not show the file itself. `joins`
    are the further files by name; `fill` says from which column one takes its value where it is empty. `epoch`
    names columns of times that may be written as numbers since 1970.
    """

    title: str
    status: Literal["confirmed", "documentation"]
    source: str
    traps: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    recognise: Recognise
    pivot: Pivot | None = None
    joins: dict[str, Join] = Field(default_factory=dict)
    fill: dict[Setting, Names] = Field(default_factory=dict)
    latest: Latest | None = None
    rows: tuple[RowRule, ...] = ()
    zoned: tuple[ZonedTimes, ...] = ()
    epoch: tuple[Setting, ...] = ()
    one_row_per: OneRowPer | None = None
    tables: dict[str, TableOf] = Field(min_length=1)

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: dict[str, TableOf]) -> dict[str, TableOf]:
        for name, table in tables.items():
            if name not in TABLES:
                raise ValueError(f"must be canonical tables; got {name!r}")
            columns = {column.name for column in TABLES[name].columns}
            unknown = {*table.columns, *table.values, *table.constants} - columns
            if unknown and not TABLES[name].extra_columns:
                raise ValueError(f"{name} must have canonical columns; got {', '.join(sorted(unknown))}")
        return tables
