"""Thirty features by hand, once in pandas and once in Polars, as an analyst would write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = [
    *(f"orders_count_{days}d" for days in (30, 90, 180, 365)),
    "orders_count_total",
    "orders_days_since_last",
    "orders_single_purchase",
    "orders_amount_total",
    "orders_amount_90d",
    "orders_amount_365d",
    "orders_average_amount",
    "orders_average_amount_trend_180d",
    "orders_discount_share_365d",
    "orders_late_share_180d",
    "orders_late_count_90d",
    "orders_delivery_days_mean_180d",
    "returns_count_90d",
    "returns_count_365d",
    "returns_days_since_last",
    "returns_refund_amount_365d",
    "outreach_count_90d",
    "outreach_count_365d",
    "outreach_replies_365d",
    "outreach_answer_share_365d",
    "engagement_count_90d",
    "engagement_count_365d",
    "engagement_days_since_last",
    "engagement_dormant_90d",
    "support_cases_365d",
    "support_open_cases",
]
"""What both compute, in this order."""

COUNTS = [name for name in COLUMNS if "_count_" in name or name in ("support_cases_365d", "support_open_cases")]
ZERO = [*COUNTS, "orders_single_purchase", "outreach_replies_365d"]
ZERO += ["orders_amount_total", "orders_amount_90d", "orders_amount_365d", "returns_refund_amount_365d"]
DAY = 86_400


def by_pandas(folder: Path) -> pd.DataFrame:
    """Return the columns by customer_id, table by table with groupby."""
    as_of = pd.read_parquet(folder / "population.parquet", columns=["customer_id", "as_of"])
    found = as_of[["customer_id"]].set_index("customer_id")
    for part in (_pandas_orders, _pandas_returns, _pandas_outreach, _pandas_engagement, _pandas_support):
        found = found.join(part(folder, as_of))
    found["engagement_dormant_90d"] = found["engagement_dormant_90d"].fillna(1)
    return found.fillna(dict.fromkeys(ZERO, 0))[COLUMNS].astype("float64")


def _pandas_events(folder: Path, name: str, clock: str, columns: list[str], as_of: pd.DataFrame) -> pd.DataFrame:
    events = pd.read_parquet(folder / f"{name}.parquet", columns=["customer_id", clock, *columns])
    events = events.merge(as_of, on="customer_id")
    events = events[events[clock] < events["as_of"]]
    ago = (events["as_of"] - events[clock]).dt.total_seconds()
    return events.assign(ago=ago, **{f"in_{days}": ago <= days * DAY for days in (30, 90, 180, 365)})


def _pandas_orders(folder: Path, as_of: pd.DataFrame) -> pd.DataFrame:
    columns = ["amount", "discount", "promised_at", "delivered_at"]
    events = _pandas_events(folder, "orders", "ordered_at", columns, as_of)
    arrived = events["delivered_at"] < events["as_of"]
    late = events["delivered_at"].where(arrived, events["as_of"]) > events["promised_at"]
    taken = (events["delivered_at"] - events["ordered_at"]).dt.total_seconds()
    events = events.assign(
        amount_90=events["amount"].where(events["in_90"], 0),
        amount_180=events["amount"].where(events["in_180"], 0),
        amount_365=events["amount"].where(events["in_365"], 0),
        discount_365=events["discount"].where(events["in_365"], 0),
        late_90=late & events["in_90"],
        late_180=late & events["in_180"],
        taken_180=taken.where(arrived & events["in_180"]),
    )
    grouped = events.groupby("customer_id")
    sums = grouped[["in_30", "in_90", "in_180", "in_365", "amount", "amount_90", "amount_180", "amount_365"]].sum()
    more = grouped[["discount_365", "late_90", "late_180"]].sum()
    n, last = grouped.size(), grouped["ago"].min()
    older = (sums["amount"] - sums["amount_180"]) / (n - sums["in_180"]).replace(0, np.nan)
    return pd.DataFrame(
        {
            **{f"orders_count_{days}d": sums[f"in_{days}"] for days in (30, 90, 180, 365)},
            "orders_count_total": n,
            "orders_days_since_last": last / DAY,
            "orders_single_purchase": n == 1,
            "orders_amount_total": sums["amount"] / 100,
            "orders_amount_90d": sums["amount_90"] / 100,
            "orders_amount_365d": sums["amount_365"] / 100,
            "orders_average_amount": sums["amount"] / n / 100,
            "orders_average_amount_trend_180d": sums["amount_180"] / sums["in_180"].replace(0, np.nan) / older,
            "orders_discount_share_365d": more["discount_365"] / (more["discount_365"] + sums["amount_365"]),
            "orders_late_share_180d": more["late_180"] / sums["in_180"].replace(0, np.nan),
            "orders_late_count_90d": more["late_90"],
            "orders_delivery_days_mean_180d": grouped["taken_180"].mean() / DAY,
        }
    )


def _pandas_returns(folder: Path, as_of: pd.DataFrame) -> pd.DataFrame:
    events = _pandas_events(folder, "returns", "returned_at", ["refund_amount"], as_of)
    events["refund_365"] = events["refund_amount"].where(events["in_365"], 0)
    grouped = events.groupby("customer_id")
    sums = grouped[["in_90", "in_365", "refund_365"]].sum()
    return pd.DataFrame(
        {
            "returns_count_90d": sums["in_90"],
            "returns_count_365d": sums["in_365"],
            "returns_days_since_last": grouped["ago"].min() / DAY,
            "returns_refund_amount_365d": sums["refund_365"] / 100,
        }
    )


def _pandas_outreach(folder: Path, as_of: pd.DataFrame) -> pd.DataFrame:
    events = _pandas_events(folder, "outreach", "sent_at", ["replied_at"], as_of)
    events["replied_365"] = (events["replied_at"] < events["as_of"]) & events["in_365"]
    sums = events.groupby("customer_id")[["in_90", "in_365", "replied_365"]].sum()
    return pd.DataFrame(
        {
            "outreach_count_90d": sums["in_90"],
            "outreach_count_365d": sums["in_365"],
            "outreach_replies_365d": sums["replied_365"],
            "outreach_answer_share_365d": sums["replied_365"] / sums["in_365"].replace(0, np.nan),
        }
    )


def _pandas_engagement(folder: Path, as_of: pd.DataFrame) -> pd.DataFrame:
    grouped = _pandas_events(folder, "engagement", "occurred_at", [], as_of).groupby("customer_id")
    sums, last = grouped[["in_90", "in_365"]].sum(), grouped["ago"].min()
    return pd.DataFrame(
        {
            "engagement_count_90d": sums["in_90"],
            "engagement_count_365d": sums["in_365"],
            "engagement_days_since_last": last / DAY,
            "engagement_dormant_90d": (last > 90 * DAY).astype(float),
        }
    )


def _pandas_support(folder: Path, as_of: pd.DataFrame) -> pd.DataFrame:
    events = _pandas_events(folder, "support", "opened_at", ["closed_at"], as_of)
    events["open"] = ~(events["closed_at"] < events["as_of"])
    sums = events.groupby("customer_id")[["in_365", "open"]].sum()
    return pd.DataFrame({"support_cases_365d": sums["in_365"], "support_open_cases": sums["open"]})


def by_polars(folder: Path) -> pd.DataFrame:
    """Return the columns by customer_id, one lazy query."""
    import polars as pl

    base = pl.scan_parquet(folder / "population.parquet").select("customer_id", "as_of")
    found = base.select("customer_id")
    for name, clock in _CLOCKS.items():
        events = pl.scan_parquet(folder / f"{name}.parquet").join(base, on="customer_id")
        events = events.filter(pl.col(clock) < pl.col("as_of"))
        events = events.with_columns(ago=(pl.col("as_of") - pl.col(clock)).dt.total_seconds())
        found = found.join(
            events.group_by("customer_id").agg(**_polars_aggregates(name)), "customer_id", how="left"
        )
    found = found.with_columns(
        pl.col("engagement_dormant_90d").fill_null(1), *(pl.col(each).fill_null(0) for each in ZERO)
    )
    numbers = [pl.col(each).cast(pl.Float64).fill_null(float("nan")) for each in COLUMNS]
    return found.select("customer_id", *numbers).collect().to_pandas().set_index("customer_id")


_CLOCKS = {
    "orders": "ordered_at",
    "returns": "returned_at",
    "outreach": "sent_at",
    "engagement": "occurred_at",
    "support": "opened_at",
}


def _polars_aggregates(name: str) -> dict[str, object]:
    import polars as pl

    def within(days: int) -> pl.Expr:
        return pl.col("ago") <= days * DAY

    if name == "orders":
        return _polars_orders()
    if name == "returns":
        return {
            "returns_count_90d": within(90).sum(),
            "returns_count_365d": within(365).sum(),
            "returns_days_since_last": pl.col("ago").min() / DAY,
            "returns_refund_amount_365d": pl.col("refund_amount").filter(within(365)).sum() / 100,
        }
    if name == "outreach":
        replied = ((pl.col("replied_at") < pl.col("as_of")) & within(365)).sum()
        return {
            "outreach_count_90d": within(90).sum(),
            "outreach_count_365d": within(365).sum(),
            "outreach_replies_365d": replied,
            "outreach_answer_share_365d": pl.when(within(365).any()).then(replied / within(365).sum()),
        }
    if name == "engagement":
        return {
            "engagement_count_90d": within(90).sum(),
            "engagement_count_365d": within(365).sum(),
            "engagement_days_since_last": pl.col("ago").min() / DAY,
            "engagement_dormant_90d": (pl.col("ago").min() > 90 * DAY).cast(pl.Float64),
        }
    closed = (pl.col("closed_at") < pl.col("as_of")).fill_null(False)
    return {"support_cases_365d": within(365).sum(), "support_open_cases": (~closed).sum()}


def _polars_orders() -> dict[str, object]:
    import polars as pl

    ago, amount, discount = pl.col("ago"), pl.col("amount"), pl.col("discount")
    arrived = (pl.col("delivered_at") < pl.col("as_of")).fill_null(False)
    late = pl.when(arrived).then(pl.col("delivered_at")).otherwise(pl.col("as_of")) > pl.col("promised_at")
    taken = (pl.col("delivered_at") - pl.col("ordered_at")).dt.total_seconds()
    recent, year = ago <= 180 * DAY, ago <= 365 * DAY
    reduced, paid = discount.filter(year).sum(), amount.filter(year).sum()
    return {
        **{f"orders_count_{days}d": (ago <= days * DAY).sum() for days in (30, 90, 180, 365)},
        "orders_count_total": pl.len(),
        "orders_days_since_last": ago.min() / DAY,
        "orders_single_purchase": pl.len() == 1,
        "orders_amount_total": amount.sum() / 100,
        "orders_amount_90d": amount.filter(ago <= 90 * DAY).sum() / 100,
        "orders_amount_365d": paid / 100,
        "orders_average_amount": amount.sum() / pl.len() / 100,
        "orders_average_amount_trend_180d": amount.filter(recent).mean() / amount.filter(~recent).mean(),
        "orders_discount_share_365d": pl.when(reduced + paid > 0).then(reduced / (reduced + paid)),
        "orders_late_share_180d": pl.when(recent.any()).then((late & recent).sum() / recent.sum()),
        "orders_late_count_90d": (late & (ago <= 90 * DAY)).sum(),
        "orders_delivery_days_mean_180d": taken.filter(arrived & recent).mean() / DAY,
    }
