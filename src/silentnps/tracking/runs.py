"""Log a training as a run with its candidates as child runs, register its model, and add estimates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

import silentnps
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Integers
from silentnps.tracking import RegisteredVersion
from silentnps.tracking.logged_model import log_model
from silentnps.tracking.shown import VIEW, describe, linked, log_tables
from silentnps.tracking.store import Store, connected, get_or_create_experiment

_MAIN = frozenset({"rps", "log_loss", "auc_detractor", "lift_at_10_detractor"})
"""The metrics on answers that come first."""


@dataclass(frozen=True)
class TrainingRecord:
    """What is logged about a training.

    `candidates` has one row per candidate, columns `candidate` and metrics; `trials` one row per trial of a search,
    columns number, state, rps (missing if pruned) and parameters; `files` are pairs of artifact folder and file;
    `inputs` are the training tables by name, of which the digest and schema are logged, not the rows;
    `version_tags` are the tags of the registered version; `description` is shown with run and version, with links
    to `pages`, the artifact paths by their words.
    """

    name: str
    bundle_folder: Path
    background: Path
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    candidates: pd.DataFrame
    example: pd.DataFrame
    trials: pd.DataFrame = field(default_factory=pd.DataFrame)
    required: Sequence[str] = ()
    files: Sequence[tuple[str, Path]] = ()
    inputs: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    version_tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)


def log_training(store: Store, record: TrainingRecord) -> RegisteredVersion:
    """Log a run with parameters, metrics, files and the model; then register it as `challenger`.

    The version is created last, from a finished run, so that a killed training leaves none.
    """
    with connected(store, writing=True) as client:
        experiment = get_or_create_experiment(store, client)
        with mlflow.start_run(experiment_id=experiment, run_name=record.name) as run:
            mlflow.set_tags({"silentnps.version": silentnps.__version__, **record.tags})
            mlflow.log_params({key: str(value)[:500] for key, value in record.params.items()})
            mlflow.log_metrics(dict(record.metrics))
            _log_inputs(record.inputs)
            for folder, path in record.files:
                mlflow.log_artifact(str(path), folder)
            _log_candidates(record.candidates, experiment, str(record.params.get("candidate", "")))
            _log_trials(record.trials, experiment)
            logged = log_model(record.bundle_folder, record.background, record.example, record.required)
        number = _register(store, client, logged, run.info.run_id, record.version_tags)
        registered = RegisteredVersion(run.info.run_id, store.model, number)
        describe(client, registered, linked(record.description, experiment, registered.run_id, record.pages))
        return registered


@dataclass(frozen=True)
class EstimateRecord:
    """What is added to the run of a model: numbers, (artifact folder, file) pairs, tables and a description.

    `tables` are shown by the UI as tables, by artifact path; `pages` are linked from the description.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Sequence[tuple[str, Path]] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    description: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)


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


def experiment_page(store: Store) -> str:
    """Return the path of the store's runs in the MLflow UI, relative to the server's address."""
    with connected(store, writing=True) as client:
        experiment = get_or_create_experiment(store, client)
        return f"#/experiments/{experiment}/runs?workflowType=machine_learning&viewStateShareKey={VIEW}"


def ui_command(store: Store, *, host: str, port: int) -> list[str]:
    """Return the command that starts the MLflow UI on a store."""
    return ["mlflow", "ui", "--backend-store-uri", store.uri, "--host", host, "--port", str(port)]


def name_in_cross_validation(metric: str) -> str:
    """Return the name in MLflow of a metric on answers; MLflow sorts by name, so those that matter come early.

    Examples
    --------
    >>> name_in_cross_validation("rps"), name_in_cross_validation("brier")
    ('cv/rps', 'validation/brier')
    """
    return f"{'cv' if metric in _MAIN else 'validation'}/{metric}"


def _log_inputs(inputs: Mapping[str, pd.DataFrame]) -> None:
    for name, frame in inputs.items():
        plain = frame.astype({key: "object" for key, column in frame.items() if is_category(column)})
        mlflow.log_input(_dataset(plain, name), context="training")


class _Rows(PandasDataset):  # type: ignore[misc]
    """A data set of many rows that is described by a few of them: MLflow looks at every value for the schema."""

    def __init__(self, few: PandasDataset, n_rows: int) -> None:
        self.n_rows = n_rows
        super().__init__(few.df, few.source, name=few.name, digest=few.digest)

    @property
    def profile(self) -> dict[str, int]:
        """Return the numbers of rows and values of the whole."""
        return {"num_rows": self.n_rows, "num_elements": self.n_rows * self.df.shape[1]}


def _dataset(frame: pd.DataFrame, name: str) -> PandasDataset:
    few = mlflow.data.from_pandas(frame.iloc[_telling_rows(frame)], name=name, digest=_digest(frame))
    return _Rows(few, len(frame))


def _telling_rows(frame: pd.DataFrame) -> Integers:
    """Return rows that have a value of each column, and a missing one where any is missing."""
    missing = [column.isna().to_numpy() for _, column in frame.items()]
    rows = [place for each in missing for place in (each.argmax(), each.argmin())]
    return np.unique(np.array(rows, dtype=np.int64))[: len(frame)]


def _digest(frame: pd.DataFrame) -> str:
    """Return a digest of all rows; that of MLflow covers only the first 10,000."""
    hashes = pd.util.hash_pandas_object(frame, index=False)
    return hashlib.sha256(hashes.to_numpy().tobytes()).hexdigest()[:16]


def _log_candidates(candidates: pd.DataFrame, experiment: str, chosen: str) -> None:
    """Log a child run per candidate, named by its rank by RPS, the best last: the UI shows the newest first."""
    ranked = candidates.sort_values("rps", kind="stable")
    for rank, row in reversed(list(enumerate(ranked.to_dict("records"), start=1))):
        name = str(row.pop("candidate"))
        shown = f"{rank}. {name} (chosen)" if name == chosen else f"{rank}. {name}"
        with mlflow.start_run(experiment_id=experiment, run_name=shown, nested=True):
            mlflow.set_tags({"silentnps.candidate": name, "silentnps.rank": str(rank)})
            mlflow.log_param("candidate", name)
            values = {key: float(value) for key, value in row.items() if value == value}
            mlflow.log_metrics({name_in_cross_validation(key): value for key, value in values.items()})


def _log_trials(trials: pd.DataFrame, experiment: str) -> None:
    for row in trials.to_dict("records"):
        number, state, rps = (row.pop(key) for key in ("number", "state", "rps"))
        with mlflow.start_run(experiment_id=experiment, run_name=f"trial {number}", nested=True):
            mlflow.set_tags({"silentnps.trial": str(number), "silentnps.trial_state": str(state)})
            mlflow.log_params({f"model.{key}": value for key, value in row.items()})
            if rps == rps:
                mlflow.log_metric("search/rps", float(rps))


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
