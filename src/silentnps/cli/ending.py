"""The end of a command: its worker processes end with it where it is stopped, and nothing is freed in vain."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_PATIENCE_SECONDS = 5.0


@contextmanager
def at_once() -> Iterator[None]:
    """End the process soon after a command that ends in the block, without freeing what it imported.

    Python frees a million objects one after the other, which takes most of a second and helps nobody. What ends by
    an error of the program, or cannot write its output, is left to Python. The process must have nothing else to do
    after the block: it ends with the code of the command.
    """

    def end() -> None:
        if code is not None:
            with suppress(OSError, ValueError):  # a full disk; a stream that is closed
                for stream in (sys.stdout, sys.stderr):
                    if stream is not None:  # as where a program starts without one
                        stream.flush()
                os._exit(code)

    code: int | None = None
    atexit.register(end)  # before all others of the command, so that it is called after them
    try:
        yield
    except SystemExit as ended:
        code = 0 if ended.code is None else ended.code if isinstance(ended.code, int) else 1
        raise


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
    from subprocess import TimeoutExpired

    for name in ("SIGTERM", "SIGKILL"):
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, getattr(signal, name))
        else:
            program.terminate()
        with suppress(TimeoutExpired):
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
    loaded = sys.modules.get("multiprocessing")  # imports within a signal may meet one that is half done
    for child in getattr(loaded, "active_children", list)():
        if child.pid is not None:
            with suppress(ProcessLookupError):  # by its number: workers of joblib cannot `kill`
                os.kill(child.pid, _KILL)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
