"""Log a training as a run with its candidates as children, register its model, and add estimates to it."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, DataType, Schema
from sqlalchemy.exc import SQLAlchemyError

import silentnps
from silentnps.errors import ModelError
from silentnps.estimation.encoding import is_category
from silentnps.scoring.batch import IF_RESPONDENT, PROBABILITIES
from silentnps.tracking import served_model_path

_URI = "MLFLOW_TRACKING_URI"
_QUIET = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
_PINNED = ("mlflow", "lightgbm", "scikit-learn", "pandas", "numpy", "scipy", "ibis-framework", "duckdb", "pyarrow")


@dataclass(frozen=True)
class Store:
    """Where runs are kept: a tracking URI, an experiment and the name of the registered model."""

    uri: str
    experiment: str
    model: str
    artifacts: Path | None = None


@dataclass(frozen=True)
class TrainingRecord:
    """What is logged of a training.

    `candidates` has one row each, columns `candidate` and metrics; `files` are pairs of artifact folder and file.
    """

    name: str
    bundle_folder: Path
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    candidates: pd.DataFrame
    example: pd.DataFrame
    files: Sequence[tuple[str, Path]] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Registered:
    """Where the training went."""

    run_id: str
    model: str
    version: str


def check_store(store: Store) -> None:
    """Fail now, not after hours of training, where the store cannot be used.

    Raises
    ------
    ModelError
        If MLflow cannot reach or read it.
    """
    with _connected(store) as client:
        _experiment(store, client)


def without_secret(text: str) -> str:
    """Return a text with user names and passwords of addresses masked."""
    return re.sub(r"://[^/@\s]+@", "://***@", text)


def log_training(store: Store, record: TrainingRecord) -> Registered:
    """Log a run with parameters, metrics, files and the model, register it and call it `challenger`."""
    with _connected(store) as client, _started(store, client, record) as run:
        mlflow.set_tags({"silentnps.version": silentnps.__version__, **record.tags})
        mlflow.log_params({key: str(value)[:500] for key, value in record.params.items()})
        mlflow.log_metrics(dict(record.metrics))
        for folder, path in record.files:
            mlflow.log_artifact(str(path), folder)
        _log_candidates(record.candidates, run.info.experiment_id)
        logged = _log_model(record)
        number = _register(store, client, logged, run.info.run_id)
        return Registered(run.info.run_id, store.model, number)


def log_estimate(
    store: Store, run_id: str, metrics: Mapping[str, float], files: Sequence[tuple[str, Path]]
) -> None:
    """Add an estimate's numbers and files to the run of its model."""
    with _connected(store), mlflow.start_run(run_id=run_id):
        mlflow.log_metrics(dict(metrics))
        for folder, path in files:
            mlflow.log_artifact(str(path), folder)


def ui_command(store: Store, *, host: str, port: int) -> list[str]:
    """Return the command that starts the MLflow UI on a store."""
    return ["mlflow", "ui", "--backend-store-uri", store.uri, "--host", host, "--port", str(port)]


@contextmanager
def _connected(store: Store) -> Iterator[MlflowClient]:
    """Use the store for the block, quietly, and leave MLflow's settings and variables as they were."""
    before = {name: os.environ.get(name) for name in (_URI, *_QUIET)}
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    mlflow.set_tracking_uri(store.uri)
    try:
        yield MlflowClient(store.uri)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        told = without_secret(f"MLflow at {store.uri} refused: {first}")
        raise ModelError(f"{told}. Check the store (tracking.uri).") from error
    finally:
        mlflow.set_tracking_uri(before[_URI])  # None: as if it was never set
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        logger.setLevel(level)


def _started(store: Store, client: MlflowClient, record: TrainingRecord) -> Any:
    return mlflow.start_run(experiment_id=_experiment(store, client), run_name=record.name)


def _experiment(store: Store, client: MlflowClient) -> str:
    found = client.get_experiment_by_name(store.experiment)
    if found is not None:
        return str(found.experiment_id)
    location = None if store.artifacts is None else store.artifacts.as_uri()
    return str(client.create_experiment(store.experiment, artifact_location=location))


def _log_candidates(candidates: pd.DataFrame, experiment: str) -> None:
    for row in candidates.to_dict("records"):
        name = str(row.pop("candidate"))
        with mlflow.start_run(experiment_id=experiment, run_name=name, nested=True):
            mlflow.set_tag("silentnps.candidate", name)
            mlflow.log_metrics({f"cv/{key}": float(value) for key, value in row.items() if value == value})


def _register(store: Store, client: MlflowClient, logged: Any, run_id: str) -> str:
    if not client.search_registered_models(f"name = '{store.model}'"):
        client.create_registered_model(store.model)
    made = client.create_model_version(store.model, logged.model_uri, run_id, model_id=logged.model_id)
    client.set_registered_model_alias(store.model, "challenger", made.version)
    return str(made.version)


def _log_model(record: TrainingRecord) -> Any:
    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(served_model_path()),
        artifacts={"bundle": str(record.bundle_folder)},
        signature=_signature(record.example),
        input_example=_as_sent(record.example),
        pip_requirements=[f"{name}=={version(name)}" for name in _PINNED],
        code_paths=[str(Path(os.path.dirname(silentnps.__file__)))],
    )


def _signature(example: pd.DataFrame) -> ModelSignature:
    inputs = [
        ColSpec(DataType.string if is_category(column) else DataType.double, str(name), required=False)
        if name != "invited"
        else ColSpec(DataType.boolean, "invited", required=False)
        for name, column in example.items()
    ]
    outputs = [ColSpec(DataType.double, name) for name in (*PROBABILITIES, *IF_RESPONDENT, "expected_nps")]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([*outputs, ColSpec(DataType.string, "nps_class")]))


def _as_sent(example: pd.DataFrame) -> pd.DataFrame:
    sent = example.copy()
    for name in sent.columns:
        if name != "invited" and is_category(sent[name]):
            sent[name] = sent[name].astype("object").where(sent[name].notna(), None)
    return sent
