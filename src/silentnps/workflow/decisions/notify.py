"""The digest for a mail or a webhook: a command of the user's gets it on its standard input."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def notify(command: Sequence[str], text: str, *, folder: Path | None, seconds: float) -> str | None:
    """Run a program without a shell and hand it a text; return what went wrong, in one line, or None.

    It runs in `folder`; what it prints as errors is shown, other output is dropped.
    """
    try:
        ended = subprocess.run(
            list(command),
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            cwd=folder,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"monitoring.command took longer than {seconds:g} seconds and was stopped"
    except OSError as error:
        return f"monitoring.command could not be run ({error.strerror})"
    return None if ended.returncode == 0 else f"monitoring.command ended with exit code {ended.returncode}"
