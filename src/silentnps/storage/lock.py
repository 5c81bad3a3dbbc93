"""Locks on files, which the operating system releases when the process that holds them ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from silentnps.errors import DataError


@contextmanager
def write_lock(target: Path, *, lock: Path | None = None) -> Iterator[None]:
    """Hold the lock of `target` during the block: the file `lock`, by default one beside `target`.

    Raises
    ------
    DataError
        If another process or thread holds it, or the file cannot be made or locked.
    """
    held = file_lock(lock or target.with_name(f"{target.name}.lock"))
    _acquire(held, target)
    try:
        yield
    finally:
        held.release()


def file_lock(path: Path, *, wait_seconds: float = 0.0) -> FileLock:
    """Return a lock on a file, not yet acquired; acquiring it makes the file and its folder.

    `acquire` raises `filelock.Timeout` if somebody else still holds it after `wait_seconds`, and OSError if the
    file cannot be opened or its file system has no locks.
    """
    # The library's substitute on file systems without locks, a file that exists, would outlive a killed process.
    return FileLock(path, timeout=wait_seconds, poll_interval=0.1, fallback_to_soft=False)


def _acquire(lock: FileLock, target: Path) -> None:
    try:
        lock.acquire()
    except Timeout:
        raise DataError(
            f"{target} must be written by one job at a time; got the lock {lock.lock_file} of another process. "
            "Wait until it is done."
        ) from None
    except OSError as error:
        words = error.strerror or error
        if error.filename is not None:  # opening a file names it; locking an open one does not
            raise DataError(
                f"{target.parent} must be writable; got {words}. Free it, or choose another `output`."
            ) from None
        raise DataError(
            f"{lock.lock_file} must be lockable; got {words}. Choose an `output` on a disk of this machine."
        ) from None
