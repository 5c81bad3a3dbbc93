"""A small generated retailer for the tests of features, as pandas frames and as tables of a connection."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

CHANNELS = ("sms", "chat", "video", "email", "call", "appointment")
START = pd.Timestamp("2024-01-01")
N_CUSTOMERS = 40


def moments(rng: np.random.Generator, n: int, *, days: int = 500) -> pd.Series:
    """Draw moments with microseconds; every third is at midnight, to give ties and events at window edges."""
    micros = rng.integers(0, days * 86_400 * 10**6, n)
    micros = np.where(np.arange(n) % 3 == 0, micros // (86_400 * 10**6) * (86_400 * 10**6), micros)
    return (START + pd.to_timedelta(pd.Series(micros), unit="us")).astype("datetime64[us]")


def later(rng: np.random.Generator, clock: pd.Series, *, days: float, missing: float) -> pd.Series:
    """Draw moments after `clock`, some of them missing."""
    after = clock + pd.to_timedelta(pd.Series(rng.uniform(0, days * 86_400, len(clock)).round()), unit="s")
    return after.mask(rng.uniform(size=len(clock)) < missing).astype("datetime64[us]")


def people(rng: np.random.Generator, n: int) -> list[str]:
    """Draw ids of customers; the last five customers have no events at all."""
    return [f"c{i:02d}" for i in rng.integers(0, N_CUSTOMERS - 5, n)]


def retailer(seed: int = 0) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    frames = _events(rng)
    signed_up = moments(rng, N_CUSTOMERS, days=300).mask(rng.uniform(size=N_CUSTOMERS) < 0.1)
    frames["customers"] = pd.DataFrame(
        {
            "customer_id": [f"c{i:02d}" for i in range(N_CUSTOMERS)],
            "signed_up_at": signed_up,
            "opted_out": rng.uniform(size=N_CUSTOMERS) < 0.1,
            "region": rng.choice(["north", "south", "west"], N_CUSTOMERS),
            "points": rng.integers(0, 100, N_CUSTOMERS),
            "member": rng.uniform(size=N_CUSTOMERS) < 0.5,
            "born": moments(rng, N_CUSTOMERS),
        }
    )
    return {name: frames[name] for name in sorted(frames)}


def _events(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    n = 600
    ordered, promised = moments(rng, n), None
    promised = later(rng, ordered, days=9, missing=0.2)
    return {
        "orders": pd.DataFrame(
            {
                "order_id": [f"o{i}" for i in range(n)],
                "customer_id": people(rng, n),
                "ordered_at": ordered,
                "amount": rng.integers(0, 20_000, n),
                "discount": pd.Series(rng.integers(0, 900, n)).mask(rng.uniform(size=n) < 0.3).astype("Int64"),
                "promised_at": promised,
                "fulfilled_at": later(rng.spawn(1)[0], ordered, days=12, missing=0.3),
                "delivered_at": later(rng, ordered, days=14, missing=0.2),
                "channel": pd.Series(rng.choice(["Web ", "app", "store"], n)).mask(rng.uniform(size=n) < 0.1),
                "items": pd.Series(rng.integers(1, 6, n)).mask(rng.uniform(size=n) < 0.1).astype("Int64"),
                "category": rng.choice(["toys", "Toys", "books"], n),
            }
        ),
        "returns": _table(rng, 90, "returned_at", refund_amount=rng.integers(0, 9_000, 90)),
        "outreach": _table(rng, 600, "sent_at", replied_at=(60, 0.5), channel=rng.choice(list(CHANNELS), 600)),
        "engagement": _table(
            rng, 250, "occurred_at", kind=rng.choice(["open", "Click", "visit", "app", "share"], 250)
        ),
        "support": _table(
            rng,
            120,
            "opened_at",
            first_response_at=(30, 0.2),
            closed_at=(60, 0.2),
            category=rng.choice(["complaint", "Complaint ", "question"], 120),
            escalated=rng.uniform(size=120) < 0.4,
        ),
        "referrals": _table(rng, 50, "referred_at", converted_at=(80, 0.5)),
        "responses": _table(
            rng,
            80,
            "responded_at",
            rating=rng.integers(0, 11, 80),
            csat=pd.Series(rng.integers(1, 6, 80)).mask(rng.uniform(size=80) < 0.3).astype("float64"),
            ces=pd.Series(rng.integers(1, 8, 80)).mask(rng.uniform(size=80) < 0.3).astype("float64"),
        ),
        "invitations": _table(rng, 200, "invited_at"),
    }


UNKNOWN = {
    "orders": ("ordered_at", ["channel", "category", "discount"], ["delivered_at", "fulfilled_at"]),
    "returns": ("returned_at", ["refund_amount"], []),
    "outreach": ("sent_at", ["channel"], ["replied_at"]),
    "engagement": ("occurred_at", ["kind"], []),
    "support": ("opened_at", ["category", "escalated"], ["first_response_at", "closed_at"]),
    "referrals": ("referred_at", [], ["converted_at"]),
}
"""By table: its clock, the columns that may be unknown, and the times that may be impossible, before the clock."""


def with_unknowns(frames: Mapping[str, pd.DataFrame], *, share: float, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Return the frames with about `share` of the values of each column unknown."""
    rng = np.random.default_rng(seed)
    changed = dict(frames)
    for name, (clock, kinds, times) in UNKNOWN.items():
        frame = frames[name].copy()
        for column in kinds:
            unknown = rng.uniform(size=len(frame)) < share
            values = frame[column].astype("Int64") if frame[column].dtype.kind == "i" else frame[column]
            frame[column] = values.astype("boolean" if values.dtype == bool else values.dtype).mask(unknown)
        for column in times:
            unknown = rng.uniform(size=len(frame)) < share
            frame[column] = frame[column].mask(unknown, frame[clock] - pd.Timedelta(seconds=1))
        changed[name] = frame
    return changed


def _table(rng: np.random.Generator, n: int, clock: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": people(rng, n), clock: moments(rng, n)})
    for name, value in columns.items():
        frame[name] = (
            later(rng, frame[clock], days=value[0], missing=value[1]) if isinstance(value, tuple) else value
        )
    return frame


def connect(frames: Mapping[str, pd.DataFrame]) -> dict[str, ibis.Table]:
    """Return the frames as tables of one fresh DuckDB connection."""
    connection = ibis.duckdb.connect()
    arrow = {name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()}
    return {name: connection.create_table(name, ibis.memtable(table)) for name, table in arrow.items()}


def table(**columns: list[object]) -> pd.DataFrame:
    """Return a frame of ids and values; columns that end in _at are read as moments."""
    frame = pd.DataFrame(columns)
    for name in frame.columns:
        if name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
    return frame


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows sorted by wave and customer, with categories as text."""
    texts = frame.select_dtypes("category").columns
    frame = frame.astype(dict.fromkeys(texts, "str"))
    return frame.sort_values(["wave", "customer_id"], ignore_index=True)
