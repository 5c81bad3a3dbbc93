"""`features` says how many rows of each table it used, which it set aside, and why."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from conftest import write_project
from workflow.test_commands import run

EURO = {"to": "EUR", "rates": {"USD": 0.5}}


def write(folder: Path, currencies: dict[str, object] | None = EURO, **tables: str) -> Path:
    """Write a project of small CSV files and return its configuration."""
    (folder / "data").mkdir()
    for name, text in tables.items():
        (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    paths = {name: {"path": f"data/{name}.csv"} for name in tables}
    return write_project(folder, tables=paths, currencies=currencies)


TABLES = {
    "customers": "customer_id\n001\n002\n",
    "responses": "customer_id,responded_at,rating\n001,2025-02-01,9\n002,2025-02-01,3\n",
    "orders": (
        "order_id,customer_id,ordered_at,amount,currency\n"
        "a,001,2025-01-01,10,USD\na,001,2025-01-01,10,USD\nb,1,2025-01-01,10,EUR\nc,002,2025-01-01,4,EUR\n"
    ),
    "returns": (
        "customer_id,returned_at,order_id,refund_amount,currency\n001,2025-01-05,a,6,EUR\n002,2025-01-05,c,4,EUR\n"
    ),
}


def test_features_says_what_it_used_what_it_set_aside_and_what_it_kept(tmp_path: Path) -> None:
    config = write(tmp_path, **TABLES)
    code, _, err = run("features", "-c", config)
    text = " ".join(err.split())
    assert code == 0, err
    assert "orders: 2 of 4 rows used" in text
    assert "customers: 2 of 2 rows used" in text
    assert "set aside: orders: column 'order_id' must be unique; got 1 bad rows (first rows 2)." in text
    assert "1 of them would match without leading zeros" in text
    assert "kept: returns: column 'refund_amount' must be at most the order's amount" in text
    # 10 USD are 5 EUR, so the refund of 6 EUR is above the order.
    features = pd.read_parquet(tmp_path / "out" / "features.parquet").set_index("customer_id")
    assert features["orders_amount_total"].to_dict() == {"001": 5, "002": 4}
    assert features["returns_refund_share_365d"].to_dict() == {"001": 1.2, "002": 1}


def test_validation_csv_lists_the_findings_and_then_the_rows_used(tmp_path: Path) -> None:
    config = write(tmp_path, **TABLES)
    run("features", "-c", config)
    table = pd.read_csv(tmp_path / "out" / "validation.csv")
    assert table["severity"].tolist() == ["warning"] * 3 + ["used"] * 4
    used = table[table["severity"] == "used"].set_index("table")["rows"]
    assert used.to_dict() == {"customers": 2, "responses": 2, "orders": 2, "returns": 2}
    code, out, _ = run("validate", "-c", config)
    assert code == 0
    assert out.count("warning: ") == 3
    assert "used" not in out
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out" / "validation.csv"), table)


def test_several_currencies_without_rates_end_with_one_line(tmp_path: Path) -> None:
    config = write(tmp_path, None, **TABLES)
    code, _, err = run("features", "-c", config)
    assert code == 1
    assert "got EUR, USD." in " ".join(err.split())
