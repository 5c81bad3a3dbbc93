"""What takes too long is interrupted, by one thread for all of a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class _Watcher:
    """The blocks that run, by number: until when they may, on the monotonic clock, and what interrupts them."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    ends: dict[int, tuple[float, Callable[[], None]]] = field(default_factory=dict)
    thread: threading.Thread | None = None
    wakes_at: float = 0.0
    n_started: int = 0

    def add(self, end: float, interrupt: Callable[[], None]) -> int:
        """Watch a block from now on; return its number."""
        with self.changed:
            self.n_started += 1
            self.ends[self.n_started] = end, interrupt
            if self.thread is None or not self.thread.is_alive():  # none runs yet, or none in a forked process
                self.wakes_at = 0.0
                self.thread = threading.Thread(target=self._watch, name="silentnps time limit", daemon=True)
                self.thread.start()
            elif end < self.wakes_at:
                self.changed.notify()
            return self.n_started

    def remove(self, number: int) -> None:
        """Forget a block; it is not interrupted afterwards."""
        with self.changed:
            self.ends.pop(number, None)

    def _watch(self) -> None:
        with self.changed:
            while True:
                now = time.monotonic()
                for number in [number for number, (end, _) in self.ends.items() if end <= now]:
                    self.ends.pop(number)[1]()
                self.wakes_at = min((end for end, _ in self.ends.values()), default=float("inf"))
                self.changed.wait(None if self.wakes_at == float("inf") else self.wakes_at - now)


_WATCHER = _Watcher()


@contextmanager
def interrupted_after(seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` once, in another thread, if the block still runs after `seconds`."""
    number = _WATCHER.add(time.monotonic() + seconds, interrupt)
    try:
        yield
    finally:
        _WATCHER.remove(number)
