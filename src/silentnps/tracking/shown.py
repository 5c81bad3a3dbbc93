"""What the MLflow UI shows of a training: the view of the runs, descriptions with links, and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

from silentnps.tracking import RegisteredVersion

NOTE = "mlflow.note.content"
"""The tag that the UI shows as the description of a run or an experiment."""

VIEW = "silentnps"
"""The key by which a link of the UI opens the view of the runs with the columns of `COLUMNS`."""

COLUMNS = (
    *("metrics.`silent/nps`", "metrics.`silent/nps_low`", "metrics.`silent/nps_high`", "metrics.`base/nps`"),
    *("metrics.`survey/nps`", "metrics.`cv/rps`", "metrics.`cv/log_loss`", "tags.`silentnps.wave`"),
    *("params.`candidate`", "attributes.`Models`"),
)
"""The columns of the view, by the names of the UI."""

EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    f"mlflow.sharedViewState.{VIEW}": json.dumps(
        {
            "name": "NPS of silent customers",
            "createdAt": 0,
            "state": json.dumps({"selectedColumns": COLUMNS, "columnOrder": COLUMNS}),
        }
    ),
}
"""The tags of an experiment: it is model development, with metrics and charts, and has a view of its runs."""

_OURS = "NPS of silent customers of "
"""How a description begins that may be replaced; one that a person wrote is kept."""


def linked(text: str, experiment: str, run_id: str, pages: Mapping[str, str]) -> str:
    """Return a description in Markdown: a text, then links to artifacts of a run, by their words."""
    base = f"#/experiments/{experiment}/runs/{run_id}/artifacts"
    links = [f"[{words}]({base}/{path}?workflowType=machine_learning)" for words, path in pages.items()]
    return f"{text}\n\nLook at: {', '.join(links)}." if links else text


def describe(client: MlflowClient, registered: RegisteredVersion, text: str) -> None:
    """Set the description of a run, of its experiment, and of the registered model and version."""
    client.set_tag(registered.run_id, NOTE, text)
    client.update_model_version(registered.model, registered.version, text)
    newest = client.get_model_version_by_alias(registered.model, "challenger").version
    if str(newest) != registered.version:
        return  # the experiment and the model are described by their newest training
    if _replaceable(client.get_registered_model(registered.model).description):
        client.update_registered_model(registered.model, text)
    experiment = client.get_experiment(client.get_run(registered.run_id).info.experiment_id)
    if _replaceable(experiment.tags.get(NOTE)):
        client.set_experiment_tag(experiment.experiment_id, NOTE, text)


def log_tables(client: MlflowClient, run_id: str, folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Log tables by artifact path (`folder/name.json`) such that the UI shows them as tables.

    As `mlflow.log_table`, but in place of an earlier table; `folder` is where the files are written.
    """
    tags = client.get_run(run_id).data.tags
    shown = json.loads(tags.get(MLFLOW_LOGGED_ARTIFACTS, "[]"))
    for path, table in tables.items():
        file = folder / Path(path).name
        file.write_text(table.to_json(orient="split", index=False), encoding="utf-8")
        client.log_artifact(run_id, str(file), str(Path(path).parent))
        shown = _with(shown, path)
    client.set_tag(run_id, MLFLOW_LOGGED_ARTIFACTS, json.dumps(shown))


def _with(shown: Sequence[Mapping[str, str]], path: str) -> list[Mapping[str, str]]:
    return [*(each for each in shown if each["path"] != path), {"path": path, "type": "table"}]


def _replaceable(text: str | None) -> bool:
    return not text or text.startswith(_OURS)
