"""The model as others load it: what it takes and refuses, and the same scores wherever it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from background import free_port, outside, running
from mlflow.exceptions import MlflowException

from silentnps.bundle.bundle import load_bundle
from silentnps.explanation.contributions.explain import explain
from silentnps.explanation.reasons import REASONS, reasons_in_words
from silentnps.explanation.topics import merge_by_topic
from silentnps.features.engine.expressions import KEYS
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of

NUMBER, CATEGORY = "orders_count_90d", "region"


@pytest.fixture(scope="module")
def rows(project: Project) -> pd.DataFrame:
    frame = pd.read_parquet(project.features)
    frame = frame[frame["wave"] == load_bundle(project.model).info["wave"]]
    return frame.drop(columns=[key for key in KEYS if key != "invited"]).head(40).reset_index(drop=True)


@pytest.fixture(scope="module")
def model(project: Project) -> mlflow.pyfunc.PyFuncModel:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", store_of(project).uri)
        return mlflow.pyfunc.load_model(f"models:/{store_of(project).model}@challenger")


@pytest.fixture(scope="module")
def scores(model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame) -> pd.DataFrame:
    return model.predict(rows)


def error_of(model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame) -> str:
    with pytest.raises(MlflowException) as caught:
        model.predict(rows)
    assert caught.value.get_http_status_code() == 400
    return str(caught.value)


def same(found: pd.DataFrame, scores: pd.DataFrame) -> None:
    numbers = scores.select_dtypes("number").columns
    np.testing.assert_allclose(found[numbers], scores[numbers], rtol=0, atol=1e-12)
    assert found["nps_class"].tolist() == scores["nps_class"].tolist()
    for name in REASONS:
        assert found[name].tolist() == scores[name].tolist()


def test_reasons_are_the_topics_that_move_the_score_most(
    project: Project, model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame
) -> None:
    bundle = load_bundle(project.model)
    background = model.unwrap_python_model().background
    complete = bundle.complete(rows)
    explained = explain(bundle, complete, rows["invited"].to_numpy(dtype=bool), background=background)
    np.testing.assert_allclose(explained.expected_nps, scores["expected_nps"], atol=1e-6)
    total = explained.base_value + explained.contributions.sum(axis=1)
    np.testing.assert_allclose(total, scores["expected_nps"], atol=1e-6)
    words = reasons_in_words(explained, complete)
    topics = merge_by_topic(explained).contributions
    for name, first in zip(REASONS, (topics.max(axis=1), topics.min(axis=1)), strict=True):
        assert scores[name].tolist() == words[name].tolist()
        assert f"({first.iloc[0]:+.1f} points)" in scores[name].iloc[0].split("; ")[0]


def test_reasons_do_not_depend_on_the_batch(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame
) -> None:
    alone = pd.concat([model.predict(rows.iloc[[i]]) for i in range(5)])
    same(alone, scores.head(5))


def test_without_reasons_the_scores_are_the_same(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame
) -> None:
    found = model.predict(rows, params={"reasons": False})
    assert (found[list(REASONS)] == "").all(axis=None)
    same(found.assign(**{name: scores[name] for name in REASONS}), scores)


@pytest.mark.slow
def test_a_learned_column_that_is_empty_in_a_row_is_computed_there(
    project: Project, model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame
) -> None:
    bundle = load_bundle(project.model)
    complete = bundle.complete(rows)
    assert "lifetime_probability_alive" in bundle.learned.names
    for name in bundle.learned.names:
        some = complete.assign(**{name: complete[name].where(np.arange(len(rows)) % 2 == 0)})
        same(model.predict(some), scores)
        same(model.predict(complete.assign(**{name: None})), scores)
    none = complete.assign(**dict.fromkeys(bundle.learned.names, np.nan))
    same(model.predict(none), scores)


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "object", "str", "category"])
def test_numbers_of_any_type_are_taken(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame, dtype: str
) -> None:
    whole = rows[NUMBER].astype("int64").astype(dtype)
    same(model.predict(rows.assign(**{NUMBER: whole})), scores)


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_texts_of_any_type_are_taken_whatever_their_case_and_blanks(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame, dtype: str
) -> None:
    written = (" " + rows[CATEGORY].astype("str").str.upper() + " ").where(rows[CATEGORY].notna(), None)
    same(model.predict(rows.assign(**{CATEGORY: written.astype(dtype)})), scores)


@pytest.mark.parametrize("name", [NUMBER, CATEGORY])
def test_a_missing_column_is_named(model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, name: str) -> None:
    assert f"got none of the name '{name}'." in error_of(model, rows.drop(columns=name))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (NUMBER, "many", "must hold numbers as in training; got text in 40 of 40 rows"),
        (NUMBER, np.inf, "must hold numbers as in training; got infinite or huge numbers in 40 of 40 rows"),
        (NUMBER, True, "must hold numbers as in training; got true and false in 40 of 40 rows"),
        (CATEGORY, 3.5, "must hold text as in training; got numbers in 40 of 40 rows"),
        ("invited", "perhaps", "must be true or false; got text in 40 of 40 rows"),
        ("invited", 2, "must be true or false; got numbers in 40 of 40 rows"),
    ],
)
def test_a_refusal_is_short_and_names_the_column_and_no_value(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, name: str, value: object, words: str
) -> None:
    found = error_of(model, rows.assign(**{name: value}))
    assert f"'{name}' {words}" in found
    assert "Correct the column" in found
    assert len(found) < 250


def test_how_rows_differ_from_the_training_is_told_on_request_and_logged(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", "silentnps"):
        model.predict(rows, params={"reasons": False})
    assert not caplog.records
    other = rows.assign(**{CATEGORY: "atlantis"})
    found = model.predict(other, params={"differences": True}).set_index("column")
    assert found.loc[CATEGORY, ["what", "rows", "beyond"]].tolist() == ["unseen levels", len(rows), True]
    model.predict(other, params={"reasons": False})
    assert any("have a level that training did not see" in record.getMessage() for record in caplog.records)
    refused = model.predict(rows.assign(**{NUMBER: "many"}), params={"differences": True}).set_index("column")
    assert refused.loc[NUMBER, "what"] == "refused"


def test_a_new_category_counts_as_unseen(model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame) -> None:
    one, other = (model.predict(rows.assign(**{CATEGORY: name})) for name in ("atlantis", "mars"))
    same(one, other.replace({f"{CATEGORY}: mars": f"{CATEGORY}: atlantis"}, regex=True))  # reasons name the value


@pytest.mark.parametrize("name", [NUMBER, CATEGORY])
def test_a_column_may_be_missing_in_every_row(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, name: str
) -> None:
    empty = pd.Series([None] * len(rows), dtype=object)
    assert len(model.predict(rows.assign(**{name: empty}))) == len(rows)


def test_an_invitation_that_is_unknown_in_some_rows_is_not_guessed(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame
) -> None:
    some = rows.assign(invited=[None, *[True] * (len(rows) - 1)])
    with pytest.raises(Exception, match="'invited' must be true or false; got nothing in 1 of 40 rows"):
        model.predict(some)


def test_without_invited_everybody_counts_as_asked(model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame) -> None:
    asked = model.predict(rows.assign(invited=True))
    same(model.predict(rows.drop(columns="invited")), asked)
    same(model.predict(rows.assign(invited=None)), asked)


def test_more_columns_are_ignored(
    model: mlflow.pyfunc.PyFuncModel, rows: pd.DataFrame, scores: pd.DataFrame
) -> None:
    same(model.predict(rows.assign(shoe_size=41.0)), scores)


def test_what_it_takes_and_gives_is_declared(model: mlflow.pyfunc.PyFuncModel, scores: pd.DataFrame) -> None:
    schema = model.metadata.signature
    required = set(model.metadata.metadata["silentnps.required"])
    assert required <= set(schema.inputs.input_names())
    assert {NUMBER, CATEGORY} <= required
    assert not {"invited", "lifetime_probability_alive"} & required
    assert schema.outputs.input_names() == scores.columns.tolist()


@pytest.mark.slow
def test_it_needs_no_library_that_only_draws(project: Project) -> None:
    code = (
        "import sys, silentnps.explanation.contributions.explain, silentnps.explanation.reasons;"
        "print([name for name in ('shap', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_another_process_without_the_checkout_scores_the_same(
    project: Project, rows: pd.DataFrame, scores: pd.DataFrame, tmp_path: Path
) -> None:
    rows.to_parquet(tmp_path / "rows.parquet")
    code = (
        "import mlflow, pandas as pd;"
        f"model = mlflow.pyfunc.load_model('models:/{store_of(project).model}@challenger');"
        "model.predict(pd.read_parquet('rows.parquet')).to_parquet('scores.parquet');"
        "import silentnps; print(silentnps.__file__)"
    )
    env = outside(MLFLOW_TRACKING_URI=store_of(project).uri)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert "/code/silentnps/__init__.py" in done.stdout
    same(pd.read_parquet(tmp_path / "scores.parquet"), scores)


@pytest.mark.slow
def test_a_server_scores_the_same_and_says_what_is_wrong(
    project: Project, rows: pd.DataFrame, scores: pd.DataFrame, tmp_path: Path
) -> None:
    port = free_port()
    name = f"models:/{store_of(project).model}@challenger"
    words = (
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        name,
        "--env-manager",
        "local",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    )
    env = outside(MLFLOW_TRACKING_URI=store_of(project).uri)
    address = f"http://127.0.0.1:{port}"
    with running(*words, url=f"{address}/ping", env=env, cwd=tmp_path):
        code, answer = post(address, rows)
        assert code == 200
        same(pd.DataFrame(answer["predictions"]), scores)
        empty = rows.assign(**{NUMBER: None, CATEGORY: None})
        assert post(address, empty)[0] == 200
        for wrong, words_of_error in (
            (rows.drop(columns=NUMBER), f"got none of the name '{NUMBER}'"),
            (rows.assign(**{NUMBER: "many"}), f"'{NUMBER}' must hold numbers as in training; got text"),
            (rows.assign(**{NUMBER: np.inf}), f"'{NUMBER}' must hold numbers as in training; got infinite"),
        ):
            code, answer = post(address, wrong)
            assert code == 400
            assert words_of_error in answer["message"]
            assert len(answer["message"]) < 250
        whole = rows.assign(**{NUMBER: rows[NUMBER].astype("int64")})
        same(pd.DataFrame(post(address, whole)[1]["predictions"]), scores)


def post(address: str, rows: pd.DataFrame) -> tuple[int, dict[str, Any]]:
    plain = rows.astype(object).where(rows.notna(), None)
    body = json.dumps({"dataframe_split": plain.to_dict("split", index=False)}).encode()
    request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # pyspark's own, of pandas
def test_spark_scores_the_same(
    project: Project, rows: pd.DataFrame, scores: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no java for Spark")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_of(project).uri)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
    ).getOrCreate()
    try:
        udf = mlflow.pyfunc.spark_udf(
            spark,
            f"models:/{store_of(project).model}@challenger",
            result_type=result_type(scores),
            env_manager="local",
        )
        frame = spark.createDataFrame(rows.assign(row=range(len(rows)), **{NUMBER: rows[NUMBER].astype("int64")}))
        frame = frame.repartition(2)
        names = [f.col(name) for name in rows.columns]
        found = frame.select("row", udf(f.struct(*names)).alias("score")).select("row", "score.*").toPandas()
    finally:
        spark.stop()
    assert pyspark.__version__
    same(found.sort_values("row").reset_index(drop=True), scores)


def result_type(scores: pd.DataFrame) -> str:
    numbers = set(scores.select_dtypes("number").columns)
    return ", ".join(f"{name} {'double' if name in numbers else 'string'}" for name in scores.columns)
