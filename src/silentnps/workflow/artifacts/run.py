"""The MLflow run of the last training: run.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from silentnps.storage.atomic import replace_file
from silentnps.tracking import RegisteredVersion
from silentnps.workflow.artifacts.project import Project


def write_run(project: Project, registered: RegisteredVersion) -> None:
    """Write where the training was logged and registered."""
    text = json.dumps(asdict(registered))
    replace_file(_path(project), lambda path: path.write_text(text, encoding="utf-8"))


def read_run(project: Project) -> RegisteredVersion | None:
    """Return where the last training was logged; None if it was not, or the file cannot be read."""
    try:
        values = json.loads(_path(project).read_text(encoding="utf-8"))
        return RegisteredVersion(**{name: str(values[name]) for name in ("run_id", "model", "version")})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_run(project: Project) -> None:
    """Remove the file: the model that it is about is being replaced."""
    _path(project).unlink(missing_ok=True)


def _path(project: Project) -> Path:
    return project.output / "run.json"
