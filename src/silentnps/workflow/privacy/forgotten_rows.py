"""Rows of a customer taken out of the files of a project, each of which stays whole."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from silentnps.errors import DataError
from silentnps.storage.atomic import replace_file
from silentnps.storage.digests import write_digests
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.resumable_job import MANIFEST
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.workflow.artifacts.every_silent import FILES as FILES_OF_SILENT
from silentnps.workflow.artifacts.every_silent import INVITED, PROBABILITIES
from silentnps.workflow.artifacts.features_digest import note_digest
from silentnps.workflow.artifacts.out_of_fold import FILES, TRAINING_ROWS
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import FILES as FILES_OF_REASONS

_ID = "customer_id"
_SENSITIVE = ("rating", "reminders")


@dataclass
class Removal:
    """What is taken out of a project of one customer; nothing is changed where `dry_run`.

    `removed` has the number of rows, or of files, by the file's path in the output folder.
    """

    project: Project
    customer_id: str
    dry_run: bool
    removed: dict[str, int] = field(default_factory=dict)

    def note(self, path: Path, n: int) -> None:
        """Count what was found in a file."""
        if n:
            own = path == self.project.picture_of(self.customer_id)  # its name has the id
            name = "explained/" if own else path.relative_to(self.project.output).as_posix()
            self.removed[name] = self.removed.get(name, 0) + n

    def is_in(self, frame: pd.DataFrame) -> pd.Series:
        """Return which rows of a frame are the customer's."""
        return frame[_ID].astype(str) == self.customer_id


def forget_rows(removal: Removal) -> None:
    """Take a customer out of every file of the project, and delete what a stopped job left behind.

    Raises
    ------
    DataError
        If a file cannot be read or written.
    """
    project = removal.project
    with whole_files(project):
        _forget_training_rows(removal)
        _forget_reasons(removal)
        _forget_features(removal)
        for folder in (project.scores, project.scores_as_of):
            _forget_scores(removal, folder)
        _forget_calls(removal)
        for path in sorted((project.output / "events").rglob("*.parquet")):
            take_from_parquet(removal, path)
        _delete_leftovers(removal)


@contextmanager
def whole_files(project: Project) -> Iterator[None]:
    """Raise DataError if a file cannot be read or written within the block."""
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(
            f"every file below {project.output} must be readable and writable; got {what}. Repair it, or remove "
            "it and make it again, and run `silentnps forget` again."
        ) from None


def take_from_parquet(removal: Removal, path: Path) -> None:
    """Write a Parquet file again without the customer, with its own schema, row groups and order."""
    file = pq.ParquetFile(path)
    if _ID not in file.schema_arrow.names:
        return
    ids = file.read(columns=[_ID])[_ID].cast("string")
    kept = pc.fill_null(pc.not_equal(ids, removal.customer_id), True)
    n = len(kept) - int(pc.sum(kept.cast("int64")).as_py() or 0)
    removal.note(path, n)
    if not n or removal.dry_run:
        return
    size = max(file.metadata.row_group(0).num_rows, 1) if file.metadata.num_row_groups else None
    table = file.read().filter(kept)
    compression = file.metadata.row_group(0).column(0).compression.lower().replace("uncompressed", "none")
    replace_file(path, lambda new: pq.write_table(table, new, compression=compression, row_group_size=size))


def _forget_features(removal: Removal) -> None:
    """Take the customer out of the features; the note of their digest stays that of the training."""
    project = removal.project
    try:
        note = json.loads(project.features_digest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        note = None
    if note is not None and project.every_silent.exists():
        _forget_probabilities(removal, str(note["wave"]))
    for target in (project.features, project.features_as_of):
        for path in _files(target, "parquet"):
            take_from_parquet(removal, path)
    if note is not None and not removal.dry_run and project.features.exists():
        note_digest(project, str(note["wave"]), str(note["digest"]))


def _forget_probabilities(removal: Removal, wave: str) -> None:
    """Take the customer out of the arrays of a large base, which are in the order of its silent customers."""
    ids = [
        pq.read_table(path, columns=[_ID, "respondent"], filters=[("wave", "==", wave)]).to_pandas()
        for path in _files(removal.project.features, "parquet")
    ]
    frame = pd.concat(ids, ignore_index=True)
    kept = ~removal.is_in(frame[~frame["respondent"].astype(bool)]).to_numpy()
    for name in (PROBABILITIES, INVITED):
        path = removal.project.every_silent / name
        values = np.load(path, mmap_mode="r")
        if len(values) != len(kept) or kept.all():
            continue
        removal.note(path, int((~kept).sum()))
        if not removal.dry_run:
            replace_file(path, _saving(np.asarray(values)[kept]))
    if not kept.all() and not removal.dry_run:
        write_digests(removal.project.every_silent, FILES_OF_SILENT)


def _saving(values: Any) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, values)

    return write


def _forget_training_rows(removal: Removal) -> None:
    """Let a stranger without properties stand in the customer's rows of the training.

    Every array of the training is aligned with these rows and every draw depends on their number, so that they
    cannot go: their id becomes random, their features those that are most frequent in the wave, and a rating the
    middle one of its class, which is all that stays.
    """
    path = removal.project.out_of_fold / TRAINING_ROWS
    if not path.exists():
        return
    frame = pd.read_parquet(path)
    own = removal.is_in(frame).to_numpy()
    removal.note(path, int(own.sum()))
    if own.any() and not removal.dry_run:
        changed = as_a_stranger(frame, own)
        replace_file(path, lambda new: write_parquet(changed, new))
        write_digests(path.parent, FILES)


def as_a_stranger(frame: pd.DataFrame, own: np.ndarray[Any, np.dtype[np.bool_]]) -> pd.DataFrame:
    """Return the frame with the rows `own` as of nobody: a random id, usual features, the class of a rating."""
    changed = frame.copy()
    changed[_ID] = changed[_ID].astype(object).mask(own, f"forgotten-{secrets.token_hex(8)}").astype(str)
    for name in changed.columns.difference([_ID, "wave", "as_of", "invited", "respondent", *_SENSITIVE]):
        usual = frame[name][~own].mode(dropna=True)
        value = usual.iloc[0] if len(usual) else None
        changed[name] = _without_lost_levels(changed[name].mask(own, value).astype(frame[name].dtype), frame[name])
    if "rating" in changed:
        ratings = changed["rating"].astype(float)
        middle = ratings.map(lambda rating: rating if rating != rating else 3.0 if rating <= 6 else rating)
        middle = middle.mask(ratings.between(7, 8), 8.0).mask(ratings >= 9, 10.0)
        changed["rating"] = changed["rating"].mask(own, middle).astype(frame["rating"].dtype)
    if "reminders" in changed:
        changed["reminders"] = changed["reminders"].mask(own, np.nan).astype(frame["reminders"].dtype)
    return changed


def _without_lost_levels(column: pd.Series, before: pd.Series) -> pd.Series:
    """Return a column without the levels that it lost: the customer's alone, they would stay in its type."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    lost = set(before.dropna()) - set(column.dropna())
    return column.cat.set_categories([level for level in column.cat.categories if level not in lost])


def _forget_reasons(removal: Removal) -> None:
    """Do the same in the sample that the reasons explain, which has no ids: equal features tell the rows."""
    path = removal.project.reasons / "customers.parquet"
    if not path.exists() or not removal.project.features.exists():
        return
    sample = pd.read_parquet(path)
    parts = [
        pq.read_table(each, filters=[(_ID, "==", removal.customer_id)]).to_pandas()
        for each in _files(removal.project.features, "parquet")
    ]
    own_rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    shared = [name for name in own_rows.columns if name in sample.columns and name != _ID]
    theirs = {_values(row) for row in own_rows[shared].itertuples(index=False)}
    own = np.array([_values(row) in theirs for row in sample[shared].itertuples(index=False)], dtype=np.bool_)
    removal.note(path, int(own.sum()))
    if own.any() and not removal.dry_run:
        changed = as_a_stranger(sample, own).assign(customer_id=sample[_ID])
        replace_file(path, lambda new: write_parquet(changed, new))
        write_digests(path.parent, FILES_OF_REASONS)


def _values(row: Any) -> tuple[str, ...]:
    return tuple("" if pd.isna(value) else _plain(value) for value in row)


def _plain(value: Any) -> str:
    return repr(float(value)) if isinstance(value, bool | int | float | np.number | np.bool_) else str(value)


def _forget_scores(removal: Removal, folder: Path) -> None:
    """Take the customer out of the parts of scores, and make their manifest describe them again."""
    parts = [*_files(folder, "parquet"), *_files(folder, "csv")] if folder.is_dir() else []
    for path in parts:
        take_from_csv(removal, path) if path.suffix == ".csv" else take_from_parquet(removal, path)
    found = any(path.relative_to(removal.project.output).as_posix() in removal.removed for path in parts)
    manifest = folder / MANIFEST
    if removal.dry_run or not found or not manifest.exists():
        return
    values = json.loads(manifest.read_text(encoding="utf-8"))
    values["parts"] = [_described(folder / part["name"]) for part in values["parts"]]
    values["rows"] = sum(part["rows"] for part in values["parts"])
    text = json.dumps(values, indent=1)
    replace_file(manifest, lambda path: path.write_text(text, encoding="utf-8"))


def _described(path: Path) -> dict[str, Any]:
    rows = len(_ids_of_csv(path)) if path.suffix == ".csv" else pq.read_metadata(path).num_rows
    return {"name": path.name, "rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _forget_calls(removal: Removal) -> None:
    project = removal.project
    for path in (project.output / "calls.csv", project.at_risk, project.at_risk_as_of):
        if path.exists():
            take_from_csv(removal, path)


def _ids_of_csv(path: Path) -> pd.DataFrame:
    """Return a written CSV with every cell as it was, as text."""
    columns = tuple(pd.read_csv(path, nrows=0).columns)
    return read_csv(path, text=columns, keep_words=True)


def take_from_csv(removal: Removal, path: Path, *, column: str = _ID) -> None:
    """Write a CSV file again without the customer, whose id is in a column."""
    table = _ids_of_csv(path)
    if column not in table.columns:
        return
    own = table[column].astype(str) == removal.customer_id
    removal.note(path, int(own.sum()))
    if own.any() and not removal.dry_run:
        replace_file(path, lambda new: write_csv(table[~own], new))


def _delete_leftovers(removal: Removal) -> None:
    """Delete what stopped commands left behind, and the picture of the customer."""
    for path in _leftovers(removal):
        removal.note(path, 1)
        if not removal.dry_run:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def _leftovers(removal: Removal) -> Iterator[Path]:
    output = removal.project.output
    names = (".duckdb", ".beside", ".silent", ".features*", ".scores*", ".out_of_fold.*", ".reasons.*")
    for name in (*names, ".events*", ".calls*"):
        yield from sorted(path for path in output.glob(name) if not path.name.endswith(".lock"))
    picture = removal.project.picture_of(removal.customer_id)
    if picture.exists():
        yield picture


def _files(target: Path, kind: str) -> list[Path]:
    if target.is_dir():
        return sorted(target.glob(f"part-*.{kind}"))
    return [target] if os.path.exists(target) and target.suffix == f".{kind}" else []
