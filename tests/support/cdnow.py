"""CDNOW, the data of the papers: all of it from the shared folder, the published tenth from `lifetimes`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CDNOW = Path(os.environ.get("SILENTNPS_DATA", SHARED)) / "cdnow" / "transactions.parquet"
COLUMNS = ["frequency", "recency", "age", "amount"]


def cdnow() -> pd.DataFrame:
    """Return frequency, recency and age in weeks and mean spend of repeat days at 1997-09-30, as in the papers."""
    if not CDNOW.exists():
        pytest.skip(f"{CDNOW} does not exist")
    end = pd.Timestamp("1997-09-30")
    rows = pd.read_parquet(CDNOW)
    rows = rows[rows.date <= end].assign(cents=(rows.amount * 100).round().astype("int64"))
    days = rows.groupby(["customer_id", "date"]).cents.sum().reset_index()
    dates = days.groupby("customer_id").date
    first, last = dates.min(), dates.max()
    repeats = days[days.date > days.customer_id.map(first)].groupby("customer_id").cents
    weeks = {"recency": (last - first).dt.days / 7, "age": (end - first).dt.days / 7}
    return pd.DataFrame({"frequency": dates.count() - 1, **weeks, "amount": repeats.mean() / 100})


def tenth_of_cdnow() -> pd.DataFrame:
    """Return the 2357 customers of the papers; `lifetimes` is not imported, as it warns with pandas 3."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        pytest.skip("lifetimes, of the extra dev, is not installed")
    file = Path(package.origin).parent / "datasets" / "cdnow_customers_summary_with_transactions.csv"
    return pd.read_csv(file, index_col="ID").set_axis(COLUMNS, axis=1)
