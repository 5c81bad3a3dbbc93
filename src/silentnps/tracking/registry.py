"""The versions of a registered model, what was logged with them, and the alias of the version in use."""

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

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.bundle.feature_reading import invited_among
from silentnps.errors import ModelError
from silentnps.scoring.batch import predict
from silentnps.storage.digests import digest_of_file
from silentnps.tracking.address import Store
from silentnps.tracking.records import BUNDLE_DIGEST, HELD_OUT
from silentnps.tracking.store import connected

CHALLENGER, CHAMPION = "challenger", "champion"
CHAMPION_SINCE = "silentnps.champion_since"
FORCED = "silentnps.forced"
_BUNDLE = "artifacts/model"


@dataclass(frozen=True)
class ModelVersion:
    """A version of the registered model, with the parameters, metrics and tags of its run if that still exists."""

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
        """Return whether this version is or was in use."""
        return CHAMPION_SINCE in self.tags


def model_versions(store: Store) -> list[ModelVersion]:
    """Return every version of the store's model, newest first; an empty list if nothing is registered."""
    with connected(store) as client:
        try:
            aliases = client.get_registered_model(store.model).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return []
            raise
        registered = client.search_model_versions(f"name = '{store.model}'")
        versions = [_version(client, version, aliases) for version in registered]
        return sorted(versions, key=lambda version: version.number, reverse=True)


def make_champion(store: Store, version: ModelVersion, *, now: datetime, forced: str | None = None) -> None:
    """Move the alias `champion` to a version and record since when; `forced` records what was overridden."""
    with connected(store, writing=True) as client:
        number, since = str(version.number), now.isoformat(timespec="seconds")
        if forced is not None:
            client.set_model_version_tag(store.model, number, FORCED, f"{since}: {forced}"[:5000])
        client.set_model_version_tag(store.model, number, CHAMPION_SINCE, since)
        client.set_registered_model_alias(store.model, CHAMPION, number)


def load_held_out(store: Store, version: ModelVersion) -> pd.DataFrame:
    """Return the held-out predictions that were logged when a version was trained.

    Raises
    ------
    ModelError
        If there are none.
    """
    with connected(store) as client, TemporaryDirectory() as folder:
        names = [item.path for item in client.list_artifacts(version.run_id, str(Path(HELD_OUT).parent))]
        if HELD_OUT not in names:
            raise ModelError(f"the run of version {version.number} has no held-out predictions. Train again.")
        return pd.read_parquet(client.download_artifacts(version.run_id, HELD_OUT, folder))


def score_with_version(store: Store, version: ModelVersion, rows: pd.DataFrame) -> pd.DataFrame:
    """Score rows of features with a version as it is served, without reasons.

    Its bundle is read, which is JSON and text; code and pickles that lie beside it in the store are never run.

    Raises
    ------
    ModelError
        If the version has no bundle, or another one than its training logged.
    """
    bundle = _bundle_of(store, version)
    return predict(bundle, rows, invited_among(rows))


def _bundle_of(store: Store, version: ModelVersion) -> Bundle:
    fault = f"version {version.number} of {store.model} must be as `silentnps train` logged it; got"
    address = f"models:/{store.model}/{version.number}/{_BUNDLE}"
    with connected(store), TemporaryDirectory() as folder:
        try:
            path = Path(mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=folder))
            digest = digest_of_file(path / "bundle.json")
        except (MlflowException, OSError):
            raise ModelError(f"{fault} one without a bundle. Run `silentnps train` again.") from None
        logged = version.tags.get(BUNDLE_DIGEST)
        if digest != logged:
            which = "one of an earlier silentnps" if logged is None else "a bundle.json with another SHA-256"
            raise ModelError(f"{fault} {which}. Run `silentnps train` again.")
        try:
            return load_bundle(path)
        except ModelError as error:
            told = str(error).replace(str(path), path.name)  # the download is gone when this is read
            raise ModelError(f"version {version.number} of {store.model}: {told}") from None


def _version(client: MlflowClient, registered: Any, aliases: Mapping[str, str]) -> ModelVersion:
    names = tuple(sorted(name for name, number in aliases.items() if str(number) == str(registered.version)))
    try:
        run = client.get_run(registered.run_id).data
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        run = None
    return ModelVersion(
        number=int(registered.version),
        run_id=str(registered.run_id),
        created_at=datetime.fromtimestamp(registered.creation_timestamp / 1000, UTC),
        aliases=names,
        tags=dict(registered.tags),
        params={} if run is None else dict(run.params),
        metrics={} if run is None else dict(run.metrics),
        run_tags={} if run is None else dict(run.tags),
    )
