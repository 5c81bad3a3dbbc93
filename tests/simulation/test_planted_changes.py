"""Planted changes: their effect is known and comes when it should, and everything else stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_retailer import Retailer, make

from silentnps.errors import ConfigError
from silentnps.simulation.orders import STORES
from silentnps.simulation.planted_changes import PLANTED_STORES
from silentnps.simulation.simulate import simulate

VALUES = {"detractor": -100.0, "passive": 0.0, "promoter": 100.0}
DONE_AT = pd.Timestamp("2025-10-20", tz="UTC")
HALF_LIFE = 90.0
CARRIER_START = pd.Timestamp("2025-08-12", tz="UTC")
SURVEYED = {"invitations", "responses", "truth"}


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return make(tmp_path_factory.mktemp("without"))


def changed_tables(one: Retailer, other: Retailer) -> set[str]:
    names = {path.name for path in one.folder.glob("*.parquet")}
    return {
        name.removesuffix(".parquet")
        for name in names
        if (one.folder / name).read_bytes() != (other.folder / name).read_bytes()
    }


def moved(one: Retailer, other: Retailer) -> pd.Series:
    """Return by how much satisfaction differs, by wave and customer."""
    before, after = (each["truth"].set_index(["wave", "customer_id"])["satisfaction"] for each in (one, other))
    return after - before


def test_a_late_carrier_changes_deliveries_from_its_start_on_and_the_last_wave(without, tmp_path):
    late = make(tmp_path, late_share=1.0)
    assert changed_tables(without, late) == {"orders", *SURVEYED}
    before, after = without["orders"], late["orders"]
    parcels = after["promised_at"].notna() & (after["ordered_at"] >= CARRIER_START) & before["delivered_at"].notna()
    arrived = parcels & after["delivered_at"].notna()
    assert (after["delivered_at"] > after["promised_at"])[arrived].all()
    pd.testing.assert_frame_equal(after[~parcels], before[~parcels])
    gap = moved(without, late)
    assert (gap <= 1e-9).all()
    assert not gap[["2025-Q1", "2025-Q2"]].any()
    with_parcels = set(after.loc[parcels, "customer_id"])
    assert set(gap[gap < 0].index.get_level_values("customer_id")) <= with_parcels
    assert gap["2025-Q4"].min() < -0.5


def test_half_a_late_share_makes_about_half_the_parcels_late_that_were_not(without, tmp_path):
    late = make(tmp_path, late_share=0.5)
    before, after = without["orders"], late["orders"]
    fine = (before["delivered_at"] <= before["promised_at"]) & (before["ordered_at"] >= CARRIER_START)
    n, share = fine.sum(), (after["delivered_at"][fine] != before["delivered_at"][fine]).mean()
    assert share == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / n))


def test_a_store_moves_its_customers_and_nobody_else(without, tmp_path):
    weak = make(tmp_path, store_satisfaction=-0.8)
    assert changed_tables(without, weak) == SURVEYED
    orders, gap = weak["orders"], moved(without, weak)
    visitors = set(orders.loc[orders["store_id"].isin(PLANTED_STORES), "customer_id"])
    hit = set(gap[gap < -1e-9].index.get_level_values("customer_id"))
    assert hit
    assert hit <= visitors
    assert len(PLANTED_STORES) == len(STORES) / 5


def test_an_action_moves_its_customer_from_the_day_on_and_fades(without, tmp_path):
    ids = without["customers"]["customer_id"].iloc[:200]
    acted = pd.DataFrame({"customer_id": ids, "done_at": DONE_AT})
    done = make(tmp_path, acted=acted, action_satisfaction=1.0)
    assert changed_tables(without, done) == SURVEYED
    gap = moved(without, done)
    assert not gap[["2025-Q1", "2025-Q2", "2025-Q3"]].any()
    last = gap["2025-Q4"]
    assert not last[~last.index.isin(ids)].any()
    days = (pd.Timestamp("2025-11-10", tz="UTC") - DONE_AT) / pd.Timedelta(days=1)
    hit = last[last.index.isin(ids)]
    assert hit.max() <= 0.5 ** (days / HALF_LIFE) + 1e-9
    assert hit.min() >= 0.5 ** ((days + 10.0) / HALF_LIFE) - 1e-9


def test_an_unknown_customer_is_nobody(without, tmp_path):
    acted = pd.DataFrame({"customer_id": ["c9999999", "nobody"], "done_at": DONE_AT})
    assert changed_tables(without, make(tmp_path, acted=acted, action_satisfaction=1.0)) == set()


@pytest.mark.parametrize(
    ("option", "value", "cure"),
    [
        ("store_satisfaction", float("nan"), "shift of satisfaction"),
        ("action_satisfaction", 6.0, "shift of satisfaction"),
        ("late_share", 1.5, "share such as 0.5"),
        ("acted", pd.DataFrame({"customer_id": ["c0000001"]}), "Add it"),
        ("acted", pd.DataFrame({"customer_id": ["c1"], "done_at": [pd.Timestamp("2025-10-20")]}), "Add the zone"),
    ],
)
def test_what_cannot_be_planted_is_refused(tmp_path: Path, option: str, value: object, cure: str):
    with pytest.raises(ConfigError, match=cure):
        simulate(tmp_path, customers=100, **{option: value})
