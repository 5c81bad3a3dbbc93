"""A local Spark that stays for the tests of a file; without pyspark or Java they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from spark_of_tests import SMALL_SPARK, skip_without_spark

from silentnps.distributed import spark_session


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Return a session; code that asks for one meanwhile gets one beside it."""
    skip_without_spark()
    with spark_session(SMALL_SPARK) as session:
        yield session
