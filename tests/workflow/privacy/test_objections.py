"""Customers who opted out, and customers who were forgotten, are left out as configured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from projects import FEW_TABLES, change, run, write_project

from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.privacy.forgotten import forgotten_path, read_forgotten, remember_to_forget
from silentnps.workflow.privacy.permissions import not_to_be_scored

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small retailer of whom two customers who answered opted out."""
    folder = tmp_path_factory.mktemp("objections")
    simulate(folder / "data", customers=300, seed=0)
    answered = pd.read_parquet(folder / "data" / "responses.parquet")["customer_id"].unique()[:2]
    change(
        folder,
        "customers",
        lambda table: table.assign(opted_out=table["opted_out"] | table["customer_id"].isin(answered)),
    )
    return folder


def built(folder: Path, name: str, **privacy: object) -> tuple[Project, pd.DataFrame, set[str], str]:
    """Return a project whose features were built, these, the ids that opted out, and what was said."""
    config = write_project(folder, output=f"out_{name}", tables=FEW_TABLES, privacy=privacy)
    code, _, said = run("features", "-c", config)
    assert code == 0, said
    project = Project(load_config(config))
    customers = pd.read_parquet(folder / "data" / "customers.parquet")
    return project, read_features(project), set(customers.loc[customers["opted_out"], "customer_id"]), said


def test_by_default_the_answers_of_those_who_opted_out_do_not_count_and_they_do(folder: Path) -> None:
    project, features, out, said = built(folder, "default")
    theirs = features[features["customer_id"].isin(out)]
    assert set(theirs["customer_id"]) == out
    assert not theirs["respondent"].any()
    assert not theirs["invited"].any()
    assert theirs["rating"].isna().all()
    assert "opted out:" in said
    assert not_to_be_scored(project.config) == out


def test_with_train_their_answers_count(folder: Path) -> None:
    _, features, out, said = built(folder, "train", opted_out={"train": True})
    assert features[features["customer_id"].isin(out)]["respondent"].any()
    assert "opted out:" not in said


def test_without_count_nothing_is_built_of_them_and_their_number_is_said(folder: Path) -> None:
    project, features, out, said = built(folder, "count", opted_out={"count": False, "score": True})
    assert not set(features["customer_id"]) & out
    assert f"left out: {len(out)} customers who opted out" in said
    assert not_to_be_scored(project.config) == out


def test_a_forgotten_customer_does_not_come_back_while_the_tables_have_rows(folder: Path) -> None:
    project, features, _, _ = built(folder, "forgotten")
    person = str(features["customer_id"].iloc[5])
    remember_to_forget(project, person, now=NOW, models=["1 (2025-Q4)"])
    _, again, _, said = built(folder, "forgotten")
    assert set(features["customer_id"]) - set(again["customer_id"]) == {person}
    assert "left out: 1 forgotten customer" in said
    assert person not in said
    assert person not in forgotten_path(project).read_text(encoding="utf-8")


def test_another_key_and_a_damaged_record_are_refused_instead_of_bringing_customers_back(folder: Path) -> None:
    project, features, _, _ = built(folder, "key")
    remember_to_forget(project, str(features["customer_id"].iloc[0]), now=NOW, models=[])
    record = read_forgotten(project)
    assert record is not None
    assert len(record.customers) == 1
    (project.output / "privacy.key").unlink()
    code, _, said = run("features", "-c", folder / "config.yaml")
    assert code == 1
    assert "got another key" in said
    forgotten_path(project).write_text("{", encoding="utf-8")
    code, _, said = run("features", "-c", folder / "config.yaml")
    assert code == 1
    assert "got a damaged one" in said
