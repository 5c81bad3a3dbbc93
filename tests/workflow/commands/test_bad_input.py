"""Bad input ends a command with one line: what, where and the cure; exit code 1, nothing half written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from projects import FEW_TABLES, Change, change, fails, run, write_project

from silentnps.workflow.artifacts.project import Project


def rated(rating: Callable[[pd.Series], pd.Series]) -> Change:
    return lambda table: table.assign(rating=rating(table["rating"]))


def first(n: int) -> Change:
    """Keep `n` answers of the last wave and none of the others."""

    def keep(table: pd.DataFrame) -> pd.DataFrame:
        last = table[table["responded_at"] >= "2025-10-01"]
        return last.head(n)

    return keep


@pytest.fixture
def small(folder: Path) -> Path:
    """Return a fresh project of few tables."""
    write_project(folder, tables=FEW_TABLES)
    return folder


def test_a_missing_file(small: Path) -> None:
    (small / "data" / "orders.parquet").unlink()
    fails(small, "orders.parquet")


def test_a_missing_column(small: Path) -> None:
    change(small, "responses", lambda table: table.drop(columns="rating"))
    fails(small, "responses", "rating")


def test_a_wrong_type(small: Path) -> None:
    change(small, "orders", lambda table: table.assign(amount="twelve"))
    fails(small, "orders", "amount")


def test_an_empty_table(small: Path) -> None:
    change(small, "responses", lambda table: table.head(0))
    fails(small, "responses")


def test_a_rating_above_ten(small: Path) -> None:
    change(small, "responses", rated(lambda rating: rating.where(rating.index != 3, 11)))
    assert "rating" in fails(small, "responses", "0", "10")


def test_no_answers_at_all(small: Path) -> None:
    change(small, "responses", lambda table: table.iloc[:0])
    fails(small, "responses")


@pytest.mark.slow
def test_one_class_only(small: Path) -> None:
    change(small, "responses", rated(lambda rating: rating * 0 + 10))
    fails(small, "two classes")


@pytest.mark.slow
def test_fewer_than_thirty_answers(small: Path) -> None:
    change(small, "responses", first(29))
    fails(small, "at least 30", "29")


@pytest.mark.slow
def test_an_unknown_customer_is_counted_and_set_aside(small: Path) -> None:
    change(
        small, "orders", lambda table: table.assign(customer_id=table["customer_id"].where(table.index > 4, "x"))
    )
    code, _, err = run("validate", "-c", small / "config.yaml")
    assert code == 0
    code, _, err = run("features", "-c", small / "config.yaml")
    assert code == 0
    assert "set aside" in err
    assert "customer_id" in err


@pytest.mark.slow
def test_a_column_named_twice(small: Path) -> None:
    pd.read_parquet(small / "data" / "orders.parquet").to_csv(small / "data" / "orders.csv", index=False)
    text = (small / "data" / "orders.csv").read_text()
    header, rest = text.split("\n", 1)
    (small / "data" / "orders.csv").write_text(header.replace("discount", "amount") + "\n" + rest)
    config = (small / "config.yaml").read_text().replace("orders.parquet", "orders.csv")
    (small / "config.yaml").write_text(config)
    fails(small, "amount")


def test_a_broken_yaml(folder: Path) -> None:
    (folder / "config.yaml").write_text("name: demo\ntables: {customers: [\n")
    fails(folder, "config.yaml", "YAML")


def test_an_unknown_key_is_named_with_the_known_ones(folder: Path) -> None:
    write_project(folder, outputs="x")
    fails(folder, "outputs", "output", "random_state")


def test_a_missing_configuration(tmp_path: Path) -> None:
    code, _, err = run("train", "-c", tmp_path / "nothing.yaml")
    assert code == 1
    assert "nothing.yaml" in err


def test_a_declared_feature_that_is_none(folder: Path) -> None:
    write_project(folder, tables=FEW_TABLES, features={"shadow_features": ["late_deliverys"]})
    fails(folder, "late_deliverys")


@pytest.mark.parametrize("section", [{"model": {"fairness": ["tear"]}}, {"estimation": {"segments": ["tear"]}}])
def test_a_group_that_no_feature_cuts_is_refused_before_the_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch, section: dict[str, object]
) -> None:
    write_project(folder, tables=FEW_TABLES, **section)
    monkeypatch.setattr("silentnps.workflow.commands.train.train_model", None)
    fails(folder, "'tear'", "columns of the features")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"late_deliverys": 0.0}, "'late_deliverys'"),
        ({"customers_tenure_days": "long"}, "a finite number; got 'long'"),
    ],
)
def test_a_scenario_that_the_model_cannot_answer_is_refused_before_the_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], words: str
) -> None:
    write_project(folder, tables=FEW_TABLES, explanation={"what_if": {"better": change}})
    monkeypatch.setattr("silentnps.workflow.commands.train.train_model", None)
    fails(folder, "what-if must", words)


def test_a_wave_that_does_not_exist(folder: Path) -> None:
    write_project(folder, tables=FEW_TABLES, estimation={"wave": "2031-Q1"})
    fails(folder, "2031-Q1", "2025-Q4")


@pytest.mark.parametrize("command", ["estimate", "score", "report"])
def test_a_step_before_training_names_the_step_that_is_missing(folder: Path, command: str) -> None:
    fails(folder, "silentnps train", command=command)


def test_an_output_that_cannot_be_written(folder: Path) -> None:
    shutil.rmtree(folder / "out")
    (folder / "out").write_text("a file where the folder should be")
    fails(folder, "out")


def copied(project: Project, folder: Path) -> Path:
    others = shutil.ignore_patterns("mlflow.db", "mlartifacts")
    shutil.copytree(project.output, folder / "out", ignore=others, dirs_exist_ok=True)
    return folder


def test_a_model_that_was_trained_on_other_columns(project: Project, folder: Path) -> None:
    copied(project, folder)
    features = pd.read_parquet(folder / "out" / "features.parquet")
    features.drop(columns="region").to_parquet(folder / "out" / "features.parquet")
    fails(folder, "region", "train again", command="score")


def test_features_of_an_earlier_version_are_told(project: Project, folder: Path) -> None:
    copied(project, folder)
    features = pd.read_parquet(folder / "out" / "features.parquet")
    features.drop(columns="reminders").to_parquet(folder / "out" / "features.parquet")
    fails(folder, "earlier version", "silentnps train", command="score")


def test_a_newer_model_is_refused(project: Project, folder: Path) -> None:
    copied(project, folder)
    path = folder / "out" / "model" / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 99}))
    fails(folder, "99", command="score")


def test_a_damaged_model_is_named(project: Project, folder: Path) -> None:
    copied(project, folder)
    (folder / "out" / "model" / "bundle.json").write_text("{")
    fails(folder, "damaged", command="score")


def test_a_changed_role_needs_a_new_training(project: Project, folder: Path) -> None:
    copied(project, folder)
    write_project(folder, features={"neither": ["returns_count_90d"]})
    fails(folder, "train", command="estimate")


@pytest.mark.slow
def test_few_answers_give_missing_at_random_and_a_warning(small: Path) -> None:
    folder = small
    change(folder, "responses", first(90))
    assert run("train", "-c", folder / "config.yaml")[0] == 0
    code, out, err = run("estimate", "-c", folder / "config.yaml")
    assert code == 0
    assert "Only 90 answers" in err
    assert "mar (headline)" in out
    assert run("report", "-c", folder / "config.yaml")[0] == 0
    assert "Do the shadow features hold up?" not in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_a_changed_prior_needs_a_new_training(project: Project, folder: Path) -> None:
    copied(project, folder)
    write_project(folder, estimation={"selection_prior_sd": 2.0, "replicates": 10})
    fails(folder, "selection_prior_sd", "train", command="estimate")


@pytest.mark.parametrize("changed", [{"random_state": 7}, {"model": {"folds": 4}}])
def test_changed_splits_need_a_new_training(project: Project, folder: Path, changed: dict[str, object]) -> None:
    copied(project, folder)
    write_project(folder, **changed)
    fails(folder, next(iter(changed.get("model", changed))), "train", command="estimate")


def test_a_report_never_mixes_two_models(project: Project, folder: Path) -> None:
    copied(project, folder)
    path = folder / "out" / "estimate" / "estimate.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_digest": "another"}))
    fails(folder, "another model", "silentnps estimate", command="report")


def test_a_broken_mlflow_store_is_named_before_the_training(folder: Path) -> None:
    (folder / "out" / "mlflow.db").write_bytes(b"this is no database" * 500)
    fails(folder, "MLflow", "mlflow.db")
    assert not (folder / "out" / "features.parquet").exists()


def test_a_password_in_the_tracking_address_is_not_shown(folder: Path) -> None:
    write_project(folder, tables=FEW_TABLES, tracking={"uri": "http://anna:secret@127.0.0.1:9"})
    assert "secret" not in fails(folder, "MLflow", "127.0.0.1:9")


def test_features_that_were_built_anew_are_told_when_scoring(project: Project, folder: Path) -> None:
    copied(project, folder)
    code, _, err = run("score", "-c", folder / "config.yaml")
    assert code == 0
    assert "were rebuilt" not in err
    path = folder / "out" / "features.parquet"
    pd.read_parquet(path).assign(orders_count_30d=0.0).to_parquet(path)
    assert "were rebuilt" in run("score", "-c", folder / "config.yaml")[2]


@pytest.mark.slow
def test_a_base_where_everybody_answered_is_trained_and_estimated(folder: Path) -> None:
    answered = pd.read_parquet(folder / "data" / "responses.parquet")["customer_id"]
    for path in (folder / "data").glob("*.parquet"):
        if "customer_id" in pd.read_parquet(path):
            change(folder, path.stem, lambda table: table[table["customer_id"].isin(answered)])
    text = (folder / "config.yaml").read_text()
    kept = "\n".join(line for line in text.splitlines() if "period" not in line).replace(
        "waves:", "waves: {dates: [2025-01-01]}"
    )
    (folder / "config.yaml").write_text(kept + "\n")
    assert run("train", "-c", folder / "config.yaml")[0] == 0
    code, out, _ = run("estimate", "-c", folder / "config.yaml")
    assert code == 0
    assert "nobody stayed silent" in out
    assert run("report", "-c", folder / "config.yaml")[0] == 0
    assert "everybody answered" in (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert run("explain", "-c", folder / "config.yaml")[0] == 0
    assert pd.read_csv(folder / "out" / "drivers" / "groups.csv").columns[0] == "grouping"
