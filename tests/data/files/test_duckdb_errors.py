"""SQL is written alike by all threads, and the options of ibis are left as they were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import ibis
import pytest

from silentnps.data.files.duckdb_errors import GuardedBackend


@pytest.mark.parametrize("before", [True, False])
def test_threads_that_write_sql_leave_the_options_of_ibis(monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    monkeypatch.setattr(ibis.options.sql, "fuse_selects", before)
    backend = GuardedBackend()
    backend.do_connect()
    backend.raw_sql("CREATE TABLE numbers AS SELECT 1 AS n")
    numbers = backend.table("numbers")
    expression = numbers.mutate(m=numbers.n + 1).mutate(k=ibis._.m * 2).filter(ibis._.k > 0)
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda _: backend.compile(expression), range(100)))
    assert len(set(written)) == 1
    assert ibis.options.sql.fuse_selects is before
