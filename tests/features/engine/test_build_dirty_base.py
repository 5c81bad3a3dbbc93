"""A dirty base gives the features of the same base cleaned in plain pandas, as the rules say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, retailer
from feature_oracle import CLOCKS
from hypothesis import given, settings
from hypothesis import strategies as st
from written_tables import all_findings

from silentnps.config import WavesConfig
from silentnps.data.checking.checks import clean_tables
from silentnps.features.engine.build import build_features
from silentnps.features.population.population import build_population

NOW = pd.Timestamp("2025-06-01")
LATEST = NOW + pd.Timedelta(days=1)
CLOCK = CLOCKS | {"responses": "responded_at", "invitations": "invited_at"}
LATER = {
    "orders": ["promised_at", "delivered_at", "fulfilled_at"],
    "outreach": ["replied_at"],
    "support": ["first_response_at", "closed_at"],
    "referrals": ["converted_at"],
}
NEGATIVE = {"orders": ["amount", "discount"], "returns": ["refund_amount"]}
REQUIRED = {"orders": ["order_id", "amount"]}

Frames = dict[str, pd.DataFrame]


def dirtied(frames: Frames, rng: np.random.Generator, share: float) -> Frames:
    """Return the tables with about `share` of their rows spoilt in each way."""
    spoilt = {name: _spoilt(name, frame.copy(), rng, share) for name, frame in frames.items() if name in CLOCK}
    customers = frames["customers"]
    again = customers[rng.uniform(size=len(customers)) < share]
    nobody = customers.head(2).assign(customer_id=None)
    return spoilt | {"customers": pd.concat([customers, again, nobody], ignore_index=True)}


def _spoilt(name: str, frame: pd.DataFrame, rng: np.random.Generator, share: float) -> pd.DataFrame:
    def some() -> np.ndarray:
        return rng.uniform(size=len(frame)) < share

    clock = CLOCK[name]
    for column in LATER.get(name, []):
        frame[column] = frame[column].mask(some(), frame[clock] - pd.Timedelta(days=1))
        frame[column] = frame[column].mask(some(), NOW + pd.Timedelta(days=400))
    for column in NEGATIVE.get(name, []):
        frame[column] = frame[column].mask(some(), -frame[column] - 1)
    frame["customer_id"] = frame.customer_id.mask(some(), "stranger").mask(some(), None)
    frame[clock] = frame[clock].mask(some(), NOW + pd.Timedelta(days=2)).mask(some(), pd.NaT)
    if name == "orders":
        frame["order_id"] = frame.order_id.mask(some(), None)
        same = frame[some()].assign(amount=7)  # the same key with a different amount
        frame = pd.concat([frame, same])
    return pd.concat([frame, frame[some()]]).sample(frac=1, random_state=int(rng.integers(1000)), ignore_index=True)


def cleaned(frames: Frames) -> Frames:
    """Apply the rules in pandas: set rows aside, make values unknown, keep the first of duplicates."""
    customers = frames["customers"].dropna(subset="customer_id").drop_duplicates()
    clean = {"customers": customers}
    for name, clock in CLOCK.items():
        rows = frames[name].dropna(subset=["customer_id", clock, *REQUIRED.get(name, [])])
        rows = rows[rows.customer_id.isin(customers.customer_id) & (rows[clock] <= LATEST)]
        if name == "orders":
            rows = rows[rows.amount >= 0]
        for column in LATER.get(name, []):
            # an impossible time means that it is unknown whether it happened; an impossible promise is no promise
            planned = column == "promised_at"
            rows[column] = rows[column].where(rows[column] >= rows[clock] if planned else rows[column] <= LATEST)
        for column in set(NEGATIVE.get(name, [])) - {"amount"}:
            rows[column] = rows[column].where(rows[column] >= 0)
        clean[name] = rows.drop_duplicates("order_id" if name == "orders" else None)
    clean["responses"] = clean["responses"].drop_duplicates(["customer_id", "responded_at"], keep="last")
    return clean


def features_of(tables: dict) -> pd.DataFrame:
    return build_features(tables, build_population(tables, WavesConfig(period="quarter")))


@pytest.mark.slow
@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.02, 0.1, 0.3]))
def test_a_dirty_base_gives_the_features_of_the_base_cleaned_in_pandas(seed: int, share: float) -> None:
    dirty = dirtied(retailer(seed % 7), np.random.default_rng(seed), share)
    got, findings = clean_tables(connect(dirty), now=NOW.to_pydatetime())
    wanted = connect(cleaned(dirty))
    assert {name: table.count().execute() for name, table in got.items()} == {
        name: table.count().execute() for name, table in wanted.items()
    }
    assert {finding.table for finding in findings} == {"customers", *CLOCK}
    pd.testing.assert_frame_equal(features_of(got), features_of(wanted), rtol=1e-12)


def test_the_clean_base_has_only_findings_about_times_and_duplicates() -> None:
    # So all other findings of a dirty base come from the dirt.
    rules = {finding.rule for finding in all_findings(connect(retailer()), now=NOW.to_pydatetime())}
    assert rules <= {"no later than now", "unique", "different in each answer of a customer"}


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_the_share_of_spoilt_rows_makes_a_difference(share: float) -> None:
    dirty = dirtied(retailer(), np.random.default_rng(1), share)
    changed = not dirty["orders"].customer_id.isin(retailer()["customers"].customer_id).all()
    assert changed == bool(share)
