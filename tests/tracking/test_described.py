"""The words and the table of an estimate that MLflow shows."""

from __future__ import annotations

import json

from mlflow import MlflowClient

from silentnps.tracking.described import TABLE, described_estimate, shown_estimate
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of


def test_the_description_has_the_number_with_its_interval_and_level(project: Project) -> None:
    report = read_estimate(project)
    text = described_estimate("demo", "2025-Q4", report)
    assert f"**{report.silent.value:+.1f}, {report.silent.low:+.1f} to {report.silent.high:+.1f}** (95 %" in text


def test_the_table_begins_with_silent_customers_and_has_every_segment(project: Project) -> None:
    report = read_estimate(project)
    table = shown_estimate(report)
    assert report.by_spend is not None
    by_spend = ["silent customers, by spend", "whole base, by spend"]
    assert table["of"].tolist()[3:5] == by_spend
    assert len(table) == 3 + len(by_spend) + len(report.segments)
    assert table.loc[0, ["of", "nps"]].tolist() == ["silent customers", round(report.silent.value, 1)]
    assert table.loc[:1, ["low", "high"]].notna().all(axis=None)
    assert table.loc[2, ["low", "high"]].isna().all()  # the NPS of those who answered is counted


def test_run_version_model_and_experiment_are_described_and_the_table_is_shown(project: Project) -> None:
    client, store = MlflowClient(store_of(project).uri), store_of(project)
    version = client.get_model_version_by_alias(store.model, "challenger")
    run = client.get_run(version.run_id)
    experiment = client.get_experiment(run.info.experiment_id)
    texts = {
        run.data.tags["mlflow.note.content"],
        experiment.tags["mlflow.note.content"],
        version.description,
        client.get_registered_model(store.model).description,
    }
    assert len(texts) == 1
    assert "report/report.html" in texts.pop()
    assert {"path": TABLE, "type": "table"} in json.loads(run.data.tags["mlflow.loggedArtifacts"])
    children = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    names = [child.info.run_name for child in children]
    assert sum(name.endswith(" (chosen)") for name in names) == 1
    assert any(name.startswith("1. ") for name in names)
