"""A survey of a generated base: who was invited in each quarter of 2025, who answered what, and a region of each.

Happiness falls with orders that came late in the 90 days before the invitation; happy customers and those who
signed up long ago answer more.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

_ANSWER_RATE = 0.25
_STARTS = ("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01")


def write_survey(folder: Path, *, customers: int, answers: int, waves: int) -> None:
    """Write people, invitations and responses beside the tables of `write_base`, of the last `waves` quarters."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '4GB'")
    connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
    connection.execute(f"CREATE TEMP TABLE invited AS {_invited(customers, answers, waves)}")
    connection.execute(f"CREATE TEMP TABLE asked AS {_asked(folder)}")
    for name, sql in {"people": _people(folder), "invitations": _INVITATIONS, "responses": _RESPONSES}.items():
        connection.execute(f"COPY ({sql}) TO '{folder / name}.parquet' (FORMAT parquet)")
    connection.close()


def _uniform(*salts: object) -> str:
    """Return SQL of a number in (0, 1) that depends on the row and the salts."""
    return f"((hash({', '.join(map(str, ('customer_id', *salts)))}) % 1000003 + 0.5) / 1000003)"


def _invited(customers: int, answers: int, waves: int) -> str:
    share = min(answers / waves / _ANSWER_RATE / customers, 1.0)
    starts = ", ".join(f"TIMESTAMP '{start}'" for start in _STARTS[-waves:])
    return (
        "SELECT customer_id, start + to_seconds(CAST(hash(i, start) % (60 * 86400) AS BIGINT)) AS invited_at FROM "
        f"(SELECT i, 'c' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id FROM range({customers}) t(i)), "
        f"(SELECT unnest([{starts}]) AS start) WHERE {_uniform('start')} < {share}"
    )


def _asked(folder: Path) -> str:
    noise, wish = _uniform("invited_at", 1), _uniform("invited_at", 2)
    return f"""
        WITH late AS (
            SELECT customer_id, invited_at, count(*) AS n FROM invited
            JOIN (SELECT customer_id, promised_at FROM '{folder / "orders"}.parquet'
                  WHERE delivered_at > promised_at) USING (customer_id)
            WHERE promised_at < invited_at AND promised_at >= invited_at - INTERVAL 90 DAY GROUP BY ALL
        ), felt AS (
            SELECT customer_id, invited_at,
                ln({noise} / (1 - {noise})) + 0.6 - 0.7 * coalesce(n, 0) AS liking,
                date_diff('day', signed_up_at, invited_at) / 700.0 - 1.5 AS tenure
            FROM invited LEFT JOIN late USING (customer_id, invited_at)
            JOIN '{folder / "customers"}.parquet' USING (customer_id)
        ), classes AS (
            SELECT *, CASE WHEN liking < -0.6 THEN 0 WHEN liking < 0.6 THEN 1 ELSE 2 END AS class FROM felt
        )
        SELECT customer_id, invited_at, class,
            {wish} < 1 / (1 + exp(1.1 - 0.5 * (class - 1) - 0.5 * tenure)) AS answered FROM classes"""


def _people(folder: Path) -> str:
    return (
        "SELECT *, 'region ' || lpad(CAST(hash(customer_id, 5) % 12 AS VARCHAR), 2, '0') AS region "
        f"FROM '{folder / 'customers'}.parquet'"
    )


_INVITATIONS = "SELECT customer_id, invited_at FROM asked"
_RESPONSES = (
    "SELECT customer_id, invited_at + INTERVAL 1 DAY AS responded_at, invited_at, "
    "[3, 7, 10][class + 1] - CAST(hash(customer_id, 9) % 2 AS INT) AS rating FROM asked WHERE answered"
)
