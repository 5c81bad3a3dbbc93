"""What the UI shows: a view of the runs, links, and descriptions that do not replace those of a person."""

from __future__ import annotations

import json

from silentnps.tracking.shown import COLUMNS, EXPERIMENT_TAGS, VIEW, linked


def test_the_view_of_an_experiment_has_the_estimate_first() -> None:
    view = json.loads(EXPERIMENT_TAGS[f"mlflow.sharedViewState.{VIEW}"])
    assert json.loads(view["state"])["selectedColumns"] == list(COLUMNS)
    assert COLUMNS[0] == "metrics.`silent/nps`"
    assert EXPERIMENT_TAGS["mlflow.experimentKind"] == "custom_model_development"


def test_a_description_links_to_the_artifacts_of_its_run() -> None:
    text = linked("NPS 3", "1", "abc", {"report": "report/report.html"})
    assert "[report](#/experiments/1/runs/abc/artifacts/report/report.html?workflowType=machine_learning)" in text
    assert linked("NPS 3", "1", "abc", {}) == "NPS 3"
