"""A training stops at features that know the outcome, says which and why, and goes on where they are allowed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from projects import CANDIDATES, FEW_TABLES, change, fails, run, write_project

from silentnps.config import load_config
from silentnps.errors import DataError
from silentnps.features.catalog import CATALOG, feature
from silentnps.features.engine import expressions
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.audit import LeakAudit, audit_leaks
from silentnps.workflow.base import build_project
from silentnps.workflow.watch import Quiet
from silentnps.workflow.wave_data import in_survey, learn, survey_data, wave_to_estimate

CHEAP = {"repeats": 1, "folds": 2, "trees": 5, "candidates": CANDIDATES, "learning_curve": False}


class Notes(Quiet):
    """A watch that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def audited(
    folder: Path, *, times: int = 1, watch: Notes | None = None, all_tables: bool = False, **features: object
) -> list[LeakAudit]:
    """Audit the features of a project as its training does, without training."""
    tables = {} if all_tables else {"tables": FEW_TABLES}
    project = Project(load_config(write_project(folder, features=features, **tables)))
    frame, origin = build_project(project)
    wave = wave_to_estimate(frame, project.config)
    of_training = frame[in_survey(frame, wave, random_state=None)].reset_index(drop=True)
    rows = learn(frame, project.config.features, random_state=0).apply(of_training)
    data = survey_data(rows, wave, project.config.features)
    ratings = rows["rating"].to_numpy(dtype=np.float64, na_value=np.nan)
    return [
        audit_leaks(
            frame,
            origin,
            data,
            ratings,
            config=project.config.features,
            random_state=project.config.random_state,
            target=project.leak_audit,
            watch=watch or Notes(),
        )
        for _ in range(times)
    ]


def know_the_answer(folder: Path) -> None:
    """Give customers an attribute of innocent name that tells detractors, and one with the name of an outcome."""
    answers = pd.read_parquet(folder / "data" / "responses.parquet").groupby("customer_id")["rating"].last()

    def add(customers: pd.DataFrame) -> pd.DataFrame:
        rating = customers["customer_id"].map(answers)
        rng = np.random.default_rng(0)
        return customers.assign(
            mood=np.where(rating.isna(), None, np.where(rating <= 6, "low", "fine")),
            lastNpsScore=rng.integers(0, 11, len(customers)),
        )

    change(folder, "customers", add)


@pytest.fixture
def cheat(monkeypatch):
    """Register a feature that counts deliveries whenever they came, which the raw table brings along."""

    def with_deliveries(name, tables, prepared=expressions._prepared):
        rows = prepared(name, tables)
        return (
            rows.mutate(n_ever=rows.delivered_at.count().over(group_by="customer_id")) if name == "orders" else rows
        )

    def orders_delivered_ever(events):
        """Orders that were ever delivered."""
        return events.n_ever.max()

    monkeypatch.setattr(expressions, "_prepared", with_deliveries)
    options = {"family": "cheat", "unit": "orders", "role": "response driver", "words": "delivered", "empty": 0}
    feature("orders", **options)(orders_delivered_ever)
    yield "orders_delivered_ever"
    del CATALOG["orders_delivered_ever"]


@pytest.mark.slow
def test_every_leak_is_named_with_its_evidence_and_the_cure(folder: Path, cheat: str) -> None:
    know_the_answer(folder)
    write_project(folder, tables=FEW_TABLES)
    error = fails(folder, "got 3 that may", "mood", "lastNpsScore", cheat)
    told = re.search(
        r"mood \(alone tells a detractor with AUC 1\.000, 95 % interval 0\.(\d+) to 1\.000, (.*?)\)", error
    )
    assert int(told.group(1)) > 950
    assert told.group(2).endswith(" answers of the wave")
    assert "lastNpsScore (named like an outcome, 'nps')" in error
    found = re.search(
        cheat + r" \(changes in ([\d,]+) of 2,000 rows .* filled in ([\d,]+) rows before, in ([\d,]+)", error
    )
    changed, before, after = (int(number.replace(",", "")) for number in found.groups())
    assert 0 < changed < 2000
    assert before >= after > 0
    names = f"[{cheat!r}, 'mood', 'lastNpsScore']"
    assert f"features.exclude: {names}" in error
    assert f"features.allow_leaks: {names}" in error
    table = pd.read_csv(folder / "out" / "leak_audit.csv").set_index("name")
    assert table.index[table["verdict"] == "leak"].tolist() == [cheat, "mood", "lastNpsScore"]
    assert not (folder / "out" / "model").exists()


@pytest.mark.slow
def test_the_cure_cures(folder: Path, cheat: str) -> None:
    know_the_answer(folder)
    [found] = audited(folder, all_tables=True, exclude=[cheat, "mood", "lastNpsScore"])
    assert (found.table["verdict"] == "clean").all()
    notes = Notes()
    [found] = audited(folder, allow_leaks=[cheat, "mood", "lastNpsScore"], watch=notes)
    assert found.allowed == (cheat, "mood", "lastNpsScore")
    allowed = [line for line in notes.said if line.startswith("leak allowed")]
    assert len(allowed) == 3
    assert "AUC" in allowed[1]


@pytest.mark.slow
def test_an_allowed_leak_is_recorded_with_the_model(folder: Path) -> None:
    know_the_answer(folder)
    write_project(folder, tables=FEW_TABLES, features={"allow_leaks": ["mood", "lastNpsScore"]}, model=CHEAP)
    code, _, err = run("train", "-c", folder / "config.yaml")
    assert code == 0, err
    assert "leak allowed by features.allow_leaks: mood (alone tells a detractor" in " ".join(err.split())
    project = Project(load_config(folder / "config.yaml"))
    number = json.loads((folder / "out" / "run.json").read_text())["run_id"]
    client = mlflow.MlflowClient(store_of(project).uri)
    logged = client.get_run(number).data
    assert logged.params["features.allow_leaks"] == "mood, lastNpsScore"
    assert logged.tags["silentnps.leaks_allowed"] == "mood, lastNpsScore"
    table = pd.read_csv(client.download_artifacts(number, "validation/leak_audit.csv"))
    pd.testing.assert_frame_equal(table, pd.read_csv(folder / "out" / "leak_audit.csv"))
    assert table.loc[table["verdict"] == "allowed", "name"].tolist() == ["mood", "lastNpsScore"]


def test_an_honest_project_has_one_clean_row_a_feature(project: Project) -> None:
    table = pd.read_csv(project.leak_audit)
    features = pd.read_parquet(project.features).columns
    assert set(table["name"]) >= {*features} - {
        *("customer_id", "wave", "as_of", "invited", "respondent", "rating", "reminders")
    }
    assert table["name"].is_unique
    assert (table["verdict"] == "clean").all()
    assert (table["n_changed"].dropna() == 0).all()
    assert table["auc"].between(0.0, 0.95).all()


@pytest.mark.slow
def test_a_column_that_only_those_who_answered_the_wave_have_stops_the_training(folder: Path) -> None:
    answers = pd.read_parquet(folder / "data" / "responses.parquet")
    of_wave = set(answers.loc[answers["responded_at"] >= "2025-10-01", "customer_id"])
    change(
        folder,
        "customers",
        lambda table: table.assign(reason=np.where(table["customer_id"].isin(of_wave), "price", None)),
    )
    with pytest.raises(DataError, match=r"got 1 that may: reason \(known for .* who answered and "):
        audited(folder)
    [found] = audited(folder, allow_leaks=["reason"])
    assert found.allowed == ("reason",)


@pytest.mark.slow
def test_nothing_is_allowed_by_a_name_that_is_no_feature(folder: Path) -> None:
    write_project(folder, tables=FEW_TABLES, features={"allow_leaks": ["moood"]})
    fails(folder, "features.allow_leaks", "moood")


@pytest.mark.slow
def test_thirty_answers_are_not_stopped_by_chance(folder: Path) -> None:
    # Chance may order thirty answers without a fault; that it did so is no proof.
    change(folder, "responses", lambda table: table[table["responded_at"] >= "2025-10-01"].head(30))
    rating = pd.read_parquet(folder / "data" / "responses.parquet").set_index("customer_id")["rating"]
    unhappy = rating.le(6).astype("float64")
    change(folder, "customers", lambda table: table.assign(luck=table["customer_id"].map(unhappy).fillna(0.0)))
    found = audited(folder, all_tables=True)[0].table.set_index("name")
    assert found.loc["luck", "auc"] == 1.0
    assert (found["verdict"] == "clean").all()


@pytest.mark.slow
def test_the_same_features_have_the_same_audit(folder: Path) -> None:
    know_the_answer(folder)
    one, again = audited(folder, times=2, allow_leaks=["mood", "lastNpsScore"])
    pd.testing.assert_frame_equal(one.table, again.table, check_exact=True)
