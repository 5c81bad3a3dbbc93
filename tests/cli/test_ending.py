"""A command that is told to end takes its workers with it, and one that is done ends at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from silentnps.cli.ending import ended_by

PROGRAM = """
import os, sys, time
from pathlib import Path
import joblib
from silentnps.cli.screen import screen

def work(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(300)

if __name__ == "__main__":
    with screen():
        list(joblib.Parallel(n_jobs=2, return_as="generator")(joblib.delayed(work)(sys.argv[1]) for _ in range(4)))
"""


def alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and waits to be asked does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def wait_until(done: object, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    pids = tmp_path / "pids"
    pids.mkdir()
    program = [sys.executable, str(tmp_path / "program.py"), str(pids)]
    with (tmp_path / "stderr").open("wb") as stderr:
        process = subprocess.Popen(program, stderr=stderr, start_new_session=True)
    try:
        assert wait_until(lambda: len(list(pids.iterdir())) == 2, 1200)
        workers = [int(path.name) for path in pids.iterdir()]
        assert all(alive(pid) for pid in workers)
        process.send_signal(number)
        code = process.wait(timeout=600)
        assert code == -number if number == signal.SIGTERM else code != 0
        said = (tmp_path / "stderr").read_text(encoding="utf-8")
        assert "Error" not in said, said  # a KeyboardInterrupt is Python's own word for SIGINT
        # far below the 300 seconds that they would work on, or the minutes after which idle ones end
        assert wait_until(lambda: not any(alive(pid) for pid in workers), 600)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


STUBBORN = """
import signal, subprocess, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(300)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")
def test_a_program_that_does_not_want_to_end_ends_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("silentnps.cli.ending._PATIENCE_SECONDS", 0.5)
    note = tmp_path / "pid"
    with ended_by(subprocess.Popen([sys.executable, "-c", STUBBORN, str(note)], start_new_session=True)) as program:
        assert wait_until(lambda: note.exists() and note.read_text(), 600)
        pids = [program.pid, int(note.read_text())]
        assert all(alive(pid) for pid in pids)
    assert wait_until(lambda: not any(alive(pid) for pid in pids), 600)


AT_ONCE = """
import atexit, sys
from silentnps.cli.ending import at_once

class Kept:
    def __del__(self):
        print("freed")

with at_once():
    kept = sys.modules["kept"] = Kept()
    atexit.register(print, "done")
    print("x" * 100_000)
    {ending}
"""


@pytest.mark.parametrize(
    ("ending", "code"),
    [("sys.exit()", 0), ("sys.exit(0)", 0), ("sys.exit(3)", 3), ("sys.exit('a word')", 1)],
)
def test_what_is_imported_is_not_freed_but_all_is_written_and_done(ending: str, code: int) -> None:
    program = [sys.executable, "-c", AT_ONCE.format(ending=ending)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["x" * 100_000, "done"]
    assert done.returncode == code
    assert done.stderr == ("a word\n" if code == 1 else "")


@pytest.mark.parametrize("ending", ["raise ValueError('a fault')", "pass"])
def test_an_error_of_the_program_is_left_to_python(ending: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE.format(ending=ending)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["x" * 100_000, "done", "freed"]
    assert done.returncode == (0 if ending == "pass" else 1)
    assert ("ValueError: a fault" in done.stderr) == (ending != "pass")


PLAIN = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="nothing else is always full")
def test_output_that_cannot_be_written_is_told_by_python() -> None:
    program = [sys.executable, "-c", AT_ONCE.format(ending="sys.exit(3)").replace("100_000", "10")]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, env=PLAIN, check=False)
    assert done.returncode == 120
    assert b"No space left on device" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="the shell closes the stream")
def test_without_an_output_there_is_no_traceback() -> None:
    words = f"{sys.executable} -m silentnps --version >&-"
    done = subprocess.run(["sh", "-c", words], stderr=subprocess.PIPE, check=False)
    assert b"Traceback" not in done.stderr
    assert b"ignored" not in done.stderr
