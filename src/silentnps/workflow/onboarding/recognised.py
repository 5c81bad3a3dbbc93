"""Files that other programs exported, recognised by presets, and what these read in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from silentnps.config import ProjectConfig
from silentnps.data.exports.apply import apply_preset
from silentnps.data.exports.columns import Columns
from silentnps.data.exports.load import load_presets
from silentnps.data.exports.preset import Key as PresetKey
from silentnps.data.exports.recognise import recognise
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.opening.scan import Source
from silentnps.data.values.casts import clean_text
from silentnps.errors import DataError
from silentnps.workflow.onboarding.keys import EMAIL, LEAST_SHARE, Key, share_of
from silentnps.workflow.onboarding.mapping import CUSTOMER
from silentnps.workflow.onboarding.profiles import Column
from silentnps.workflow.onboarding.samples import Sample


@dataclass(frozen=True)
class Recognised:
    """The preset that recognises a file, the table that it gives, and the columns by which it is known."""

    name: str
    table: str
    recognised_by: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """What a preset reads in a sample: the rows, the column there of each canonical one, and the key."""

    source: Source
    columns: dict[str, str]
    key: Key


def recognised(sample: Sample) -> list[Recognised]:
    """Return the preset that recognises a file best, once for each table that it gives; none if none does."""
    matches = recognise(list(sample.source.types), load_presets())
    if not matches:
        return []
    best = matches[0]
    return [Recognised(best.name, table, best.recognised_by) for table in best.tables]


def read_export(
    backend: GuardedBackend,
    sample: Sample,
    preset: Recognised,
    customers: Source,
    theirs: Mapping[str, Column],
    *,
    own: str,
) -> Export:
    """Return what a preset reads in a sample, by the key whose values most customers have.

    Raises
    ------
    DataError
        If customers have none of the keys of the export, or the preset cannot read it.
    """
    keys = load_presets()[preset.name].tables[preset.table].identified_by
    key, form = _key(backend, sample, keys, customers, theirs, own=own)
    place = {"path": sample.path}
    tables = {"customers": place, preset.table: place | {"preset": preset.name, "identified_by": form}}
    config = ProjectConfig.model_validate({"name": "init", "output": ".", "tables": tables})
    source = replace(sample.source, scan=sample.rows, notes=())
    read = apply_preset(backend, preset.table, source, config)
    columns = dict(read.config.columns)
    return Export(read.source, columns, replace(key, column=columns[CUSTOMER], form=form))


def _key(
    backend: GuardedBackend,
    sample: Sample,
    keys: tuple[PresetKey, ...],
    customers: Source,
    theirs: Mapping[str, Column],
    *,
    own: str,
) -> tuple[Key, str | None]:
    """Return the key of the export with the largest share of values among the customers', and its name."""
    there = Columns(sample.source.types, sample.source.types)
    mails = [name for name, column in theirs.items() if column.unique and column.emails > LEAST_SHARE]
    best: Key | None = None
    for key in keys:
        found = there.find(key.columns)
        if found is None:
            continue
        for other in [own] if key.key is None else mails if key.key == EMAIL else []:
            ours = clean_text(found.sql)
            share = share_of(backend, sample.rows, ours, customers, theirs[other], emails=key.key == EMAIL)
            if share >= LEAST_SHARE and (best is None or share > best.share):
                best = Key(found.name, other, share, key.key)
    if best is None:
        names = ", ".join(key.key or "their own ids" for key in keys)
        raise DataError(
            f"the export must identify customers of {customers.name} by one of {names}; got none of their values."
            " Add a column with it to the list of customers."
        )
    return best, best.form
