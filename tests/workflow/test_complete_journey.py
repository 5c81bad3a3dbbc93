"""A year of a grocer's baskets without a survey: features at a declared moment, worked by hand from raw rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from written_tables import orders, project

from silentnps.config import WavesConfig, load_config
from silentnps.errors import ConfigError
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.base import build_project
from silentnps.workflow.commands.validate import validate

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "benchmarks" / "complete_journey.py"
SOURCE = Path(os.environ.get("SILENTNPS_DATA", ROOT.parent / "shared" / "data")) / "complete_journey"
NEW_YORK = ZoneInfo("America/New_York")
END_OF_DATA = datetime(2018, 1, 1, tzinfo=NEW_YORK)
EVENING = datetime(2017, 8, 8, 21, tzinfo=NEW_YORK)
"""The largest campaign started on this day, which in New York is not over; in UTC it is."""

needs_data = pytest.mark.skipif(not SOURCE.is_dir(), reason="the data of The Complete Journey are not here")


def convert(out: Path, *options: str) -> Path:
    subprocess.run([sys.executable, str(PROGRAM), str(out), *options], check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def converted(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("complete_journey")
    return convert(out, "--json", str(out / "measures.json"))


@pytest.fixture(scope="module")
def raw() -> dict[str, pd.DataFrame]:
    names = ("transactions", "campaigns", "campaign_descriptions", "coupon_redemptions", "demographics")
    return {name: pd.read_parquet(SOURCE / f"{name}.parquet") for name in names}


@pytest.fixture(scope="module", params=[END_OF_DATA, EVENING], ids=["end_of_data", "evening"])
def built(request, converted) -> tuple[datetime, pd.DataFrame]:
    config = load_config(converted / "config.yaml")
    if request.param == END_OF_DATA:
        return request.param, read_features(Project(config))
    waves = WavesConfig(dates=(request.param, datetime(2017, 3, 1, tzinfo=UTC)))
    elsewhere = {"waves": waves, "output": converted / "evening"}
    return request.param, build_project(Project(config.model_copy(update=elsewhere)))[0]


def three_households(raw) -> list[int]:
    """Draw one that redeemed coupons early and late, one that only got campaigns, and one that got none."""
    rng = np.random.default_rng(20170808)
    coupons, sent = raw["coupon_redemptions"], set(raw["campaigns"]["household_id"])
    days = coupons.groupby("household_id")["redemption_date"].agg(["min", "max"])
    both = days[(days["min"] < "2017-08-01") & (days["max"] > "2017-09-01")]
    groups = both.index, sent - set(days.index), set(raw["transactions"]["household_id"]) - sent - set(days.index)
    return [int(rng.choice(sorted(group))) for group in groups]


def by_hand(raw, household: int, as_of: datetime) -> dict[str, float]:
    cents: dict[int, int] = {}
    moments: dict[int, datetime] = {}
    lines = raw["transactions"]
    for line in lines[lines["household_id"] == household].itertuples():
        moment = line.transaction_timestamp.to_pydatetime().replace(tzinfo=UTC)
        if moment < as_of:
            cents[line.basket_id] = cents.get(line.basket_id, 0) + round(100 * line.sales_value)
            moments[line.basket_id] = moment
    ages = [as_of.astimezone(UTC) - moment for moment in moments.values()]
    starts = dict(raw["campaign_descriptions"][["campaign_id", "start_date"]].itertuples(index=False))
    campaigns, coupons = raw["campaigns"], raw["coupon_redemptions"]
    sent = [starts[number] for number in campaigns.loc[campaigns["household_id"] == household, "campaign_id"]]
    return {
        "orders_count_total": len(ages),
        "orders_count_90d": sum(age <= timedelta(days=90) for age in ages),
        "orders_amount_total": sum(cents.values()) / 100,
        "orders_days_since_last": min(ages).total_seconds() / 86_400,
        "outreach_count_365d": days_of_last_year(sent, as_of),
        "engagement_count_365d": days_of_last_year(
            coupons.loc[coupons["household_id"] == household, "redemption_date"], as_of
        ),
    }


def days_of_last_year(days, as_of: datetime) -> int:
    """Count the days that ended before `as_of` and no more than 365 days of 24 hours before it."""
    ends = [(day.to_pydatetime() + timedelta(days=1)).replace(tzinfo=NEW_YORK).astimezone(UTC) for day in days]
    # The last microsecond of a day belongs to it, the midnight after does not.
    return sum(as_of - timedelta(days=365) < end <= as_of for end in ends)


@needs_data
def test_every_household_that_bought_has_one_row_at_the_declared_moment(raw, built):
    as_of, features = built
    assert sorted(features["customer_id"]) == sorted(raw["transactions"]["household_id"].astype(str).unique())
    assert (features["as_of"] == as_of.astimezone(UTC).replace(tzinfo=None)).all()
    assert not features["respondent"].any()
    assert features["rating"].isna().all()


@needs_data
@pytest.mark.parametrize("which", range(3), ids=["redeemed", "only_sent", "not_sent"])
def test_features_are_those_worked_by_hand_from_raw_rows(raw, built, which):
    as_of, features = built
    household = three_households(raw)[which]
    expected = by_hand(raw, household, as_of)
    row = features.set_index("customer_id").loc[str(household), list(expected)]
    assert row.to_dict() == pytest.approx(expected, rel=1e-12, abs=0)


@needs_data
def test_rows_worked_by_hand_show_what_they_should(raw):
    redeemed, sent, neither = (by_hand(raw, one, END_OF_DATA) for one in three_households(raw))
    earlier = by_hand(raw, three_households(raw)[0], EVENING)
    assert redeemed["engagement_count_365d"] > earlier["engagement_count_365d"] > 0
    assert sent["outreach_count_365d"] > sent["engagement_count_365d"] == 0
    assert neither["outreach_count_365d"] == neither["engagement_count_365d"] == 0


@needs_data
def test_raw_timestamps_are_utc_and_redemptions_days_of_new_york(raw):
    baskets = raw["transactions"].drop_duplicates("basket_id")
    utc = baskets["transaction_timestamp"].dt.tz_localize("UTC")
    redemptions = raw["coupon_redemptions"]
    redeemed = set(zip(redemptions["household_id"], redemptions["redemption_date"].dt.date, strict=True))
    bought = set(zip(baskets["household_id"], utc.dt.tz_convert(NEW_YORK).dt.date, strict=True))
    assert redeemed <= bought
    assert not redeemed <= set(zip(baskets["household_id"], utc.dt.date, strict=True))


@needs_data
def test_attributes_are_categories_and_unknown_where_demographics_are(raw, converted):
    features = read_features(Project(load_config(converted / "config.yaml")))
    attributes = list(raw["demographics"].columns.drop("household_id"))
    assert all(isinstance(features[name].dtype, pd.CategoricalDtype) for name in attributes)
    assert features[attributes].count().to_dict() == raw["demographics"][attributes].count().to_dict()


@needs_data
def test_checks_find_nothing_to_set_aside(converted):
    findings = validate(Project(load_config(converted / "config.yaml"))).findings
    # "5+" and "3+" among numbers: the columns stay text, and that is told
    assert {(one.column, one.effect) for one in findings} == {("household_size", "note"), ("kids_count", "note")}


@needs_data
def test_measures_are_rows_of_four_columns(converted):
    measures = json.loads((converted / "measures.json").read_text())
    assert {tuple(row) for row in measures} == {("name", "metric", "value", "unit")}
    assert {row["metric"]: row["value"] for row in measures}["rows_features"] == 2469


@pytest.mark.slow
@needs_data
def test_small_and_source_are_obeyed(tmp_path, converted):
    copy = tmp_path / "raw"
    copy.symlink_to(SOURCE)
    small = convert(tmp_path / "small", "--small", "--source", str(copy))
    n = len(pd.read_parquet(small / "out" / "features.parquet"))
    assert n == -(-len(pd.read_parquet(converted / "out" / "features.parquet")) // 10)
    broken = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path / "none"), "--source", str(tmp_path / "absent")],
        capture_output=True,
        check=False,
    )
    assert broken.returncode != 0
    assert b"absent" in broken.stderr


TWO_ORDERS = orders("1,001,2025-01-10T12:00:00Z,10.00", "2,001,2025-02-10T12:00:00Z,20.00")


def without_survey(folder: Path, waves: WavesConfig) -> Project:
    return Project(project(folder, orders=TWO_ORDERS).model_copy(update={"waves": waves}))


def test_without_a_survey_everybody_has_one_row_at_the_last_date(tmp_path):
    dates = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 1, 1)
    features, _ = build_project(without_survey(tmp_path, WavesConfig(dates=dates)))
    assert features["customer_id"].tolist() == ["001", "002"]
    assert features["wave"].unique().tolist() == ["2025-02-01"]
    assert features["orders_amount_total"].tolist() == [10.0, 0.0]


def test_with_a_survey_dates_are_starts_of_waves(tmp_path):
    answers = "customer_id,responded_at,rating\n001,2025-01-20T12:00:00Z,9\n"
    config = project(tmp_path, orders=TWO_ORDERS, responses=answers)
    waves = WavesConfig(dates=(datetime(2025, 1, 1), datetime(2025, 2, 1)))
    features, _ = build_project(Project(config.model_copy(update={"waves": waves})))
    assert features["wave"].unique().tolist() == ["2025-01-01"]
    assert features["respondent"].tolist() == [True, False]


@pytest.mark.parametrize("waves", [WavesConfig(), WavesConfig(period="quarter")], ids=["one", "quarters"])
def test_neither_survey_nor_dates_says_what_to_add(tmp_path, waves):
    message = r"tables must have responses or invitations, or waves must have dates; .* Add .* `waves: \{dates: "
    with pytest.raises(ConfigError, match=message):
        build_project(without_survey(tmp_path, waves))


def test_contradictory_waves_are_refused_without_a_survey_too(tmp_path):
    with pytest.raises(ConfigError, match="either a period or dates"):
        build_project(without_survey(tmp_path, WavesConfig(period="year", dates=(datetime(2025, 1, 1),))))
