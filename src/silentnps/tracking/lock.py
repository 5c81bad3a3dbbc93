"""One writer at a time: a lock on a file beside the database, released by the system when its holder dies."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silentnps.errors import ModelError
from silentnps.storage.lock import open_lock, take_lock

_PAUSE_SECONDS = 0.1


@contextmanager
def locked(path: Path | None, *, seconds: float) -> Iterator[None]:
    """Hold the lock of the file `path` for the block; without a path do nothing.

    Raises
    ------
    ModelError
        If somebody else holds it for more than `seconds`, or the file of the lock cannot be written.
    """
    if path is None:
        yield
        return
    lock = path.with_name(f"{path.name}.lock")
    file = _opened(lock)
    try:
        _wait_for(file, lock, seconds)
        yield
    finally:
        os.close(file)


def _opened(lock: Path) -> int:
    try:
        return open_lock(lock)
    except OSError as error:
        raise ModelError(
            f"the folder of the store must be writable; got {error.strerror} at {lock}. "
            "Free it, or choose another store (tracking.uri)."
        ) from None


def _wait_for(file: int, lock: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not take_lock(file):
        if time.monotonic() > end:
            raise ModelError(
                f"the store must be free to write within {seconds:g} s; got the lock {lock} of another process. "
                "Wait until its training is done, and start again."
            )
        time.sleep(_PAUSE_SECONDS)
