"""Add an estimate to the run of its model."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow

from silentnps.tracking import RegisteredVersion
from silentnps.tracking.address import Store
from silentnps.tracking.records import EstimateRecord
from silentnps.tracking.shown import describe, linked, log_tables
from silentnps.tracking.store import connected


def find_run(store: Store, registered: RegisteredVersion) -> None:
    """Reach the store and the run of a model: what follows need not.

    Raises
    ------
    ModelError
        If MLflow cannot reach the store, or has no such run.
    """
    with connected(store) as client:
        client.get_run(registered.run_id)


def log_estimate(store: Store, registered: RegisteredVersion, record: EstimateRecord) -> None:
    """Add an estimate to the run of its model, and describe run, experiment, model and version by it."""
    with connected(store, writing=True) as client, TemporaryDirectory() as temporary:
        with mlflow.start_run(run_id=registered.run_id) as run:
            mlflow.log_metrics(dict(record.metrics))
            for folder, path in record.files:
                mlflow.log_artifact(str(path), folder)
            if record.tables:
                log_tables(client, registered.run_id, Path(temporary), record.tables)
        if record.description:
            text = linked(record.description, run.info.experiment_id, registered.run_id, record.pages)
            describe(client, registered, text)
