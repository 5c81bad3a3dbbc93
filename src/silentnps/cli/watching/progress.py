"""Progress on stderr: one bar for the whole job on a terminal, a line for each step anywhere else."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.live import Live
from rich.text import Text

from silentnps.cli.watching.job import Job
from silentnps.cli.watching.plain import PlainConsole, shown
from silentnps.workflow.watch import Watch

SILENT_SECONDS = 15.0
"""A log gets a line after so many seconds without one."""

_BEAT_SECONDS = 1.0
_REDRAWN_PER_SECOND = 4
_WORTH_SAYING_SECONDS = 2.0
"""A shorter time is not told."""

_SETTLED_SECONDS = 3.0
"""Before that nobody can say how long the rest takes."""

_LEAST_BAR, _MOST_BAR = 8, 40


class Lines:
    """A `Watch` for a log: a line for each step, and one now and then within a long step."""

    def __init__(self, job: Job, console: PlainConsole) -> None:
        self._job, self._console = job, console
        self._lock = threading.RLock()
        self._written = self._named = job.elapsed

    def say(self, text: str) -> None:
        """Write a line."""
        with self._lock:
            self._console.print(text, style="dim")
            self._written = self._job.elapsed

    def step(self, name: str) -> None:
        """Begin a step."""
        with self._lock:
            self._begun(name, self._job.begin)

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        """Expect a step of so many parts; the function that is returned counts them."""
        with self._lock:
            self._job.expect(title, total)
        return partial(self._count, title)

    def beat(self) -> None:
        """Write where the job is, if nothing was written for long."""
        with self._lock:
            if self._job.elapsed - self._written >= SILENT_SECONDS:
                seconds = self._job.elapsed - self._named
                is_told = 0 < self._job.n_done < self._job.n_parts or seconds < _WORTH_SAYING_SECONDS
                self._write(self._job.words + ("" if is_told else f", {duration(seconds)} so far"))

    def end(self) -> None:
        """Say that the job is done."""
        with self._lock:
            if self._job.elapsed >= _WORTH_SAYING_SECONDS:
                self._write("done")

    def _count(self, name: str, parts: int) -> None:
        with self._lock:
            self._begun(name, lambda step: self._job.count(step, parts))
            self.beat()

    def _begun(self, name: str, begin: Callable[[str], bool]) -> None:
        if name != self._job.name:
            self._named = self._job.elapsed
        if begin(name):
            self._write(name)

    def _write(self, words: str) -> None:
        self.say(f"{duration(self._job.elapsed)} {words}")


class Bar:
    """A `Watch` for a terminal: one line at its end with the present step and the time left, news above it."""

    def __init__(self, job: Job, console: PlainConsole) -> None:
        self._job, self._console = job, console
        self._lock = threading.RLock()
        self.live = Live(
            get_renderable=self._line,
            console=console,
            refresh_per_second=_REDRAWN_PER_SECOND,
            transient=True,
            redirect_stdout=False,  # results are for stdout, which may be a file
        )

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(text, style="dim")

    def step(self, name: str) -> None:
        """Begin a step."""
        with self._lock:
            self._job.begin(name)

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        """Expect a step of so many parts; the function that is returned counts them."""
        with self._lock:
            self._job.expect(title, total)
        return partial(self._count, title)

    def end(self) -> None:
        """Say how long the job took."""
        if self._job.elapsed >= _WORTH_SAYING_SECONDS:
            self.say(f"done in {duration(self._job.elapsed)}")

    def _count(self, name: str, parts: int) -> None:
        with self._lock:
            self._job.count(name, parts)

    def _line(self) -> Text:
        with self._lock:
            # the last column stays free: some terminals begin a new line after it
            return line_of(self._job, self._console.width - 1, plain=self._console.options.ascii_only)


@contextmanager
def watched(job: Job, console: PlainConsole) -> Iterator[Watch]:
    """Show the progress of a job for the duration of the block; its end is announced unless an error ends it."""
    watch = Bar(job, console) if moves(console) else Lines(job, console)
    with watch.live if isinstance(watch, Bar) else beating(watch.beat):
        yield watch
    watch.end()


def moves(console: PlainConsole) -> bool:
    """Return whether a console is a terminal on which a line can be written again."""
    return console.is_interactive and not console.is_dumb_terminal and console.file.isatty()


@contextmanager
def beating(beat: Callable[[], None]) -> Iterator[None]:
    """Call a function every second, in a thread that ends with the block."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(_BEAT_SECONDS):
            beat()

    thread = threading.Thread(target=run, name="silentnps progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def line_of(job: Job, width: int, *, plain: bool = False) -> Text:
    """Return the line of a bar, at most so wide: time, step, bar, share and time left, as far as there is room."""
    head, share = f"{duration(job.elapsed)} {shown(job.words)}", job.share
    if share is None:
        return Text(_cut(head, width))
    left = words_left(job)
    percent = f"{100 * share:.0f} %"
    tails = [f"{percent}, about {left}", f"about {left}", left] if left else []
    tails.append(percent)
    room = width - len(head) - len(tails[0]) - 4
    if room >= _LEAST_BAR:
        return Text.assemble(head, "  ", *_bar(share, min(room, _MOST_BAR), plain), "  ", tails[0])
    tail = next((tail for tail in tails if len(head) + 2 + len(tail) <= width), percent)
    return Text(f"{_cut(head, width - len(tail) - 2)}  {tail}")


def words_left(job: Job) -> str:
    """Return the time that is left, such as `4 min left`, rounded up; empty while it is not known."""
    seconds = job.seconds_left
    if seconds is None or job.elapsed < _SETTLED_SECONDS:
        return ""
    if seconds <= 50:
        return f"{10 * max(math.ceil(seconds / 10), 1)} s left"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min left" if minutes < 100 else f"{math.ceil(minutes / 60)} h left"


def duration(seconds: float) -> str:
    """Return seconds as a clock shows them.

    Examples
    --------
    >>> duration(42.9), duration(3723)
    ('0:42', '1:02:03')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bar(share: float, width: int, plain: bool) -> tuple[tuple[str, str], tuple[str, str]]:
    done, open_ = ("#", ".") if plain else ("━", "─")
    n = round(share * width)
    return (done * n, "cyan"), (open_ * (width - n), "dim")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."
