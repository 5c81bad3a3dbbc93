"""A memory limit for DuckDB that does not grow with the tables; it spills to its temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from silentnps.errors import DataError

MOST_MEMORY = 2.25
"""In GiB."""


@contextmanager
def limited_memory(connection: Any) -> Iterator[None]:
    """Limit the DuckDB of an Ibis connection to `MOST_MEMORY` during the block; a lower limit is kept.

    Raises
    ------
    DataError
        If there is not enough memory or disk space.
    """
    before = str(connection.con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])
    lower = _gibibytes(before) > MOST_MEMORY
    try:
        if lower:
            connection.raw_sql(f"SET memory_limit = '{MOST_MEMORY}GiB'")
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise DataError(
            "there must be room in memory and on the disk for the tables that DuckDB works on; got "
            f"{str(error).splitlines()[0]!r}. Free some, or choose another `output`."
        ) from None
    finally:
        if lower:
            connection.raw_sql(f"SET memory_limit = '{before}'")


def _gibibytes(size: str) -> float:
    """Return a size as DuckDB writes it, such as 18.7 GiB or 512.0 MiB, in GiB."""
    number, _, unit = size.partition(" ")
    return float(number) * 1024.0 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit) / 1024.0**3
