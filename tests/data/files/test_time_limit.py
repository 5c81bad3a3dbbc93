"""What takes too long is interrupted, whatever else runs; what ends in time is not."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress

import pytest

from silentnps.data.files.time_limit import interrupted_after, seconds_to_wait

LONG = 600.0


def watchers() -> int:
    return sum(thread.name == "silentnps time limit" for thread in threading.enumerate())


@pytest.mark.parametrize(("passed", "worked"), [(20.0, 20.0), (599.0, 20.0), (600.0, 0.0), (20.0, 1280.0)])
def test_what_used_its_time_is_interrupted(passed: float, worked: float) -> None:
    assert seconds_to_wait(20.0, passed=passed, worked=worked, processors=64) == 0.0


@pytest.mark.parametrize(("passed", "worked"), [(590.0, 19.5), (300.0, 0.0), (0.3, 19.2), (19.0, 1200.0)])
def test_other_programs_and_other_threads_use_no_ones_time(passed: float, worked: float) -> None:
    assert seconds_to_wait(20.0, passed=passed, worked=worked, processors=64) > 0.0


@pytest.mark.parametrize("processors", [1, 2, 64])
@pytest.mark.parametrize("share", [0.02, 0.2, 1.0, 3.0])
def test_it_is_looked_at_again_at_the_end_and_seldom_before(processors: int, share: float) -> None:
    passed, looks = 0.0, 0
    while wait := seconds_to_wait(20.0, passed=passed, worked=share * passed, processors=processors):
        passed, looks = passed + wait, looks + 1
    assert passed == pytest.approx(min(max(20.0, 20.0 / share), 600.0), rel=0.06)
    assert looks <= passed


def test_work_without_an_end_is_interrupted() -> None:
    told = threading.Event()
    with interrupted_after(0.05, told.set):
        while not told.is_set():
            pass


def test_a_block_that_only_waits_is_interrupted_once() -> None:
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
