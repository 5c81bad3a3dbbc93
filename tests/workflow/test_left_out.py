"""Personal attributes are no features: said in one line, listed, brought back on request, settled by training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from projects import run, write_project

from silentnps.config import load_config
from silentnps.data.identity.linked_tables import open_tables
from silentnps.workflow import base as base_module
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.left_out import AsTrained, known_names, left_out_of, without_personal

N = 240
PLANS = ["basic"] * 120 + ["gold"] * 117 + ["founders of 1999"] * 3


@dataclass
class Base:
    folder: Path

    def config(self, **features: Any) -> Path:
        paths = {name: {"path": f"data/{name}.csv"} for name in ("customers", "responses")}
        return write_project(self.folder, tables=paths, estimation={"segments": ["plan"]}, features=features)

    @property
    def columns(self) -> list[str]:
        return pd.read_parquet(self.folder / "out" / "features.parquet").columns.tolist()

    @property
    def findings(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "out" / "validation.csv").set_index("column")


@pytest.fixture
def base(tmp_path: Path) -> Base:
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(N)],
            "email": [f"somebody{i}@example.org" for i in range(N)],
            "note": [f"talked about matter {i} at length" if i % 2 else None for i in range(N)],
            "plan": PLANS,
            "age": [20 + i % 50 for i in range(N)],
        }
    )
    (tmp_path / "data").mkdir()
    customers.to_csv(tmp_path / "data" / "customers.csv", index=False)
    rated = customers.head(60)[["customer_id"]].assign(responded_at="2025-03-01", rating=9)
    rated.to_csv(tmp_path / "data" / "responses.csv", index=False)
    return Base(tmp_path)


LINE = (
    "left out as personal or near-unique: email (e-mail addresses), note (free text); "
    "features.include brings one back"
)


@pytest.mark.parametrize("command", ["validate", "features"])
def test_what_is_left_out_is_said_in_one_line_and_listed(base: Base, command: str) -> None:
    code, out, err = run(command, "-c", base.config())
    assert code == 0, err
    assert " ".join((out + err).split()).count(LINE) == 1
    listed = base.findings[base.findings["severity"] == "left out"]
    assert listed["rows"].to_dict() == {"email": N, "note": N // 2}
    assert "somebody" not in (base.folder / "out" / "validation.csv").read_text("utf-8")


def test_personal_attributes_are_no_features_and_rare_levels_are_together(base: Base) -> None:
    run("features", "-c", base.config())
    assert {"plan", "age"} <= set(base.columns)
    assert not {"email", "note"} & set(base.columns)
    plans = pd.read_parquet(base.folder / "out" / "features.parquet")["plan"]
    assert plans.value_counts().to_dict() == {"basic": 120, "gold": 117, "(other)": 3}


def test_include_brings_an_attribute_and_rare_levels_back(base: Base) -> None:
    code, _, err = run("features", "-c", base.config(include=["note", "plan"]))
    assert code == 0, err
    assert "note" in base.columns
    assert "email" not in base.columns
    plans = pd.read_parquet(base.folder / "out" / "features.parquet")["plan"]
    assert (plans == "founders of 1999").sum() == 3


def test_what_is_excluded_anyway_is_not_named(base: Base) -> None:
    _, _, err = run("features", "-c", base.config(exclude=["note", "email"]))
    assert "left out as personal" not in err


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"include": ["emial"]}, "features.include must name attributes of customers; got 'emial'"),
        ({"include": ["note"], "exclude": ["note"]}, "must not name the same; got 'note'"),
        ({"response_drivers": ["email"]}, "features.response_drivers must name columns that are used; got 'email'"),
        ({"shadow_features": ["email"]}, "features.shadow_features must name columns that are used; got 'email'"),
        ({"percentile_segment": "note"}, "features.percentile_segment must name columns that are used; got 'note'"),
    ],
)
def test_what_contradicts_what_is_left_out_is_refused_with_the_cure(
    base: Base, features: dict[str, Any], words: str
) -> None:
    code, _, err = run("features", "-c", base.config(**features))
    assert code == 1
    assert words in " ".join(err.split())


def test_what_training_decided_holds_in_later_nights(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    config = base.config()
    decided = AsTrained(frozenset({"note", "plan"}), {"plan": ("founders of 1999",)}, {"age": "once near-unique"})
    monkeypatch.setattr(base_module, "as_trained", lambda model: decided)
    code, _, err = run("features", "-c", config)
    assert code == 0, err
    assert "left out as personal or near-unique: email (e-mail addresses), age (once near-unique);" in " ".join(
        err.split()
    )
    assert {"note", "plan"} <= set(base.columns)
    plans = pd.read_parquet(base.folder / "out" / "features.parquet")["plan"]
    assert (plans == "founders of 1999").sum() == 3


def test_a_training_decides_anew_whatever_the_model_before_has(base: Base) -> None:
    project = Project(load_config(base.config()))
    tables = open_tables(project.config)
    anew = AsTrained()
    left_out = left_out_of(project.config.features, tables, anew)
    assert [each.column for each in left_out] == ["email", "note"]
    kept = without_personal(project.config, tables, left_out, anew)["customers"]
    assert kept.columns == ("customer_id", "plan", "age")


@pytest.mark.parametrize("header", ["PLAN", " Plan ", "plan"])
def test_an_attribute_is_that_of_the_model_and_the_configuration_whatever_its_case(base: Base, header: str) -> None:
    config = load_config(base.config(neither=["age"], exclude=["email"]))
    trained = AsTrained(columns=frozenset({"plan", "orders_count_90d"}), left_out={"my note": "free text"})
    names = [header, "AGE", "E_Mail", "EMAIL", "My_Note", "Orders Count 90d"]
    expected = {header: "plan", "AGE": "age", "EMAIL": "email", "My_Note": "my note"}
    assert known_names(names, config, trained) == {own: name for own, name in expected.items() if own != name}


def test_of_two_attributes_that_differ_in_case_only_none_is_renamed(base: Base) -> None:
    trained = AsTrained(columns=frozenset({"plan", "Age group", "AGE_GROUP"}))
    config = load_config(base.config())
    assert known_names(["Plan", "PLAN", "age_group"], config, trained) == {}


def test_headers_in_capitals_give_the_features_of_the_model(base: Base) -> None:
    config = base.config(exclude=["age"])
    frame = pd.read_csv(base.folder / "data" / "customers.csv", dtype=str)
    assert run("features", "-c", config)[0] == 0
    before = pd.read_parquet(base.folder / "out" / "features.parquet")
    frame.rename(columns=str.upper).to_csv(base.folder / "data" / "customers.csv", index=False)
    code, _, err = run("features", "-c", config)
    assert code == 0
    assert "it reads PLAN as plan, AGE as age" in err
    pd.testing.assert_frame_equal(pd.read_parquet(base.folder / "out" / "features.parquet"), before)
