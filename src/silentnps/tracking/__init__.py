"""MLflow: runs, the registry and the served model. Only this package imports mlflow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RegisteredVersion:
    """The run and the registered version of a training."""

    run_id: str
    model: str
    version: str


def served_model_path() -> Path:
    """Return the file that MLflow runs to load the model."""
    return Path(__file__).with_name("served_model.py")
