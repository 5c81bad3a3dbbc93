"""A command that is stopped ends its worker processes too."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_PATIENCE_SECONDS = 5.0


@contextmanager
def with_workers() -> Iterator[None]:
    """End the processes that work for this one where a signal ends it within the block.

    Workers would otherwise continue for minutes, unseen. Files are written whole or not at all, so there is nothing
    to wait for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    with _handled(_end):
        yield


@contextmanager
def ended_by(program: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a program with the block, and where a signal ends this process within it.

    It must have been started in a new session: the processes that it started end with it.
    """

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    try:
        with _handled(end):
            yield program
    finally:
        _stop(program)


def _stop(program: subprocess.Popen[bytes]) -> None:
    """Ask a program and all that it started to end, and end what does not."""
    for name in ("SIGTERM", "SIGKILL"):
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, getattr(signal, name))
        else:
            program.terminate()
        with suppress(subprocess.TimeoutExpired):
            program.wait(timeout=_PATIENCE_SECONDS)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _end(number: int, frame: FrameType | None) -> None:
    for child in multiprocessing.active_children():
        if child.pid is not None:
            with suppress(ProcessLookupError):  # by its number: workers of joblib cannot `kill`
                os.kill(child.pid, _KILL)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
