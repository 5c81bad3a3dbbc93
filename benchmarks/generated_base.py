"""A generated base of any size for benchmarks: canonical tables as Parquet, written by DuckDB, the same each time.

Values are hashes of row numbers: there is no truth in them, only shapes and sizes.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

EVENT_TABLES = ("customers", "orders", "returns", "outreach", "support", "engagement")

_DAY = 86_400
_MOMENT = "TIMESTAMP '2024-01-01' + to_seconds(CAST(hash(i * 3 + {salt}) % {seconds} AS BIGINT))"
_CUSTOMER = "'c' || lpad(CAST(hash(i * 7 + {salt}) % {n} AS VARCHAR), 8, '0')"


def write_base(folder: Path, *, customers: int) -> None:
    """Write `customers`, five tables of events (20 a customer) and the `population` to be scored."""
    connection = duckdb.connect()
    for name, sql in _statements(customers).items():
        connection.execute(f"COPY ({sql}) TO '{folder / name}.parquet' (FORMAT parquet)")
    connection.close()


def _statements(n: int) -> dict[str, str]:
    return {
        "customers": f"SELECT 'c' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id,"
        f" {_MOMENT.format(salt=11, seconds=700 * _DAY)} - INTERVAL 700 DAY AS signed_up_at FROM range({n}) t(i)",
        "orders": f"SELECT *, happened + INTERVAL 3 DAY AS promised_at,"
        f" CASE WHEN hash(i + 2) % 20 > 0 THEN happened + {_later(6)} END AS delivered_at,"
        " happened AS ordered_at, 'o' || i AS order_id, CAST(hash(i + 5) % 20000 + 500 AS BIGINT) AS amount,"
        " CAST(hash(i + 8) % 900 AS BIGINT) AS discount, CAST(hash(i + 9) % 5 + 1 AS BIGINT) AS items,"
        f" {_one_of(('online', 'store', 'app'))} AS channel FROM {_events(n, 10, 21)}",
        "returns": f"SELECT *, happened AS returned_at, CAST(hash(i + 5) % 9000 AS BIGINT) AS refund_amount"
        f" FROM {_events(n, 1, 31)}",
        "outreach": "SELECT *, happened AS sent_at,"
        f" {_one_of(('sms', 'chat', 'video', 'email', 'call', 'appointment'))} AS channel,"
        f" CASE WHEN hash(i + 2) % 3 = 0 THEN happened + {_later(3)} END AS replied_at FROM {_events(n, 3, 41)}",
        "support": f"SELECT *, happened AS opened_at, {_one_of(('complaint', 'question'))} AS category,"
        f" CASE WHEN hash(i + 2) % 9 > 0 THEN happened + {_later(2)} END AS first_response_at,"
        f" CASE WHEN hash(i + 4) % 9 > 1 THEN happened + INTERVAL 2 DAY + {_later(20)} END AS closed_at,"
        f" hash(i + 6) % 9 = 0 AS escalated FROM {_events(n, 1, 51)}",
        "engagement": "SELECT *, happened AS occurred_at,"
        f" {_one_of(('open', 'click', 'visit', 'app', 'share'))} AS kind"
        f" FROM {_events(n, 5, 61)}",
        "population": "SELECT 'c' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id, 'one' AS wave,"
        f" TIMESTAMP '2025-12-01' + {_later(90)} AS as_of, true AS invited, false AS respondent,"
        " NULL::DOUBLE AS rating, NULL::DOUBLE AS reminders, NULL::TIMESTAMP AS wave_starts_at"
        f" FROM range({n}) t(i)",
    }


def _events(n: int, each: int, salt: int) -> str:
    """Return SQL of the rows of one table: i, the customer and the moment, in 800 days."""
    customer, moment = _CUSTOMER.format(salt=salt, n=n), _MOMENT.format(salt=salt, seconds=800 * _DAY)
    return f"(SELECT i, {customer} AS customer_id, {moment} AS happened FROM range({n * each}) t(i))"


def _later(days: int) -> str:
    return f"to_seconds(CAST(hash(i + {days}) % {days * _DAY} AS BIGINT))"


def _one_of(values: tuple[str, ...]) -> str:
    return f"{list(values)}[CAST(hash(i + 7) % {len(values)} AS INT) + 1]"
