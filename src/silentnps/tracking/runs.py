"""Log a training as a run with its candidates as child runs, and register its model."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

import silentnps
from silentnps.tracking import RegisteredVersion
from silentnps.tracking.address import Store
from silentnps.tracking.logged_model import log_model
from silentnps.tracking.records import InputTable, TrainingRecord, name_in_cross_validation
from silentnps.tracking.shown import VIEW, describe, linked
from silentnps.tracking.store import connected, get_or_create_experiment


def log_training(store: Store, record: TrainingRecord) -> RegisteredVersion:
    """Log a run with parameters, metrics, files and the model; then register it as `challenger`.

    The version is created last, from a finished run, so that a killed training leaves none.
    """
    with connected(store, writing=True) as client:
        experiment = get_or_create_experiment(store, client)
        tags = {"silentnps.version": silentnps.__version__, **record.tags}
        with mlflow.start_run(experiment_id=experiment, run_name=record.name, tags=tags) as run:
            _log_values(client, run, params=record.params, metrics=record.metrics)
            _log_inputs(record.inputs)
            for folder, path in record.files:
                mlflow.log_artifact(str(path), folder)
            _log_candidates(client, record.candidates, experiment, str(record.params.get("candidate", "")))
            _log_trials(client, record.trials, experiment)
            logged = log_model(record.bundle_folder, record.background, record.example, record.required)
        number = _register(store, client, logged, run.info.run_id, record.version_tags)
        registered = RegisteredVersion(run.info.run_id, store.model, number)
        describe(client, registered, linked(record.description, experiment, registered.run_id, record.pages))
        return registered


def experiment_page(store: Store) -> str:
    """Return the path of the store's runs in the MLflow UI, relative to the server's address."""
    with connected(store, writing=True) as client:
        experiment = get_or_create_experiment(store, client)
        return f"#/experiments/{experiment}/runs?workflowType=machine_learning&viewStateShareKey={VIEW}"


def ui_command(store: Store, *, host: str, port: int) -> list[str]:
    """Return the command that starts the MLflow UI on a store."""
    return ["mlflow", "ui", "--backend-store-uri", store.uri, "--host", host, "--port", str(port)]


def _log_values(
    client: MlflowClient, run: mlflow.ActiveRun, *, params: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Log parameters and metrics at once: each call is a transaction of its own, some milliseconds of waiting."""
    now = int(1000 * time.time())
    client.log_batch(
        run.info.run_id,
        metrics=[Metric(name, float(value), now, 0) for name, value in metrics.items()],
        params=[Param(name, str(value)[:500]) for name, value in params.items()],
    )


def _log_inputs(inputs: Mapping[str, InputTable]) -> None:
    for name, table in inputs.items():
        mlflow.log_input(_dataset(table, name), context="training")


class _Rows(PandasDataset):  # type: ignore[misc]
    """A data set of many rows that is described by a few of them: MLflow looks at every value for the schema."""

    def __init__(self, few: PandasDataset, n_rows: int) -> None:
        self.n_rows = n_rows
        super().__init__(few.df, few.source, name=few.name, digest=few.digest)

    @property
    def profile(self) -> dict[str, int]:
        """Return the numbers of rows and values of the whole."""
        return {"num_rows": self.n_rows, "num_elements": self.n_rows * self.df.shape[1]}


def _dataset(table: InputTable, name: str) -> PandasDataset:
    return _Rows(mlflow.data.from_pandas(table.few, name=name, digest=table.digest), table.n_rows)


def _log_candidates(client: MlflowClient, candidates: pd.DataFrame, experiment: str, chosen: str) -> None:
    """Log a child run per candidate, named by its rank by RPS, the best last: the UI shows the newest first."""
    ranked = candidates.sort_values("rps", kind="stable")
    for rank, row in reversed(list(enumerate(ranked.to_dict("records"), start=1))):
        name = str(row.pop("candidate"))
        shown = f"{rank}. {name} (chosen)" if name == chosen else f"{rank}. {name}"
        tags = {"silentnps.candidate": name, "silentnps.rank": str(rank)}
        metrics = {name_in_cross_validation(key): float(value) for key, value in row.items() if value == value}
        with mlflow.start_run(experiment_id=experiment, run_name=shown, nested=True, tags=tags) as run:
            _log_values(client, run, params={"candidate": name}, metrics=metrics)


def _log_trials(client: MlflowClient, trials: pd.DataFrame, experiment: str) -> None:
    for row in trials.to_dict("records"):
        number, state, rps = (row.pop(key) for key in ("number", "state", "rps"))
        tags = {"silentnps.trial": str(number), "silentnps.trial_state": str(state)}
        params = {f"model.{key}": value for key, value in row.items()}
        metrics = {"search/rps": float(rps)} if rps == rps else {}
        with mlflow.start_run(experiment_id=experiment, run_name=f"trial {number}", nested=True, tags=tags) as run:
            _log_values(client, run, params=params, metrics=metrics)


def _register(store: Store, client: MlflowClient, logged: Any, run_id: str, tags: Mapping[str, str]) -> str:
    try:
        client.create_registered_model(store.model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    version = client.create_model_version(
        store.model, logged.model_uri, run_id, tags=dict(tags), model_id=logged.model_id
    )
    named = json.dumps([{"name": store.model, "version": int(version.version)}])
    client.set_logged_model_tags(
        logged.model_id, {MLFLOW_MODEL_VERSIONS: named}
    )  # the UI finds the version by this tag
    client.set_registered_model_alias(store.model, "challenger", version.version)
    return str(version.version)
