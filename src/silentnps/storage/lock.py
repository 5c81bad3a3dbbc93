"""A lock on a file, released by the system when its holder dies."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silentnps.errors import DataError


@contextmanager
def alone(target: Path, *, lock: Path | None = None) -> Iterator[None]:
    """Hold the lock of `target` while the block lasts: the file `lock`, or one beside it.

    Raises
    ------
    DataError
        If another process holds it, or none can be had there.
    """
    lock = lock or target.with_name(f"{target.name}.lock")
    try:
        file = open_lock(lock)
    except OSError as error:
        raise DataError(
            f"{target.parent} must be writable; got {error.strerror or error}. Free it, or choose another `output`."
        ) from None
    try:
        if not _taken(file, lock):
            raise DataError(
                f"{target} must be written by one job at a time; got the lock {lock} of another process. "
                "Wait until it is done."
            )
        yield
    finally:
        os.close(file)


def _taken(file: int, lock: Path) -> bool:
    try:
        return take_lock(file)
    except OSError as error:
        raise DataError(
            f"{lock} must be lockable; got {error.strerror or error}. Choose an `output` on a disk of this machine."
        ) from None


def open_lock(path: Path) -> int:
    """Open the file of a lock, which is made if it is not there; OSError where that cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def take_lock(file: int) -> bool:
    """Take the lock of an open file, without waiting; False if another process holds it, OSError if none can be."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EAGAIN, errno.EACCES, errno.EDEADLK}:
            raise  # such as a file system without locks
        return False
    return True
