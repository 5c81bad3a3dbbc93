"""Independent computations on several cores of one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import joblib
from threadpoolctl import threadpool_limits

_Result = TypeVar("_Result")


def in_threads(calls: Iterable[Callable[[], _Result]], *, n_jobs: int = 1) -> Iterator[_Result]:
    """Yield the results of calls in their order, computing `n_jobs` at a time.

    Threads share the data, and start at once: NumPy and LightGBM do their work outside Python's lock. Each call is
    computed by one thread, whatever `n_jobs`, as sums on several differ in their last bits.
    """
    with threadpool_limits(limits=1):
        parallel = joblib.Parallel(n_jobs=n_jobs, backend="threading", return_as="generator")
        yield from parallel(joblib.delayed(call)() for call in calls)
