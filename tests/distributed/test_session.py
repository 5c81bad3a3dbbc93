"""What a person is told whose machine has no Spark, or whose Spark does not start."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from spark_of_tests import LEFT_OPEN, skip_without_spark

from silentnps.config import ProjectConfig, SparkConfig
from silentnps.distributed import require_spark, spark_session
from silentnps.distributed import session as module
from silentnps.errors import ConfigError, DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.features import write_features

pytestmark = LEFT_OPEN


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ConfigError, match=r"needs pyspark 4\.0, which is not installed\. Run `pip install 'silentnps\[spark\]'`"
    ):
        require_spark()


@pytest.mark.parametrize("variable", ["PATH", "JAVA_HOME"])
def test_without_java_its_package_is_named(variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(
        ConfigError, match=r"needs Java 17 or later, which was not found\. Install openjdk-17-jre-headless"
    ):
        require_spark()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("\n[TABLE_NOT_FOUND] no such table\nat line 3", "[TABLE_NOT_FOUND] no such table"),
        (
            "An exception\nTraceback (most recent call last):\n  File x\n    y()\nModelError: too new\n\n",
            "ModelError: too new",
        ),
        ("", "RuntimeError"),
    ],
)
def test_the_cause_is_one_line(text: str, cause: str) -> None:
    assert module._cause(RuntimeError(text)) == cause


@pytest.mark.slow
def test_a_spark_that_does_not_start_is_a_fault_of_the_configuration() -> None:
    skip_without_spark()
    with (
        pytest.raises(ConfigError, match=r"Spark with master 'nowhere' did not start: "),
        spark_session(SparkConfig(master="nowhere")),
    ):
        pass


@pytest.mark.slow
def test_a_session_is_stopped_settings_count_and_errors_are_one_line() -> None:
    skip_without_spark()
    from pyspark.sql import SparkSession

    config = SparkConfig(master="local[1]", config={"spark.sql.shuffle.partitions": "3"})
    with spark_session(config) as spark:
        assert spark.conf.get("spark.sql.shuffle.partitions") == "3"
        assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
        with (
            pytest.raises(DataError, match=r"Spark failed: .*no_such_table"),
            spark_session(config) as inner,
        ):
            inner.sql("SELECT * FROM no_such_table")
        other = config.model_copy(
            update={"config": {"spark.sql.shuffle.partitions": "7", "spark.driver.memory": "9g"}}
        )
        with spark_session(other) as inner:
            assert inner.conf.get("spark.sql.shuffle.partitions") == "7"
        assert spark.conf.get("spark.sql.shuffle.partitions") == "3"
        assert spark.sql("SELECT 1 AS one").collect()[0]["one"] == 1  # the inner block left it running
    assert SparkSession.getActiveSession() is None


def test_what_is_missing_is_said_before_any_table_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    nowhere = {"customers": {"path": tmp_path / "customers.parquet"}}
    project = Project(ProjectConfig(name="shop", tables=nowhere, output=tmp_path / "out", engine="spark"))
    with pytest.raises(ConfigError, match=r"needs pyspark"):
        write_features(project)
    assert not project.output.exists()
