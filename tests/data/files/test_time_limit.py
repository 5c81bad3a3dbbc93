"""What takes too long is interrupted, whatever else runs; what ends in time is not."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress

from silentnps.data.files.time_limit import interrupted_after

LONG = 600.0


def watchers() -> int:
    return sum(thread.name == "silentnps time limit" for thread in threading.enumerate())


def test_a_block_that_does_not_end_is_interrupted_once() -> None:
    told = threading.Semaphore(0)
    with interrupted_after(0.01, lambda: told.release()):
        assert told.acquire(timeout=60)
        assert not told.acquire(timeout=0.1)


def test_an_earlier_end_than_those_watched_is_kept() -> None:
    told = threading.Event()
    with interrupted_after(LONG, lambda: None), interrupted_after(0.01, told.set):
        assert told.wait(60)


def test_what_ended_is_forgotten_also_by_an_error() -> None:
    class Query:
        def interrupt(self) -> None:
            raise AssertionError

    for error in (None, ZeroDivisionError):
        query = Query()
        kept = weakref.ref(query)
        with suppress(ZeroDivisionError), interrupted_after(LONG, query.interrupt):
            if error:
                raise error
        del query
        assert kept() is None


def test_one_thread_watches_all() -> None:
    for _ in range(50):
        with interrupted_after(LONG, lambda: None), interrupted_after(LONG, lambda: None):
            assert watchers() == 1
