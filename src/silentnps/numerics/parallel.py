"""Independent computations on several cores of one process."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

_Result = TypeVar("_Result")
_Other = TypeVar("_Other")

_AHEAD = 2
"""Calls of each thread whose results may wait to be taken, so that a slow one keeps no other thread idle."""


def one_thread() -> AbstractContextManager[Any]:
    """Return a block in which the libraries of linear algebra compute with one thread in this process.

    Their threads would wait for each other where matrices are small, and sum in another order on another number of
    cores.
    """
    limited: AbstractContextManager[Any] = _controller(len(sys.modules)).limit(limits=1)
    return limited


@lru_cache(maxsize=1)
def _controller(n_imported: int) -> ThreadpoolController:
    """Return what limits the loaded libraries. Looking for them takes milliseconds, so only after imports."""
    return ThreadpoolController()


def in_threads(calls: Iterable[Callable[[], _Result]], *, n_jobs: int = 1) -> Iterator[_Result]:
    """Yield the results of calls in their order, computing `n_jobs` at a time.

    Threads share the data, and start at once: NumPy and LightGBM do their work outside Python's lock. Each call is
    computed by one thread, whatever `n_jobs`, as sums on several differ in their last bits.
    """
    with one_thread():
        if n_jobs == 1:
            for call in calls:
                yield call()
        else:
            yield from _in_pool(calls, n_jobs)


def both(first: Callable[[], _Result], second: Callable[[], _Other], *, n_jobs: int = 1) -> tuple[_Result, _Other]:
    """Return the results of two calls, computed at the same time if `n_jobs` is 2 or more; see `in_threads`."""
    if n_jobs == 1:
        return first(), second()
    with one_thread(), ThreadPoolExecutor(1) as pool:
        beside = pool.submit(second)
        return first(), beside.result()


def _in_pool(calls: Iterable[Callable[[], _Result]], n_jobs: int) -> Iterator[_Result]:
    pool = ThreadPoolExecutor(n_jobs)
    submitted: deque[Future[_Result]] = deque()
    try:
        for call in calls:
            submitted.append(pool.submit(call))
            if len(submitted) > _AHEAD * n_jobs:
                yield submitted.popleft().result()
        while submitted:
            yield submitted.popleft().result()
    except GeneratorExit:  # nobody reads on: perhaps the garbage collector calls, in any thread; it must not wait
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
