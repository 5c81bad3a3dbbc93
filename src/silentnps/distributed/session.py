"""The Spark session: a new one beside a running session, or one that is started and stopped here."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from silentnps.config import SparkConfig
from silentnps.errors import ConfigError, DataError

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # an overflow or an index out of range is an error, never a null
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    # timestamps before 1900 are kept as they are in the files
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_LOCAL_SETTINGS = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def require_spark() -> None:
    """Fail early if something that Spark needs is missing.

    Raises
    ------
    ConfigError
        If pyspark is not installed, or there is no Java.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise ConfigError(
            "engine: spark needs pyspark 4.0, which is not installed. Run `pip install 'silentnps[spark]'`, or set "
            "`engine: duckdb`."
        )
    if not _has_java() and _running() is None:
        raise ConfigError(
            "engine: spark needs Java 17 or later, which was not found. Install openjdk-17-jre-headless, set "
            "JAVA_HOME to its folder, or set `engine: duckdb`."
        )


@contextmanager
def spark_session(config: SparkConfig) -> Iterator[Any]:
    """Yield a session with its own settings, beside one that runs in this process, or started and stopped here.

    Its time zone is UTC. An error of Spark within the block becomes a DataError with the cause that Spark names.

    Raises
    ------
    ConfigError
        If pyspark or Java is missing, or Spark cannot be started with these settings.
    DataError
        If Spark fails within the block.
    """
    require_spark()
    running = _running()
    spark = _started(config) if running is None else _beside(running, config)
    try:
        yield spark
    except _spark_errors() as error:
        raise DataError(
            f"Spark failed: {_cause(error)}. See Spark's log; if memory is short, raise "
            "spark.executor.memory (spark.driver.memory of a local master) under `spark: {config: ...}`."
        ) from error
    finally:
        if running is None:
            spark.stop()


def _running() -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def _beside(running: Any, config: SparkConfig) -> Any:
    spark = running.newSession()
    for name, value in (_SETTINGS | config.config).items():
        if spark.conf.isModifiable(name):
            spark.conf.set(name, value)
    return spark


def _started(config: SparkConfig) -> Any:
    from pyspark.sql import SparkSession

    local = config.master.startswith("local")
    if local:  # else Spark runs the first python3 on the path, which lacks silentnps
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = _SETTINGS | (_LOCAL_SETTINGS if local else {}) | config.config
    builder = SparkSession.builder.appName("silentnps").master(config.master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except _spark_errors() as error:
        raise ConfigError(
            f"Spark with master {config.master!r} did not start: {_cause(error)}. Correct the section `spark`, and "
            "use Java 17 or later."
        ) from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _spark_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin") if home else None) is not None


def _cause(error: Exception) -> str:
    """Return the line that says what went wrong; for Python on an executor, the last line of the traceback."""
    lines = str(error).splitlines()
    traces = [
        number for number, line in enumerate(lines) if line.lstrip().startswith("Traceback (most recent call")
    ]
    after = lines[traces[-1] + 1 :] if traces else lines
    named = [line for line in after if line.strip() and not (traces and line.startswith(" "))]
    return named[0].strip()[:300] if named else type(error).__name__
