"""What a run of features keeps on disk for the next one: the rows by bucket, and of which parts they became."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from silentnps.errors import DataError
from silentnps.features.large_base.bucket_store import Events, Piece
from silentnps.features.large_base.bucketed_build import Base
from silentnps.storage.atomic import replace_file

_STATE = "state.json"


@dataclass(frozen=True)
class Kept:
    """Rows of an earlier run, how many runs there were, and the size and time of each part of features then."""

    events: Events
    run: int
    parts: dict[str, list[int]]

    def still(self, features: Path) -> bool:
        """Return whether the features in a folder are those of the earlier run."""
        return bool(self.parts) and self.parts == _stamps(features)


def read_kept(folder: Path, base: Base) -> Kept | None:
    """Return what an earlier run of the same features kept; None if there is nothing that can be used."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        if state["key"] != base.key:
            return None
        pieces = {
            name: tuple(Piece(each["folder"], tuple(each["months"]), each["only"]) for each in own)
            for name, own in state["pieces"].items()
        }
        events = Events(base.connection, folder, int(state["buckets"]), base.columns, pieces)
        kept = Kept(events, int(state["run"]), dict(state["parts"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # what cannot be read is made anew
    _sweep(events)
    return kept


def keep(events: Events, base: Base, run: int, features: Path) -> None:
    """Note what is kept after a run, and remove the pieces that no longer count; DataError if that cannot be."""
    state = {
        "key": base.key,
        "buckets": events.buckets,
        "run": run,
        "pieces": {name: [asdict(piece) for piece in own] for name, own in events.pieces.items()},
        "parts": _stamps(features),
    }
    text = json.dumps(state, indent=1)
    replace_file(events.folder / _STATE, lambda path: path.write_text(text, encoding="utf-8"))
    _sweep(events)


def forget(folder: Path) -> None:
    """Leave an empty folder; what was kept there no longer counts even if this is interrupted.

    Raises
    ------
    DataError
        If there can be no such folder.
    """
    try:
        (folder / _STATE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be made ({error.strerror or error}). Free the path, or rights there."
        ) from None


def _sweep(events: Events) -> None:
    """Remove pieces that no table counts: superseded ones, and those of a run that was killed."""
    counted = {events.folder / piece.folder for own in events.pieces.values() for piece in own}
    for piece in events.folder.glob("*/*"):
        if piece.is_dir() and piece not in counted:
            shutil.rmtree(piece, ignore_errors=True)


def _stamps(features: Path) -> dict[str, list[int]]:
    if not features.is_dir():
        return {}
    found = {path.name: path.stat() for path in sorted(features.glob("part-*.parquet"))}
    return {name: [stamp.st_size, stamp.st_mtime_ns] for name, stamp in found.items()}
