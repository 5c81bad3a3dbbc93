"""Calls in threads: results in order, one thread of BLAS each, errors passed on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from silentnps.numerics import parallel
from silentnps.numerics.parallel import both, in_threads, one_thread


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("n_jobs", [1, 2, 4])
def test_results_come_in_the_order_of_the_calls(n_jobs: int):
    calls: list[Callable[[], int]] = [partial(pow, i, 2) for i in range(20)]
    assert list(in_threads(calls, n_jobs=n_jobs)) == [i**2 for i in range(20)]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_each_call_has_one_thread_of_blas_and_the_caller_his_own_again(n_jobs: int):
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        assert before == {2}
        assert list(in_threads([blas_threads] * 4, n_jobs=n_jobs)) == [{1}] * 4
        assert blas_threads() == before


def test_a_block_has_one_thread_and_the_caller_his_own_again_after_an_error_too(monkeypatch: pytest.MonkeyPatch):
    with threadpool_limits(limits=2, user_api="blas"):
        with one_thread(), one_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {2}
        with pytest.raises(ZeroDivisionError), one_thread():
            divmod(blas_threads() == {1}, 0)
        monkeypatch.setitem(sys.modules, "just_imported", sys)  # after an import, libraries are looked for again
        looked = parallel._controller.cache_info().misses
        with one_thread():
            assert blas_threads() == {1}
        assert parallel._controller.cache_info().misses == looked + 1
        assert blas_threads() == {2}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_reaches_the_caller(n_jobs: int):
    with pytest.raises(ZeroDivisionError):
        list(in_threads([partial(divmod, 1, 1), partial(divmod, 1, 0)], n_jobs=n_jobs))


def test_whoever_stops_reading_waits_for_no_call():
    release, ended = threading.Event(), []

    def wait() -> None:
        release.wait(60)
        ended.append(1)

    results = in_threads([lambda: None, *[wait] * 8], n_jobs=2)
    next(results)
    results.close()
    assert ended == []
    release.set()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_calls_are_made_as_their_results_are_taken(n_jobs: int):
    made: list[int] = []

    def calls() -> Iterator[Callable[[], int]]:
        for i in range(100):
            made.append(i)
            yield partial(abs, i)

    results = in_threads(calls(), n_jobs=n_jobs)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert len(made) < 12
    results.close()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_both_results_come_in_order_and_the_error_of_either_reaches_the_caller(n_jobs: int):
    assert both(lambda: "first", lambda: 2, n_jobs=n_jobs) == ("first", 2)
    for calls in ((partial(divmod, 1, 0), partial(divmod, 1, 1)), (partial(divmod, 1, 1), partial(divmod, 1, 0))):
        with pytest.raises(ZeroDivisionError):
            both(*calls, n_jobs=n_jobs)


def test_both_calls_run_at_the_same_time():
    meeting = threading.Barrier(2)
    places = both(lambda: meeting.wait(60), lambda: meeting.wait(60), n_jobs=2)
    assert sorted(places) == [0, 1]
