"""What the benchmarks of scale share: rows of figures shown and written, and two folders of Parquet compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import pandas as pd
from scipy import stats

Row = tuple[str, str, float, str]
"""Name, metric, value, unit."""


def show(rows: list[Row], path: Path | None) -> None:
    """Print the rows as a table, and write them as JSON if there is a path."""
    table = pd.DataFrame(rows, columns=["name", "metric", "value", "unit"])
    print(table.round(3).to_string(index=False))
    if path:
        path.write_text(json.dumps(table.to_dict("records"), indent=1), encoding="utf-8")


def coverage(name: str, table: pd.DataFrame, *, least: float = 0.93) -> list[Row]:
    """Return how often intervals hold, whether fewer do than `least` by more than chance, errors and widths.

    `table` has one row per interval: truth, difference (the estimate), low, high and covered.
    """
    n, covered = len(table), int(table["covered"].sum())
    errors = table["difference"] - table["truth"]
    test = stats.binomtest(covered, n, least, alternative="less")
    return [
        (name, "intervals", n, "intervals"),
        (name, "covered", covered, "intervals"),
        (name, f"p-value of at least {least}", float(test.pvalue), "probability"),
        (name, "mean truth", float(table["truth"].mean()), "of the outcome"),
        (name, "mean error", float(errors.mean()), "of the outcome"),
        (name, "root mean squared error", float((errors**2).mean() ** 0.5), "of the outcome"),
        (name, "mean width", float((table["high"] - table["low"]).mean()), "of the outcome"),
    ]


def numbers_of(files: str) -> list[str]:
    """Return the columns of Parquet files that hold floats."""
    kinds = duckdb.sql(f"DESCRIBE SELECT * FROM '{files}'").fetchall()
    return [name for name, kind, *_ in kinds if kind == "DOUBLE"]


def largest_gap(one: str, other: str, columns: Collection[str], *, empty: Mapping[str, str] | None = None) -> float:
    """Return the largest gap between numbers of the same customer and wave in two sets of Parquet files.

    inf where a row or a value is in one of them only, or a row is there twice. `empty` is SQL of what a null of
    `other` stands for, by column.
    """
    right = {name: f"coalesce(b.{name}, {(empty or {}).get(name, 'NULL')})" for name in columns}
    gaps = [f"max(abs(a.{name} - {value}))" for name, value in right.items()]
    unknown = [f"count(*) FILTER ((a.{name} IS NULL) <> ({value} IS NULL))" for name, value in right.items()]
    alone = "count(*) FILTER (a.as_of IS NULL OR b.as_of IS NULL)"
    twice = "count(*) - count(DISTINCT (customer_id, wave))"
    pairs = f"'{one}' a FULL JOIN '{other}' b USING (customer_id, wave)"
    row = duckdb.sql(f"SELECT {', '.join([*gaps, *unknown, alone, twice])} FROM {pairs}").fetchall()[0]
    return float("inf") if any(row[len(gaps) :]) else float(max(value or 0.0 for value in row[: len(gaps)]))
