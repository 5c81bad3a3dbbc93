"""MLflow's store before the first training, which it takes seconds to make, copied into the projects of tests."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.tracking import MlflowClient


def add_store(output: Path) -> None:
    """Put an empty store where a training would make one: unless there is one, or a server keeps the runs."""
    file = output / "mlflow.db"
    if not file.exists() and "MLFLOW_TRACKING_URI" not in os.environ:
        output.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_empty())


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mlflow.db"
        MlflowClient(f"sqlite:///{file}").search_experiments()
        return file.read_bytes()
