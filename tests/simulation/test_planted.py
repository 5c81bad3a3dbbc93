"""A planted campaign: its effect is known, who gets it is no accident, and everything else stays as it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_retailer import DAY, Retailer, make

from silentnps.errors import ConfigError
from silentnps.simulation.simulate import simulate

EFFECT = {"campaign_satisfaction": 0.3, "campaign_orders": 0.4}
UNCHANGED = ("customers", "engagement", "outreach", "referrals", "returns", "support")
VALUES = {"detractor": -100.0, "passive": 0.0, "promoter": 100.0}


@pytest.fixture(scope="module")
def without(tmp_path_factory) -> Retailer:
    return make(tmp_path_factory.mktemp("without"))


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Retailer:
    return make(tmp_path_factory.mktemp("planted"), **EFFECT)


def test_without_an_effect_there_is_no_campaign_and_no_truth_of_it(without):
    assert not (without.folder / "truth_of_campaign.parquet").exists()
    assert "planted" not in set(without["campaigns"]["campaign_id"])


def test_the_truth_of_an_earlier_campaign_goes(tmp_path):
    make(tmp_path, **EFFECT)
    assert (tmp_path / "truth_of_campaign.parquet").exists()
    make(tmp_path)
    assert not (tmp_path / "truth_of_campaign.parquet").exists()


@pytest.mark.parametrize("table", UNCHANGED)
def test_other_tables_keep_their_bytes(without, planted, table):
    one, other = (each.folder / f"{table}.parquet" for each in (without, planted))
    assert one.read_bytes() == other.read_bytes()


def test_orders_are_those_without_the_campaign_and_those_that_it_brought(without, planted):
    before, after, truth = without["orders"], planted["orders"], planted["truth_of_campaign"]
    added = after[~after["order_id"].isin(before["order_id"])]
    assert len(added) == len(after) - len(before) == truth["orders_effect"].sum()
    pd.testing.assert_frame_equal(
        after[after["order_id"].isin(before["order_id"])].reset_index(drop=True), before.reset_index(drop=True)
    )
    start = planted["campaigns"].set_index("campaign_id").loc["planted", "starts_at"].min()
    assert added["ordered_at"].between(start, start + 90 * DAY).all()
    counts = added["customer_id"].value_counts().reindex(truth["customer_id"], fill_value=0)
    assert counts.to_numpy().tolist() == truth["orders_effect"].tolist()
    n = truth["treated"].sum()
    assert truth.loc[truth["treated"], "orders_effect"].mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.4 / n))
    assert not truth.loc[~truth["treated"], "orders_effect"].any()


def test_the_effect_on_nps_is_that_of_the_last_wave_and_of_nobody_else(without, planted):
    keys = ["customer_id", "wave"]
    one, other = (each["truth"].set_index(keys)["nps_class"].map(VALUES) for each in (without, planted))
    changed = (other - one).unstack("wave")
    assert not changed[["2025-Q1", "2025-Q2", "2025-Q3"]].fillna(0.0).to_numpy().any()
    truth = planted["truth_of_campaign"].set_index("customer_id")
    assert (changed["2025-Q4"] == truth["nps_effect"]).all()
    assert not truth.loc[~truth["treated"], "nps_effect"].any()
    assert 10 < truth.loc[truth["treated"], "nps_effect"].mean() < 30


def test_the_treated_are_in_the_table_and_drawn_by_their_probability(planted):
    truth, rows = planted["truth_of_campaign"], planted["campaigns"]
    mine = rows[rows["campaign_id"] == "planted"]
    assert set(mine["customer_id"]) == set(truth.loc[truth["treated"], "customer_id"])
    assert not mine["customer_id"].duplicated().any()
    expected, spread = (
        truth["probability"].sum(),
        np.sqrt((truth["probability"] * (1 - truth["probability"])).sum()),
    )
    assert abs(truth["treated"].sum() - expected) < 4 * spread


def test_the_treated_are_not_like_the_others(planted):
    last = planted["truth"].query("wave == '2025-Q3'").merge(planted["truth_of_campaign"], on="customer_id")
    satisfaction = last.groupby("treated")["satisfaction"].mean()
    assert satisfaction[True] < satisfaction[False] - 0.05


@pytest.mark.parametrize(
    ("option", "value"),
    [("campaign_satisfaction", 6.0), ("campaign_satisfaction", float("nan")), ("campaign_orders", -0.1)],
)
def test_effects_out_of_range_are_refused(tmp_path, option, value):
    with pytest.raises(ConfigError, match=f"{option} must be from .* Pass a "):
        simulate(tmp_path, customers=100, **{option: value})
