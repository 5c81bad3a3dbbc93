"""What takes too long is interrupted, by one thread for all of a process.

How long a block takes is measured in processor time, since on a busy machine the clock goes on while it waits for a
processor, and by the clock, since other threads of the process use processors too.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_PATIENCE = 30.0
"""So many times its seconds a block may take by the clock if it only waits, as for a blocked pipe."""

_SHORTEST_WAIT = 0.05
"""The share of its seconds for which a block is not looked at again."""

_PROCESSORS = os.cpu_count() or 1


def seconds_to_wait(seconds: float, *, passed: float, worked: float, processors: int = _PROCESSORS) -> float:
    """Return after how many seconds a block may have to be interrupted; 0.0 if now.

    Parameters
    ----------
    seconds
        How long the block may take.
    passed
        Seconds since it began, by the clock.
    worked
        Seconds of processor time that the process has used since then, of all its threads together.
    processors
        How many seconds of processor time may pass in one second.

    Examples
    --------
    >>> seconds_to_wait(20.0, passed=25.0, worked=21.0)
    0.0
    >>> seconds_to_wait(20.0, passed=25.0, worked=16.0, processors=2)
    2.0
    """
    longest = _PATIENCE * seconds - passed
    if longest <= 0 or min(passed, worked) >= seconds:
        return 0.0
    soonest = max(seconds - passed, (seconds - worked) / processors, _SHORTEST_WAIT * seconds)
    return min(soonest, longest)


@dataclass(frozen=True)
class _Block:
    """A block that runs: how many seconds it may take, what interrupts it, and what the clocks said as it began."""

    seconds: float
    interrupt: Callable[[], None]
    began: float = field(default_factory=time.monotonic)
    worked: float = field(default_factory=time.process_time)

    def seconds_to_wait(self) -> float:
        passed, worked = time.monotonic() - self.began, time.process_time() - self.worked
        return seconds_to_wait(self.seconds, passed=passed, worked=worked)


@dataclass
class _Watcher:
    """The blocks that run, by number."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    blocks: dict[int, _Block] = field(default_factory=dict)
    thread: threading.Thread | None = None
    wakes_at: float = 0.0
    n_started: int = 0

    def add(self, block: _Block) -> int:
        """Watch a block from now on; return its number."""
        with self.changed:
            self.n_started += 1
            self.blocks[self.n_started] = block
            if self.thread is None or not self.thread.is_alive():  # none runs yet, or none in a forked process
                self.wakes_at = 0.0
                self.thread = threading.Thread(target=self._watch, name="silentnps time limit", daemon=True)
                self.thread.start()
            elif block.began + block.seconds < self.wakes_at:
                self.changed.notify()
            return self.n_started

    def remove(self, number: int) -> None:
        """Forget a block; it is not interrupted afterwards."""
        with self.changed:
            self.blocks.pop(number, None)

    def _watch(self) -> None:
        with self.changed:
            while True:
                waits = {number: block.seconds_to_wait() for number, block in self.blocks.items()}
                for number in [number for number, wait in waits.items() if wait == 0.0]:
                    waits.pop(number)
                    self.blocks.pop(number).interrupt()
                wait = min(waits.values(), default=float("inf"))
                self.wakes_at = time.monotonic() + wait
                self.changed.wait(None if wait == float("inf") else wait)


_WATCHER = _Watcher()


@contextmanager
def interrupted_after(seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` once, in another thread, if the block still runs after `seconds`.

    They have passed when both the clock and the processor time of the process say so, or by the clock thirty times
    over: no block is interrupted because other programs kept the processors, or because other threads used them.
    """
    number = _WATCHER.add(_Block(seconds, interrupt))
    try:
        yield
    finally:
        _WATCHER.remove(number)
