"""What the report tells of other commands: of the playbook, of a comparison of this model, of the last lists."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from acted_project import write_acted

from silentnps.actions.playbook import read_playbook
from silentnps.workflow.decisions.lists.files import write_ledger
from silentnps.workflow.first_screen.found import compared_segments, last_lists, with_actions

ROWS = [
    ("recover", "2025-06-01", "C1", "treated", 0.9, 900.0, "done"),
    ("recover", "2025-07-01", "C2", "treated", 0.5, 100.0, "done"),
    ("recover", "2025-07-01", "C3", "treated", 0.8, 10.0, "open"),
    ("recover", "2025-07-01", "C4", "holdout", 0.9, 500.0, "open"),
    ("survey", "2025-06-15", "C5", "treated", np.nan, np.nan, "open"),
]


def test_only_drivers_that_a_rule_for_detractors_names_have_an_owner() -> None:
    reach = pd.DataFrame({"driver": ["delivery", "tenure", "tier", "(start)"]})
    found = with_actions(reach, read_playbook()).set_index("driver")
    assert found.loc["delivery", ["owner", "effort"]].tolist() == ["logistics", "medium"]
    assert (found.drop(index="delivery")[["owner", "effort", "action"]] == "").all(axis=None)


def test_the_last_list_of_each_goal_is_told_with_its_value(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    assert last_lists(project).empty
    names = ["goal", "listed_on", "customer_id", "arm", "probability", "expected_spend", "status"]
    ledger = pd.DataFrame(ROWS, columns=names)
    write_ledger(project, ledger.assign(listed_on=pd.to_datetime(ledger["listed_on"])))
    found = last_lists(project).set_index("goal")
    assert found.loc["recover"].tolist() == ["2025-07-01", 2, 1, 1, 58.0]
    assert found.loc["survey", "n_listed"] == 1
    assert np.isnan(found.loc["survey", "value"])


def test_a_comparison_of_another_model_is_not_told(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    assert compared_segments(project, model_digest="a") == ()
    project.comparison.mkdir(parents=True)
    values = {"model_digest": "a", "sentences": ["region: none."]}
    (project.comparison / "compare.json").write_text(json.dumps(values))
    assert compared_segments(project, model_digest="a") == ("region: none.",)
    assert compared_segments(project, model_digest="b") == ()
