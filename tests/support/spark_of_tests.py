"""The small local Spark of the tests."""

from __future__ import annotations

import shutil

import pytest

from silentnps.config import SparkConfig

SMALL_SPARK = SparkConfig(master="local[2]", config={"spark.sql.shuffle.partitions": "2"})

# pyspark leaves sockets and pipes to the garbage collector
LEFT_OPEN = pytest.mark.filterwarnings("ignore:unclosed (<socket|file <_io):ResourceWarning")


def skip_without_spark() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java for Spark")
