"""Growth is counted by a training, told by `estimate`, and not there in models of earlier versions."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from silentnps.bundle.bundle import load_bundle
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.value.growth import kept_growth


def test_a_trained_model_knows_the_growth_of_its_base(project: Project):
    growth = kept_growth(load_bundle(project.model).info)
    features = read_features(project)
    end = features["as_of"].max().tz_localize(None)
    data = project.config.tables["orders"].path.parent
    orders, customers = (pd.read_parquet(data / f"{name}.parquet") for name in ("orders", "customers"))
    at = orders["ordered_at"].dt.tz_localize(None)
    orders = orders[at < end].assign(at=at)
    days = timedelta(days=(end - timedelta(days=365) - at.min()) // timedelta(days=1))
    returns = pd.read_parquet(data / "returns.parquet")
    returned = returns["returned_at"].dt.tz_localize(None)
    refunds = returns[(returned < end) & (returned >= end - days)]
    then = orders[orders["at"].between(end - timedelta(days=365) - days, end - timedelta(days=365), "left")]
    refunded_then = returns[returned.between(end - timedelta(days=365) - days, end - timedelta(days=365), "left")]
    now = orders[orders["at"] >= end - days]
    assert growth is not None
    assert growth.days == days.days
    assert growth.before == pytest.approx(then["amount"].sum() - refunded_then["refund_amount"].sum())
    assert growth.retained + growth.new == pytest.approx(now["amount"].sum() - refunds["refund_amount"].sum())
    first = orders.groupby("customer_id")["at"].min()
    friends = customers.loc[customers["acquisition_channel"].astype(str) == "referral", "customer_id"]
    earned = set(first[first >= end - timedelta(days=365)].index) & set(friends)
    of_earned = now.loc[now["customer_id"].isin(earned), "amount"].sum()
    assert growth.earned == pytest.approx(
        of_earned - refunds.loc[refunds["customer_id"].isin(earned), "refund_amount"].sum()
    )


def test_a_model_of_an_earlier_version_knows_no_growth():
    assert kept_growth({"wave": "2025-Q4"}) is None
    assert kept_growth({"growth": None}) is None
