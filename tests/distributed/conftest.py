"""A local Spark that stays for the tests of a file; without pyspark or Java they are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from silentnps.config import SparkConfig
from silentnps.distributed import spark_session

SMALL_SPARK = SparkConfig(master="local[2]", config={"spark.sql.shuffle.partitions": "2"})

# pyspark leaves sockets and pipes to the garbage collector
LEFT_OPEN = pytest.mark.filterwarnings("ignore:unclosed (<socket|file <_io):ResourceWarning")


def skip_without_spark() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java for Spark")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Return a session; code that asks for one meanwhile gets one beside it."""
    skip_without_spark()
    with spark_session(SMALL_SPARK) as session:
        yield session
