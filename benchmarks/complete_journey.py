"""A grocer's raw tables into canonical ones, and their features: rows and seconds.

    python benchmarks/complete_journey.py OUT --json complete_journey.json

Reads the parquet files of The Complete Journey (dunnhumby), writes OUT/data and OUT/config.yaml, a copy of
configs/complete_journey.yaml, and does what `silentnps features -c OUT/config.yaml` does. Nobody was surveyed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from pathlib import Path

import pandas as pd

from silentnps.config import load_config
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.base import build_project

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "configs" / "complete_journey.yaml"
DATA = Path(os.environ.get("SILENTNPS_DATA", ROOT.parent / "shared" / "data"))
SMALL_STEP = 10


def make_orders(source: Path) -> pd.DataFrame:
    """Return one row per basket.

    `amount` plus `discount` is the price on the shelf: the shop's own discounts lower its sales, a manufacturer's
    coupon does not. `items` counts receipt lines, because the quantity of fuel is a volume. Raw timestamps are UTC:
    read so, weeks begin at midnight in New York, and every redemption has a basket of its household on its day.
    """
    lines = pd.read_parquet(source / "transactions.parquet")
    baskets = lines.assign(
        discount=lines["retail_disc"] + lines["coupon_match_disc"],
        bought=lines["quantity"] > 0,
        ordered_at=lines["transaction_timestamp"].dt.as_unit("us").dt.tz_localize("UTC"),
    ).groupby("basket_id")
    orders = baskets.agg(
        customer_id=("household_id", "first"),
        ordered_at=("ordered_at", "first"),
        amount=("sales_value", "sum"),
        discount=("discount", "sum"),
        store_id=("store_id", "first"),
        items=("bought", "sum"),
    )
    return orders.round({"amount": 2, "discount": 2}).rename_axis("order_id").reset_index()


def make_customers(source: Path, orders: pd.DataFrame) -> pd.DataFrame:
    """Return one row per household that bought, with what is known of it; of most nothing is."""
    households = pd.DataFrame({"customer_id": sorted(orders["customer_id"].unique())})
    known = pd.read_parquet(source / "demographics.parquet").rename(columns={"household_id": "customer_id"})
    return households.merge(known, on="customer_id", how="left", validate="one_to_one")


def make_outreach(source: Path) -> pd.DataFrame:
    """Return one row per household and campaign sent to it, dated by the day on which the campaign started."""
    sent = pd.read_parquet(source / "campaigns.parquet")
    started = pd.read_parquet(source / "campaign_descriptions.parquet")
    rows = sent.merge(started, on="campaign_id", validate="many_to_one")
    return pd.DataFrame({"customer_id": rows["household_id"], "sent_at": rows["start_date"].dt.date})


def make_engagement(source: Path) -> pd.DataFrame:
    """Return one row per redeemed coupon; `kind` names it, so that two of one day are not taken for copies."""
    redeemed = pd.read_parquet(source / "coupon_redemptions.parquet")
    campaign, coupon = redeemed["campaign_id"].astype(str), redeemed["coupon_upc"].astype(str)
    return pd.DataFrame(
        {
            "customer_id": redeemed["household_id"],
            "occurred_at": redeemed["redemption_date"].dt.date,
            "kind": "campaign " + campaign + ", coupon " + coupon,
        }
    )


def write_tables(source: Path, folder: Path, *, step: int = 1) -> dict[str, int]:
    """Write the canonical tables of every `step`-th household and return their rows."""
    orders = make_orders(source)
    customers = make_customers(source, orders)
    kept = customers["customer_id"].iloc[::step]
    tables = {
        "customers": customers,
        "orders": orders,
        "outreach": make_outreach(source),
        "engagement": make_engagement(source),
    }
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    for name, table in tables.items():
        of_kept = table[table["customer_id"].isin(kept)]
        of_kept.to_parquet(folder / f"{name}.parquet", index=False)
        rows[name] = len(of_kept)
    return rows


def measure(source: Path, out: Path, *, step: int) -> list[dict[str, str | float]]:
    """Convert, build the features, and return one row per measure."""
    started = time.perf_counter()
    rows = write_tables(source, out / "data", step=step)
    shutil.copyfile(CONFIG, out / "config.yaml")
    converted = time.perf_counter()
    features, _ = build_project(Project(load_config(out / "config.yaml")))
    done = time.perf_counter()
    measures = [(f"rows_{name}", n, "rows") for name, n in rows.items()]
    measures += [
        ("rows_features", len(features), "rows"),
        ("columns_features", features.shape[1], "columns"),
        ("duration_conversion", round(converted - started, 2), "seconds"),
        ("duration_features", round(done - converted, 2), "seconds"),
    ]
    return [{"name": "complete journey", "metric": m, "value": v, "unit": u} for m, v, u in measures]


def main() -> None:
    """Read the arguments, measure, print the rows and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--source", type=Path, default=DATA / "complete_journey", help="folder of the raw tables")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    parser.add_argument("--small", action="store_true", help=f"every {SMALL_STEP}th household")
    options = parser.parse_args()
    measures = measure(options.source, options.out, step=SMALL_STEP if options.small else 1)
    for row in measures:
        print(f"{row['metric']}: {row['value']:,} {row['unit']}")
    if options.json:
        options.json.write_text(json.dumps(measures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
