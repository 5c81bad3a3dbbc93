"""Progress: one line that moves on a terminal, lines with their time in a log; none of it on stdout."""

from __future__ import annotations

import io
import threading

import pytest
from moved_clock import Clock

from silentnps.cli.watching.job import Job
from silentnps.cli.watching.plain import PlainConsole
from silentnps.cli.watching.progress import SILENT_SECONDS, Bar, Lines, beating, line_of, moves, watched, words_left

PLAN = {"reading": 10.0, "cross-fitting": 60.0, "writing": 30.0}


class Terminal(io.StringIO):
    """A text that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def console(file: io.StringIO, width: int = 100, **environment: str) -> PlainConsole:
    made = PlainConsole(stderr=True)
    made.file, made.width, made._environ = file, width, environment
    made.is_interactive = made.is_terminal and not made.is_dumb_terminal
    return made


def log() -> tuple[Lines, Clock, io.StringIO]:
    clock, file = Clock(), io.StringIO()
    return Lines(Job(PLAN, clock), console(file)), clock, file


def test_a_log_has_a_line_for_each_step_with_its_time() -> None:
    lines, clock, file = log()
    lines.step("reading")
    clock.seconds += 42.4
    lines.step("cross-fitting")
    lines.step("cross-fitting")
    lines.say("note: few answers")
    clock.seconds += 3600.0
    lines.end()
    assert file.getvalue().splitlines() == WRITTEN


WRITTEN = ["0:00 reading", "0:42 cross-fitting", "note: few answers", "1:00:42 done"]


def test_a_long_step_goes_on_writing_with_its_parts() -> None:
    lines, clock, file = log()
    advance = lines.bar("cross-fitting", 15)
    lines.step("cross-fitting")
    for _ in range(12):
        clock.seconds += 5.0
        advance(1)
    written = file.getvalue().splitlines()
    assert written == ["0:00 cross-fitting", *(f"{time} cross-fitting: {n} of 15" for time, n in TIMES)]


TIMES = (("0:15", 3), ("0:30", 6), ("0:45", 9), ("1:00", 12))


def test_a_step_that_reports_nothing_is_reported_by_the_heart_beat() -> None:
    lines, clock, file = log()
    lines.beat()
    assert file.getvalue() == ""
    for name in ("", "reading"):
        lines.step(name)
        for _ in range(20):
            clock.seconds += 1.0
            lines.beat()
    written = file.getvalue().splitlines()
    assert written == ["0:15 starting, 0:15 so far", "0:20 reading", "0:35 reading, 0:15 so far"]


def test_no_log_is_silent_for_more_than_twenty_seconds() -> None:
    lines, clock, file = log()
    lines.step("reading")
    for _ in range(600):
        before = len(file.getvalue())
        clock.seconds += 1.0
        lines.beat()
        if len(file.getvalue()) > before:
            last = clock.seconds
        assert clock.seconds - (last if clock.seconds > 100.0 + SILENT_SECONDS else 100.0) <= 20.0


def test_the_end_of_a_short_job_is_not_announced() -> None:
    lines, clock, file = log()
    lines.step("reading")
    clock.seconds += 1.0
    lines.end()
    assert file.getvalue() == "0:00 reading\n"


def seen(width: int, *, at: float = 40.0, done: int = 7, name: str = "cross-fitting", plain: bool = False) -> str:
    clock = Clock()
    job = Job(PLAN, clock)
    job.expect(name, 15)
    job.begin("reading")
    clock.seconds += 10.0
    job.begin(name)
    clock.seconds += at - 10.0
    job.count(name, done)
    line = line_of(job, width, plain=plain).plain
    assert len(line) <= width
    return line


def test_the_line_of_a_terminal_has_time_step_bar_share_and_time_left() -> None:
    # 30 s are left of writing, and of the step 8/15 of 30 s (its pace) and 8/15 of 60 s (its plan)
    line = seen(100)
    assert line.startswith("0:40 cross-fitting: 7 of 15  ━")
    assert line.endswith("─  39 %, about 2 min left")
    assert seen(100, plain=True).replace("#", "━").replace(".", "─") == line


@pytest.mark.parametrize(
    ("width", "end"),
    [(39, "2 min left"), (36, "39 %"), (45, "about 2 min left"), (52, "39 %, about 2 min left")],
)
def test_a_narrow_terminal_keeps_the_step_and_what_there_is_room_for(width: int, end: str) -> None:
    assert seen(width) == f"0:40 cross-fitting: 7 of 15  {end}"


def test_a_name_too_long_for_the_terminal_is_cut() -> None:
    assert seen(30, name="cross-fitting for comparison").endswith("...  39 %")


@pytest.mark.parametrize("width", range(9, 130))
def test_the_line_is_never_longer_than_the_terminal_is_wide(width: int) -> None:
    seen(width, name="cross-fitting")
    seen(width, name="cross-fitting for comparison")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (1.0, "10 s left"),
        (41.0, "50 s left"),
        (50.5, "1 min left"),
        (61.0, "2 min left"),
        (90 * 60.0, "90 min left"),
        (7000.0, "2 h left"),
    ],
)
def test_the_time_left_is_rounded_up(left: float, words: str) -> None:
    clock = Clock()
    job = Job({"waiting": left + 5.0}, clock)
    job.begin("waiting")
    assert words_left(job) == ""  # too early to know
    clock.seconds += 5.0
    assert words_left(job) == words


def test_a_line_is_written_again_on_terminals_that_can_only() -> None:
    assert moves(console(Terminal(), TERM="xterm"))
    assert moves(console(Terminal(), TERM="xterm", NO_COLOR="1"))
    assert not moves(console(Terminal(), TERM="dumb"))
    assert not moves(console(io.StringIO(), TERM="xterm"))
    assert not moves(console(io.StringIO(), TERM="xterm", FORCE_COLOR="1"))  # a log in colour is a log


def test_news_on_a_terminal_stands_above_the_bar_and_the_bar_is_gone_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock, file = Clock(), Terminal()
    with watched(Job(PLAN, clock), console(file, TERM="xterm")) as watch:
        assert isinstance(watch, Bar)
        watch.bar("cross-fitting", 15)(3)
        watch.say("note: few answers")
        watch.live.refresh()
        print("a result")
        clock.seconds += 60.0
    text = file.getvalue()
    assert text.index("note: few answers\n") < text.rindex("cross-fitting: 3 of 15")
    assert text.endswith("done in 1:00\n") or "done in 1:00" in text.splitlines()[-1]
    assert capsys.readouterr().out == "a result\n"


def beats() -> bool:
    return any(thread.name == "silentnps progress" for thread in threading.enumerate())


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_heart_beat_ends_with_its_job_whatever_ends_it(error: type[BaseException]) -> None:
    file = io.StringIO()

    def work() -> None:
        with watched(Job(PLAN, Clock()), console(file)):
            assert beats()
            raise error

    with pytest.raises(error):
        work()
    assert not beats()
    assert "done" not in file.getvalue()


def test_the_heart_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("silentnps.cli.watching.progress._BEAT_SECONDS", 0.0)
    beaten = threading.Event()
    with beating(beaten.set):
        assert beaten.wait(60.0)
