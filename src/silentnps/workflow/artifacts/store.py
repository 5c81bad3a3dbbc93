"""Where the runs of a project are kept."""

from __future__ import annotations

import os

from silentnps.tracking.address import SQLITE, Store, sqlite_uri
from silentnps.workflow.artifacts.project import Project


def store_of(project: Project) -> Store:
    """Return the MLflow store: configured, by MLflow's variables, or a SQLite file in the output folder."""
    tracking, output = project.config.tracking, project.output.resolve()
    uri = tracking.uri or os.environ.get("MLFLOW_TRACKING_URI")
    on_a_server = uri is not None and not uri.startswith(SQLITE)
    return Store(
        uri=uri or sqlite_uri(output / "mlflow.db"),
        experiment=tracking.experiment or project.config.name,
        model=tracking.registered_model or project.config.name,
        artifacts=None if on_a_server else output / "mlartifacts",
    )
