"""One writer at a time: a lock on a file beside the database of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from silentnps.errors import ModelError
from silentnps.storage.lock import file_lock


@contextmanager
def store_lock(database: Path | None, *, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of the file `database` during the block; without one do nothing.

    Raises
    ------
    ModelError
        If another process holds it for more than `wait_seconds`, or the file of the lock cannot be made or locked.
    """
    if database is None:
        yield
        return
    lock = file_lock(database.with_name(f"{database.name}.lock"), wait_seconds=wait_seconds)
    _acquire(lock)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock) -> None:
    try:
        lock.acquire()
    except Timeout:
        raise ModelError(
            f"the store must be free to write within {lock.timeout:g} s; got the lock {lock.lock_file} of another "
            "process. Wait until its training is done, and start again."
        ) from None
    except OSError as error:
        raise ModelError(
            f"the folder of the store must be writable; got {error.strerror or error} at {lock.lock_file}. "
            "Free it, or choose another store (tracking.uri)."
        ) from None
