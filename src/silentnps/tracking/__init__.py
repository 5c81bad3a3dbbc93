"""MLflow: runs, the registry and the served model. Only this package imports mlflow."""

from __future__ import annotations

from pathlib import Path


def served_model_path() -> Path:
    """Return the file that MLflow runs to load the model."""
    return Path(__file__).with_name("served_model.py")
