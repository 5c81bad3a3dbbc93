"""MLflow: runs, the registry and the served model. Only this package imports mlflow."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # MLflow reads it when it is imported; nothing is sent


@dataclass(frozen=True)
class RegisteredVersion:
    """The run and the registered version of a training."""

    run_id: str
    model: str
    version: str


def served_model_path() -> Path:
    """Return the file that MLflow runs to load the model."""
    return Path(__file__).with_name("served_model.py")
