"""A new user gets from exports to a report, scores and a list to call by five commands, without an editor."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from new_user import write_new_user
from projects import run

from silentnps.config import load_config
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("survey", "orders"), [("own", "sqlite"), ("delighted", "shopify"), ("qualtrics", "xlsx")])
def test_five_commands_lead_from_files_to_a_report_scores_and_calls(
    tmp_path: Path, survey: str, orders: str
) -> None:
    user = write_new_user(tmp_path, customers=2000, seed=3, survey=survey, orders=orders)
    config = tmp_path / "config.yaml"
    for words in (
        ["init", *user.files, "-o", config, "--timezone", "UTC", "--yes"],
        ["train", "-c", config],
        ["report", "-c", config],
        ["score", "-c", config, "--csv"],
        ["plan", "-c", config, "--width", "60"],
    ):
        code, out, err = run(*words)
        assert code == 0, (words[0], out, err)
        if words[0] == "report":
            assert "silent customers, estimated" in out
    project = Project(load_config(config))
    assert "silent customers" in project.report.read_text(encoding="utf-8")
    scores = pd.concat(pd.read_csv(path) for path in project.scores.glob("part-*.csv"))
    calls = pd.read_csv(project.output / "calls.csv")
    assert len(scores) > 1500
    assert set(calls["customer_id"]) <= set(scores["customer_id"])
    assert len(calls) > 10
    at_risk = pd.read_csv(project.at_risk)
    silent_scores = scores[scores["source"] == "model"].set_index("customer_id")["p_detractor"]
    assert len(at_risk) == min(1000, len(silent_scores))
    assert at_risk["p_detractor"].is_monotonic_decreasing
    assert at_risk["p_detractor"].iloc[0] == pytest.approx(silent_scores.max(), abs=0.001)
    assert at_risk["reasons_against"].notna().mean() > 0.9
    silent = read_estimate(project).silent
    assert -100 <= silent.low < silent.value < silent.high <= 100
