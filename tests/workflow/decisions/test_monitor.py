"""Monitor, on a small project with a wave after that of its model: exit codes, files, the command of the user."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scored_project import Heard
from tiny_project import customers, write_tiny

from silentnps.config import MonitoringConfig
from silentnps.errors import DataError, ModelError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.features import write_features
from silentnps.workflow.commands.train import train
from silentnps.workflow.decisions.monitor import monitor

N = 700
KEYS = ["schema_version", "silentnps", "project", "moment", "level", "exit_code", "headline", "advice",
        "false_alarms",
        "model", "compared", "checks", "features"]  # fmt: skip
CHECK_KEYS = ["name", "level", "text", "measure", "value", "low", "high", "confidence_level", "size", "limits",
              "p_value", "alpha", "n", "n_reference"]  # fmt: skip
FEATURE_KEYS = ["feature", "level", "since", "psi", "low", "high", "p_value", "missing", "missing_before", "n",
                "n_reference"]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with a model of 2025-Q1, whose features have no later wave."""
    folder = tmp_path_factory.mktemp("monitored")
    people = customers(N)
    first = people.iloc[: N // 2].assign(asked="2025-02-10 09:00", responded_at="2025-02-11 09:00")
    project = write_tiny(folder, people, first[["customer_id", "rating", "responded_at"]], **_sections())
    _invite(folder, {"2025-02-10 09:00:00": N})
    train(project)
    return project


def _sections(**monitoring: Any) -> dict[str, Any]:
    tables = {name: {"path": f"{name}.csv"} for name in ("customers", "responses", "invitations")}
    estimation = {"replicates": 10, "segments": ["region"], "wave": "2025-Q1"}
    return {"tables": tables, "waves": {"period": "quarter"}, "estimation": estimation, "monitoring": monitoring}


def _invite(folder: Path, moments: dict[str, int]) -> None:
    people = pd.read_csv(folder / "customers.csv")
    sent = [people[["customer_id"]].iloc[:n].assign(invited_at=moment) for moment, n in moments.items()]
    pd.concat(sent).to_csv(folder / "invitations.csv", index=False)


@pytest.fixture
def project(trained: Project, tmp_path: Path) -> Project:
    """Return a copy of the project."""
    shutil.copytree(trained.output.parent, tmp_path, dirs_exist_ok=True)
    return _at(trained, tmp_path)


def _at(project: Project, folder: Path, **monitoring: Any) -> Project:
    tables = {
        name: table.model_copy(update={"path": folder / f"{name}.csv"})
        for name, table in project.config.tables.items()
    }
    options = {"output": folder / "out", "tables": tables, "monitoring": MonitoringConfig(**monitoring)}
    config = project.config.model_copy(update=options)
    config._folder = folder
    return Project(config)


def second_wave(project: Project, *, answered: int = N // 2, **changes: Any) -> None:
    """Ask everybody again in the second quarter; `changes` are columns of customers, or the rating."""
    folder = project.output.parent
    people = customers(N).assign(**changes)
    people.drop(columns="rating").to_csv(folder / "customers.csv", index=False)
    first = pd.read_csv(folder / "responses.csv")
    again = (
        people[["customer_id", "rating"]].iloc[-answered:] if answered else people[["customer_id", "rating"]][:0]
    )
    pd.concat([first, again.assign(responded_at="2025-05-11 09:00")]).to_csv(folder / "responses.csv", index=False)
    _invite(folder, {"2025-02-10 09:00:00": N, "2025-05-10 09:00:00": N})
    write_features(project)


def levels(project: Project, **options: Any) -> dict[str, str]:
    return {check.name: check.level for check in monitor(project, **options).checks}


@pytest.fixture
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(datetime(2025, 7, 1).timestamp())))


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_fixed_clock")]


def test_without_a_new_wave_it_says_so_and_judges_the_age_alone(project: Project) -> None:
    result = monitor(project)
    judged = {check.name for check in result.checks if check.level != "not judged"}
    assert judged == {"age of labels"}
    assert result.exit_code == 0
    assert "nothing new" in result.content["headline"]
    assert all("no wave after 2025-Q1" in check.text for check in result.checks[:-1])


def test_old_labels_ask_for_attention_and_then_for_action(project: Project) -> None:
    folder = project.output.parent
    assert monitor(_at(project, folder, label_days=(100, 900))).exit_code == 3
    assert monitor(_at(project, folder, label_days=(100, 120))).exit_code == 4


def test_a_wave_in_which_nothing_changed_is_fine_and_the_json_has_its_keys(project: Project) -> None:
    second_wave(project)
    result = monitor(project)
    assert result.exit_code == 0, [(check.name, check.text) for check in result.checks]
    written = json.loads((project.monitor / "monitor.json").read_text())
    assert list(written) == KEYS
    assert [list(check) for check in written["checks"]] == [CHECK_KEYS] * 10
    assert all(list(each) == FEATURE_KEYS for each in written["features"])
    assert written["compared"]["new_answers"] == N // 2
    assert {check["level"] for check in written["checks"]} == {"fine"}
    assert json.loads(result.text) == written


def test_no_page_and_no_table_has_an_id_or_a_value_of_a_customer(project: Project) -> None:
    second_wave(project, region=np.where(np.arange(N) % 3 > 0, "Zaubertal", "Moordorf"))
    monitor(project)
    texts = [path.read_text() for path in project.monitor.iterdir()]
    assert len(texts) == 3
    for text in texts:
        assert not any(word in text for word in ("K00", "Zaubertal", "Moordorf", "south"))


def test_a_planted_drift_and_lower_ratings_are_found(project: Project) -> None:
    lower = np.clip(customers(N)["rating"] - 4, 0, 10)
    second_wave(project, usage=customers(N)["usage"] + 2, rating=lower)
    result = monitor(project)
    found = {check.name: check.level for check in result.checks}
    assert found["features"] == found["predictions"] == found["estimate"] == "act"
    assert result.exit_code == 4
    assert any("silentnps train" in line for line in result.content["advice"])
    assert "usage" in next(check.text for check in result.checks if check.name == "features")


def test_a_wave_without_answers_judges_the_rest(project: Project) -> None:
    second_wave(project, answered=0)
    found = levels(project)
    assert found["estimate"] == found["calibration"] == found["ranking"] == "not judged"
    assert found["features"] == "fine"
    assert found["answer rate"] == "act"


def test_an_answer_rate_is_judged_once_the_wave_has_settled(project: Project) -> None:
    second_wave(project, answered=40)
    assert levels(project)["answer rate"] == "act"
    assert levels(_at(project, project.output.parent, settled_days=90))["answer rate"] == "not judged"


def test_a_feature_that_is_gone_asks_for_action(project: Project) -> None:
    second_wave(project)
    people = pd.read_csv(project.output.parent / "customers.csv")
    people.drop(columns="usage").to_csv(project.output.parent / "customers.csv", index=False)
    write_features(project)
    result = monitor(project)
    assert result.exit_code == 4
    assert "usage" in result.checks[0].text
    assert {check.level for check in result.checks[1:-1]} == {"not judged"}


def test_the_base_at_a_moment_is_judged_without_a_wave(project: Project) -> None:
    moment = datetime(2025, 6, 1)
    with pytest.raises(DataError, match="features --as-of"):
        monitor(project, as_of=moment)
    write_features(project, as_of=moment)
    found = levels(project, as_of=moment)
    assert found["features"] == "fine"
    assert found["estimate"] == found["answer rate"] == "not judged"


def test_the_command_gets_the_json_and_its_failure_is_told(project: Project) -> None:
    folder = project.output.parent
    copy = "import sys; open('got.json', 'w').write(sys.stdin.read())"
    result = monitor(_at(project, folder, command=[sys.executable, "-c", copy]))
    assert (folder / "got.json").read_text() == result.text
    heard = Heard()
    failing = _at(project, folder, command=[sys.executable, "-c", "raise SystemExit(7)"])
    assert monitor(failing, watch=heard).exit_code == 0
    assert heard.said[-1] == "monitoring.command ended with exit code 7"


def test_the_same_files_give_the_same_bytes(project: Project) -> None:
    second_wave(project)
    assert monitor(project).text == monitor(project).text


def test_without_a_model_or_features_the_cure_is_named(project: Project) -> None:
    project.features.unlink()
    with pytest.raises(DataError, match="silentnps"):
        monitor(project)
    shutil.rmtree(project.model)
    with pytest.raises(ModelError, match="silentnps train"):
        monitor(project)
