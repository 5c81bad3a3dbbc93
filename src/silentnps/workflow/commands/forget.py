"""Forget: take a customer out of all files of the project, keep them out, and say which models saw them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pyarrow.parquet as pq

from silentnps.config import ProjectConfig
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import ConfigError, DataError, ModelError
from silentnps.features.population.opted_out import n_rows_with_id
from silentnps.storage.lock import write_lock
from silentnps.tracking.registry import ModelVersion, load_held_out, model_versions
from silentnps.workflow.artifacts.out_of_fold import read_training_rows
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.privacy.forgotten import read_forgotten, remember_to_forget
from silentnps.workflow.privacy.forgotten_actions import forget_actions
from silentnps.workflow.privacy.forgotten_rows import Removal, forget_rows
from silentnps.workflow.record import keys_of
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class SeenBy:
    """A version of the model that was trained on the customer: its run, its wave, and how it knew the customer."""

    version: str
    run_id: str
    wave: str
    how: str


@dataclass(frozen=True)
class ForgottenCustomer:
    """What was taken out, by file; the models that saw the customer; the rows that the tables still have.

    `in_tables` is None, and `not_read` says why, where the tables cannot be read; `models_unknown` says why the
    models could not be asked. `recorded` are models that had seen a customer who was forgotten before.
    """

    removed: dict[str, int]
    models: tuple[SeenBy, ...]
    in_tables: dict[str, int] | None
    not_read: str = ""
    models_unknown: str = ""
    recorded: tuple[str, ...] = ()


@one_at_a_time
def forget(
    project: Project, customer_id: str, *, now: datetime, dry_run: bool = False, watch: Watch = QUIET
) -> ForgottenCustomer:
    """Take a customer out of the outputs and kept rows of a project, and record a keyed hash of the id.

    Later runs leave the customer out as long as the tables have rows. Nothing is changed where `dry_run`.

    Raises
    ------
    ConfigError
        If the id is empty.
    DataError
        If a file of the project cannot be read or written, or another command writes into it.
    """
    customer_id = customer_id.strip()
    if not customer_id:
        raise ConfigError("forget must name a customer; got an empty id. Pass it as in the tables.")
    record = read_forgotten(project)
    recorded = () if record is None else record.models_of(customer_id)
    watch.step("asking which models saw the customer")
    models, models_unknown = _seen_by(project, customer_id)
    watch.step("looking into the tables")
    in_tables, not_read = _rows_in_tables(project.config, customer_id)
    if not dry_run:
        names = [_named(each) for each in models]
        remember_to_forget(project, customer_id, now=now, models=names)  # first: a stopped command is run again
    watch.step("taking the customer out of the files")
    removal = Removal(project, customer_id, dry_run)
    with write_lock(project.scores), write_lock(project.scores_as_of), write_lock(project.features):
        forget_rows(removal)
        forget_actions(removal)
    recorded = tuple(name for name in recorded if name not in map(_named, models))
    return ForgottenCustomer(removal.removed, models, in_tables, not_read, models_unknown, recorded)


def _named(model: SeenBy) -> str:
    return f"{model.version} ({model.wave})"


def _rows_in_tables(config: ProjectConfig, customer_id: str) -> tuple[dict[str, int] | None, str]:
    """Return how many rows of each table are the customer's, or None and why they cannot be read."""
    try:
        tables = open_tables(config)
        counts = {name: n_rows_with_id(table, customer_id) for name, table in tables.items()}
    except (ConfigError, DataError) as error:
        return None, str(error)
    return {name: n for name, n in counts.items() if n}, ""


def _seen_by(project: Project, customer_id: str) -> tuple[tuple[SeenBy, ...], str]:
    """Return the versions that were trained on the customer, newest first, or none and why it is not known."""
    try:
        versions = model_versions(store_of(project))
        waves = sorted({_wave(version) for version in versions} | set(_waves_of(project, customer_id)))
        keys = set(_keys(project, customer_id, waves))
        seen = [_seen(project, version, keys, customer_id) for version in versions]
    except ModelError as error:
        return (), str(error)
    return tuple(each for each in seen if each is not None), ""


def _seen(project: Project, version: ModelVersion, keys: set[str], customer_id: str) -> SeenBy | None:
    """Return how a version saw the customer: as an answer, among silent customers, or perhaps so."""
    held_out = load_held_out(store_of(project), version)
    current = read_run(project)
    if held_out["key"].isin(keys).any():
        how = "trained on an answer"
    elif current is not None and current.run_id == version.run_id:
        rows = read_training_rows(project)
        if rows is None or not (rows["customer_id"].astype(str) == customer_id).any():
            return None
        how = "counted among the silent customers"
    else:
        how = "not among its answers; perhaps counted among the silent customers"
    return SeenBy(str(version.number), version.run_id, _wave(version), how)


def _wave(version: ModelVersion) -> str:
    return version.params.get("wave", "")


def _waves_of(project: Project, customer_id: str) -> set[str]:
    """Return the waves of the customer's features, of all waves that were built."""
    if not project.features.exists():
        return set()
    rows = pq.read_table(project.features, columns=["wave"], filters=[("customer_id", "==", customer_id)])
    return {str(wave) for wave in rows["wave"].unique().to_pylist()}


def _keys(project: Project, customer_id: str, waves: Iterable[str]) -> list[str]:
    rows = pd.DataFrame([(customer_id, wave) for wave in waves], columns=["customer_id", "wave"])
    return keys_of(project, rows)
