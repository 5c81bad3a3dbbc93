"""`python -m silentnps` is the command line."""

from __future__ import annotations

import subprocess
import sys

import silentnps


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "silentnps", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, f"silentnps {silentnps.__version__}")


def test_it_calls_itself_by_the_name_of_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "silentnps", "validate", "--no-such"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Usage: silentnps validate" in done.stderr
