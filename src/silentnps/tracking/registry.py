"""The versions of a registered model, what was logged with them, and the alias of the one in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from silentnps.errors import ModelError
from silentnps.tracking.store import Store, connected

CHALLENGER, CHAMPION = "challenger", "champion"
CHAMPION_SINCE = "silentnps.champion_since"
FORCED = "silentnps.forced"
HELD_OUT = "held_out/predictions.parquet"


@dataclass(frozen=True)
class ModelVersion:
    """A version of the registered model with its run's parameters, metrics and tags (none if that was deleted)."""

    number: int
    run_id: str
    created_at: datetime
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    run_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def was_champion(self) -> bool:
        """Say whether this version is or was in use."""
        return CHAMPION_SINCE in self.tags


def model_versions(store: Store) -> list[ModelVersion]:
    """Return every version of the store's model, the newest first; none where nothing is registered."""
    with connected(store) as client:
        try:
            aliases = client.get_registered_model(store.model).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return []
            raise
        found = client.search_model_versions(f"name = '{store.model}'")
        made = [_version(client, one, aliases) for one in found]
        return sorted(made, key=lambda one: one.number, reverse=True)


def make_champion(store: Store, version: ModelVersion, *, now: datetime, forced: str | None = None) -> None:
    """Move the alias `champion` to a version and write on it since when; `forced` says in spite of what."""
    with connected(store, writing=True) as client:
        number, since = str(version.number), now.isoformat(timespec="seconds")
        if forced is not None:
            client.set_model_version_tag(store.model, number, FORCED, f"{since}: {forced}"[:5000])
        client.set_model_version_tag(store.model, number, CHAMPION_SINCE, since)
        client.set_registered_model_alias(store.model, CHAMPION, number)


def load_held_out(store: Store, version: ModelVersion) -> pd.DataFrame:
    """Return the held-out predictions that were logged in the training of a version.

    Raises
    ------
    ModelError
        If there are none.
    """
    with connected(store) as client, TemporaryDirectory() as folder:
        names = [item.path for item in client.list_artifacts(version.run_id, str(Path(HELD_OUT).parent))]
        if HELD_OUT not in names:
            raise ModelError(
                f"version {version.number} must have held-out predictions; got none in its run. Train again."
            )
        return pd.read_parquet(client.download_artifacts(version.run_id, HELD_OUT, folder))


def score_with_version(store: Store, version: ModelVersion, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a version, loaded as it is served, says of rows of features; without reasons."""
    with connected(store):
        model = mlflow.pyfunc.load_model(f"models:/{store.model}/{version.number}")
        return pd.DataFrame(model.predict(rows, params={"reasons": False}))


def _version(client: MlflowClient, found: Any, aliases: Mapping[str, str]) -> ModelVersion:
    names = tuple(sorted(name for name, number in aliases.items() if str(number) == str(found.version)))
    try:
        run = client.get_run(found.run_id).data
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        run = None
    return ModelVersion(
        number=int(found.version),
        run_id=str(found.run_id),
        created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        aliases=names,
        tags=dict(found.tags),
        params={} if run is None else dict(run.params),
        metrics={} if run is None else dict(run.metrics),
        run_tags={} if run is None else dict(run.tags),
    )
