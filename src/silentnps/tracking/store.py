"""The store of runs: opened quietly, checked before long work, written by one process at a time."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.engine import create_engine
from sqlalchemy.exc import SQLAlchemyError

from silentnps.errors import ModelError
from silentnps.tracking.address import Store, mask_credentials
from silentnps.tracking.artifact_paths import relocate_artifacts
from silentnps.tracking.lock import store_lock
from silentnps.tracking.shown import EXPERIMENT_TAGS

_URI = "MLFLOW_TRACKING_URI"
_QUIET = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
_LOCK_SECONDS = 300.0
_PROBE_SECONDS = 5.0


def check_store(store: Store) -> None:
    """Fail now, not after hours of training, if the store cannot be used.

    Raises
    ------
    ModelError
        If MLflow cannot reach, read or write it.
    """
    with connected(store, writing=True) as client:
        get_or_create_experiment(store, client)
        if store.database is not None:
            _check_writable(store.uri)


@contextmanager
def connected(store: Store, *, writing: bool = False, seconds: float = _LOCK_SECONDS) -> Iterator[MlflowClient]:
    """Use the store within the block, quietly, and restore MLflow's settings and variables afterwards.

    While one process is `writing` to a SQLite store, the others wait for at most `seconds`.
    """
    before = {name: os.environ.get(name) for name in (_URI, *_QUIET)}
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    mlflow.set_tracking_uri(store.uri)
    try:
        with store_lock(store.database if writing else None, wait_seconds=seconds):
            relocate_artifacts(store.database, store.artifacts)
            yield MlflowClient(store.uri)
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        refusal = mask_credentials(f"MLflow at {store.uri} refused: {first}")
        raise ModelError(f"{refusal}. Check the store (tracking.uri).") from error
    finally:
        mlflow.set_tracking_uri(before[_URI])  # None: as if it had never been set
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        logger.setLevel(level)


def get_or_create_experiment(store: Store, client: MlflowClient) -> str:
    """Return the id of the store's experiment, which is created if missing."""
    experiment = client.get_experiment_by_name(store.experiment)
    if experiment is not None:
        for key in EXPERIMENT_TAGS.keys() - experiment.tags.keys():
            client.set_experiment_tag(experiment.experiment_id, key, EXPERIMENT_TAGS[key])
        return str(experiment.experiment_id)
    location = None if store.artifacts is None else store.artifacts.as_uri()
    return str(client.create_experiment(store.experiment, artifact_location=location, tags=EXPERIMENT_TAGS))


def _check_writable(uri: str) -> None:
    """Start to write, then roll back: reading would also work in a store that is read-only or locked."""
    engine = create_engine(uri, connect_args={"timeout": _PROBE_SECONDS})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # SQLite allows this even in a read-only file
            connection.exec_driver_sql("CREATE TABLE silentnps_probe (written INTEGER)")
            connection.exec_driver_sql("ROLLBACK")
    finally:
        engine.dispose()
