"""The origin of a run: the commit of the project's folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

_COMMAND = ("git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty")


def git_commit(folder: Path | None) -> str | None:
    """Return the commit of a folder, with `-dirty` if tracked files differ from it; None outside git."""
    if folder is None:
        return None
    try:
        process = subprocess.run(_COMMAND, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip() or None
