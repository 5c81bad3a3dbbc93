"""How the C library keeps the memory of many threads."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_ARENA_MAX = -8
"""The number of glibc's option M_ARENA_MAX in malloc.h."""

_HEAPS = 2


def share_heaps() -> None:
    """Let all threads take memory from two heaps, where the C library is glibc; elsewhere do nothing.

    glibc gives threads heaps of their own, up to eight for each core. What is freed in one is of no use to the
    others, and each keeps the most that it ever held: half a gigabyte for the training of 20,000 customers. The
    variable MALLOC_ARENA_MAX is obeyed.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_ARENA_MAX, _HEAPS)


def return_free_memory() -> None:
    """Give memory that was freed back to the system, where the C library is glibc; elsewhere do nothing.

    glibc keeps what is freed below the last block in use, gigabytes after a bootstrap of a large base.
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
