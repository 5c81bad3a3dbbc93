"""A command that is told to end takes its workers with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def with_workers() -> Iterator[None]:
    """End the processes that work for this one where a signal ends it within the block.

    Workers would else finish what they are at, unseen, for minutes. What is written is written at once or not at
    all, so nothing is waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    with _handled(_end):
        yield


@contextmanager
def ended_by(program: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a program with the block, and where a signal ends this process within it."""

    def end(number: int, frame: FrameType | None) -> None:
        program.terminate()
        program.wait()
        sys.exit(128 + number)

    try:
        with _handled(end):
            yield program
    finally:
        if program.poll() is None:
            program.terminate()
            program.wait()


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, own in before.items():
            signal.signal(number, own)


def _end(number: int, frame: FrameType | None) -> None:
    for child in multiprocessing.active_children():
        child.kill()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
