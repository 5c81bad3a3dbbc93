"""A lock on a file, released by the system when its holder dies."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path


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
