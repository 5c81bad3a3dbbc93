"""The command of the user: it gets the text, no shell reads it, and every failure is a line."""

from __future__ import annotations

import sys
from pathlib import Path

from silentnps.workflow.decisions.notify import notify


def test_the_command_gets_the_text_in_its_folder(tmp_path: Path) -> None:
    copy = "import sys; open('got.json', 'wb').write(sys.stdin.buffer.read())"
    assert notify([sys.executable, "-c", copy], '{"nps": "−3"}', folder=tmp_path, seconds=300) is None
    assert (tmp_path / "got.json").read_text(encoding="utf-8") == '{"nps": "−3"}'


def test_a_command_that_reads_nothing_is_fine(tmp_path: Path) -> None:
    assert notify([sys.executable, "-c", "pass"], "x" * 1_000_000, folder=tmp_path, seconds=300) is None


def test_every_failure_is_a_line(tmp_path: Path) -> None:
    ended = notify([sys.executable, "-c", "raise SystemExit(7)"], "", folder=tmp_path, seconds=300)
    assert ended == "monitoring.command ended with exit code 7"
    absent = notify(["no-such-program"], "", folder=tmp_path, seconds=300)
    assert absent == "monitoring.command could not be run (No such file or directory)"
    sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]
    slow = notify(sleeping, "", folder=tmp_path, seconds=0.1)
    assert slow == "monitoring.command took longer than 0.1 seconds and was stopped"


def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    assert "could not be run" in str(notify(["echo hello > got.txt"], "", folder=tmp_path, seconds=300))
    assert not list(tmp_path.iterdir())
