"""Files that other programs exported, recognised by presets, and what these read in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from silentnps.config import ProjectConfig
from silentnps.data.exports.apply import apply_preset, whole_rows
from silentnps.data.exports.columns import QUESTION, Columns
from silentnps.data.exports.load import load_presets
from silentnps.data.exports.preset import Key as PresetKey
from silentnps.data.exports.preset import Preset
from silentnps.data.exports.questions import Candidate, candidates, described
from silentnps.data.exports.recognise import known_by, recognise
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.opening.scan import Source
from silentnps.data.values.casts import clean_text
from silentnps.errors import DataError
from silentnps.workflow.onboarding.keys import EMAIL, LEAST_SHARE, Key, share_of
from silentnps.workflow.onboarding.mapping import CUSTOMER
from silentnps.workflow.onboarding.profiles import Column
from silentnps.workflow.onboarding.samples import Sample

_RATING = "rating"
_CHANCE = 1e8
"""Numbers below this may be those of anything that is counted."""


@dataclass(frozen=True)
class Recognised:
    """The preset that recognises a file, a table that it gives, and the columns by which it is known.

    `joined` has the further files of the export, `questions` those that the ratings may answer, the likeliest
    first; there are none where the preset knows the question.
    """

    name: str
    table: str
    recognised_by: tuple[str, ...]
    joined: Mapping[str, Sample]
    questions: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Export:
    """What a preset reads in a sample: the rows, the column there of each canonical one, the key, the preset."""

    source: Source
    columns: dict[str, str]
    key: Key
    preset: Recognised


def recognised(sample: Sample, samples: Sequence[Sample]) -> list[Recognised]:
    """Return the preset that recognises a file best, once for each table that it gives; none if none does.

    `samples` are all files, among which the further ones of the export are.
    """
    matches = recognise(list(sample.source.types), load_presets())
    if not matches:
        return []
    best = matches[0]
    joined = _joined_files(sample, best.preset, samples)
    return [Recognised(best.name, table, best.recognised_by, joined) for table in best.tables]


def _joined_files(sample: Sample, preset: Preset, samples: Sequence[Sample]) -> dict[str, Sample]:
    """Return the further files of an export among other files, by the names that the preset gives them.

    Of several that may be one, the one is taken whose name says so.
    """
    joined: dict[str, Sample] = {}
    for name, join in preset.joins.items():
        fits = [
            other
            for other in samples
            if other is not sample and known_by(join.recognise, Columns(other.source.types, other.source.types))
        ]
        called = name.replace("_", "")
        fits.sort(key=lambda other: called not in other.title.replace(" ", ""))
        if fits:
            joined[name] = fits[0]
    return joined


def read_export(
    backend: GuardedBackend,
    sample: Sample,
    found: Recognised,
    customers: Source,
    theirs: Mapping[str, Column],
    *,
    own: str,
) -> Export:
    """Return what a preset reads in a sample, by the key whose values most customers have.

    It is read whole: what decides about it may be in any row, and further files have rows of their own.

    Raises
    ------
    ConfigError
        If a further file of the export is missing, or it has no ratings from 0 to 10.
    DataError
        If customers have none of the keys of the export, no question has ratings, or the preset cannot read it.
    """
    preset = load_presets()[found.name]
    source = replace(sample.source, notes=())
    opened = {name: other.source for name, other in found.joined.items()}
    config = _config(sample, found, None)
    rows = whole_rows(backend, found.table, source, preset, config, opened=opened).source
    found = replace(found, questions=_questions(backend, rows, preset, found.table))
    keys = preset.tables[found.table].identified_by
    key, form = _key(backend, rows, keys, customers, theirs, own=own)
    read = apply_preset(backend, found.table, source, _config(sample, found, form), opened=opened)
    columns = dict(read.config.columns)
    return Export(read.source, columns, replace(key, column=columns[CUSTOMER], form=form), found)


def _config(sample: Sample, found: Recognised, form: str | None) -> ProjectConfig:
    place = {"path": sample.path}
    question = found.questions[0].name if found.questions else None
    table = place | {"preset": found.name, "identified_by": form, "question": question}
    tables = {"customers": place, found.table: table}
    return ProjectConfig.model_validate({"name": "init", "output": ".", "tables": tables})


def _questions(backend: GuardedBackend, rows: Source, preset: Preset, table: str) -> tuple[Candidate, ...]:
    names = preset.tables[table].columns.get(_RATING, ())
    columns = Columns(rows.types, rows.types)
    if not any(QUESTION in name for name in names) or columns.find(names) is not None:
        return ()
    questions = candidates(backend, rows, names, columns)
    if not questions:
        raise DataError(f"the export must have a question with answers from 0 to 10; got none. {described(())}.")
    return tuple(questions)


def _key(
    backend: GuardedBackend,
    rows: Source,
    keys: tuple[PresetKey, ...],
    customers: Source,
    theirs: Mapping[str, Column],
    *,
    own: str,
) -> tuple[Key, str | None]:
    """Return the key of the export with the largest share of values among the customers', and its name."""
    there = Columns(rows.types, rows.types)
    mails = [name for name, column in theirs.items() if column.unique and column.emails > LEAST_SHARE]
    best: Key | None = None
    for key in keys:
        found = there.find(key.columns)
        if found is None:
            continue
        for other in [own] if key.key is None else mails if key.key == EMAIL else _telling(key.key, theirs):
            ours = clean_text(found.sql)
            share = share_of(backend, rows.scan, ours, customers, theirs[other], emails=key.key == EMAIL)
            if share >= LEAST_SHARE and (best is None or share > best.share):
                best = Key(found.name, other, share, key.key)
    if best is None:
        names = ", ".join(key.key or "their own ids" for key in keys)
        raise DataError(
            f"the export must identify customers of {customers.name} by one of {names}; got none of their values."
            " Add a column with it to the list of customers."
        )
    return best, best.form


def _telling(key: str, theirs: Mapping[str, Column]) -> list[str]:
    """Return the columns of customers that may hold a key of another program, such as stripe_customer.

    Small numbers agree with other small numbers by chance, so they have to be in a column that names the program.
    """
    program = key.split("_")[0]
    return [
        name
        for name, column in theirs.items()
        if column.unique
        and column.emails <= LEAST_SHARE
        and (program in name.lower() or not column.is_number or (column.low or 0) >= _CHANCE)
    ]
