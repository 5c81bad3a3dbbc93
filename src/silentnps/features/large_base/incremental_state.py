"""What a run of features leaves on disk for the next one: the rows by bucket, and the parts built from them."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from silentnps.errors import DataError
from silentnps.features.large_base.bucket_store import BucketStore, Chunk
from silentnps.features.large_base.bucketed_build import Base
from silentnps.storage.atomic import replace_file

_STATE = "state.json"


@dataclass(frozen=True)
class IncrementalState:
    """The rows that earlier runs stored, the number of the last run, and size and time of its parts of features."""

    store: BucketStore
    run: int
    parts: dict[str, list[int]]

    def describes(self, features: Path) -> bool:
        """Return whether the features in a folder are those that the last run wrote."""
        return bool(self.parts) and self.parts == _stamps(features)


def read_state(folder: Path, base: Base) -> IncrementalState | None:
    """Return the state that earlier runs of the same features left; None if there is none that can be used."""
    try:
        values = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        if values["key"] != base.key:
            return None
        chunks = {
            name: tuple(Chunk(chunk["folder"], tuple(chunk["months"]), chunk["only"]) for chunk in chunks_of_table)
            for name, chunks_of_table in values["chunks"].items()
        }
        store = BucketStore(base.connection, folder, int(values["buckets"]), base.columns, chunks)
        state = IncrementalState(store, int(values["run"]), dict(values["parts"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # a state that cannot be read is built again
    _remove_unused_chunks(store)
    return state


def save_state(store: BucketStore, base: Base, run: int, features: Path) -> None:
    """Save the state after a run and remove the chunks that no longer count.

    Raises
    ------
    DataError
        If the state cannot be written.
    """
    values = {
        "key": base.key,
        "buckets": store.buckets,
        "run": run,
        "chunks": {name: [asdict(chunk) for chunk in chunks] for name, chunks in store.chunks.items()},
        "parts": _stamps(features),
    }
    text = json.dumps(values, indent=1)
    replace_file(store.folder / _STATE, lambda path: path.write_text(text, encoding="utf-8"))
    _remove_unused_chunks(store)


def clear_state(folder: Path) -> None:
    """Make the folder empty; its former state no longer counts even if this is interrupted.

    Raises
    ------
    DataError
        If the folder cannot be made.
    """
    try:
        (folder / _STATE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The folder {folder} cannot be made ({error.strerror or error}). "
            "Remove what is in its place, or allow writing there."
        ) from None


def _remove_unused_chunks(store: BucketStore) -> None:
    """Remove the folders of chunks that no table uses: superseded chunks and those of a run that was killed."""
    used = {store.folder / chunk.folder for chunks in store.chunks.values() for chunk in chunks}
    for folder in store.folder.glob("*/*"):
        if folder.is_dir() and folder not in used:
            shutil.rmtree(folder, ignore_errors=True)


def _stamps(features: Path) -> dict[str, list[int]]:
    if not features.is_dir():
        return {}
    stamps = {path.name: path.stat() for path in sorted(features.glob("part-*.parquet"))}
    return {name: [stamp.st_size, stamp.st_mtime_ns] for name, stamp in stamps.items()}
