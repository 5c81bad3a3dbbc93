"""Times from a CSV file to a feature, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from written_tables import project

from silentnps.data.checking.checks import clean_tables
from silentnps.data.identity.linked_tables import open_tables
from silentnps.features.engine.build import build_features
from silentnps.features.population.population import population_at

DAY = 86_400


def feature(folder: Path, name: str, as_of: str, *, timezone: str = "Europe/Berlin", **tables: str) -> float:
    """Return one feature of customer 1 at a moment in UTC."""
    config = project(folder, timezone=timezone, **{"customers": "customer_id\n1\n", **tables})
    cleaned, findings = clean_tables(open_tables(config))
    assert findings == []
    population = population_at(cleaned, pd.Timestamp(as_of).to_pydatetime())
    return float(build_features(cleaned, population)[name].iloc[0])


def clicks(*moments: str) -> str:
    return "customer_id,occurred_at\n" + "".join(f"1,{moment}\n" for moment in moments)


@pytest.mark.parametrize(
    ("opened", "answered", "hours"),
    [
        ("2025-03-29 01:30:00", "2025-03-29 03:30:00", 2),  # an ordinary night
        ("2025-03-30 01:30:00", "2025-03-30 03:30:00", 1),  # 02:00 to 03:00 did not exist
        ("2025-10-26 01:30:00", "2025-10-26 03:30:00", 3),  # 02:00 to 03:00 came twice
        ("2025-03-30 01:30:00", "2025-03-30 02:30:00", 1),  # a time that did not exist is an hour later, 03:30
        ("2025-10-26 01:30:00", "2025-10-26 02:30:00", 2),  # of a time that came twice, the second counts
        ("2025-10-26 02:30:00+02:00", "2025-10-26 02:30:00+01:00", 1),  # with offsets the two are distinguished
        ("2024-02-28 23:30:00", "2024-03-01 00:30:00", 25),  # 29 February lies between
        ("2025-02-28 23:30:00", "2025-03-01 00:30:00", 1),
    ],
)
def test_hours_are_hours_that_have_passed(tmp_path: Path, opened: str, answered: str, hours: float) -> None:
    cases = f"customer_id,opened_at,first_response_at\n1,{opened},{answered}\n"
    as_of = pd.Timestamp(opened[:10]) + pd.Timedelta(days=20)
    assert feature(tmp_path, "support_hours_to_response_mean_365d", str(as_of), support=cases) == hours


@pytest.mark.parametrize(
    ("timezone", "as_of", "count"),
    [
        ("Europe/Berlin", "2025-01-15 22:59:59.999999", 0),  # the day is not over: its end is not before as_of
        ("Europe/Berlin", "2025-01-15 23:00:00", 1),  # midnight in Berlin
        ("UTC", "2025-01-15 23:59:59.999999", 0),
        ("UTC", "2025-01-16 00:00:00", 1),
        ("America/New_York", "2025-01-16 04:59:59.999999", 0),
        ("America/New_York", "2025-01-16 05:00:00", 1),
        ("Asia/Kathmandu", "2025-01-15 18:14:59.999999", 0),  # UTC+5:45
        ("Asia/Kathmandu", "2025-01-15 18:15:00", 1),
    ],
)
def test_an_event_of_a_day_is_known_when_that_day_is_over_in_its_zone(
    tmp_path: Path, timezone: str, as_of: str, count: int
) -> None:
    got = feature(tmp_path, "engagement_count_30d", as_of, timezone=timezone, engagement=clicks("2025-01-15"))
    assert got == count


@pytest.mark.parametrize(("as_of", "count"), [("2025-03-30 21:59:59.999999", 0), ("2025-03-30 22:00:00", 1)])
def test_a_day_of_23_hours_ends_an_hour_earlier(tmp_path: Path, as_of: str, count: int) -> None:
    assert feature(tmp_path, "engagement_count_30d", as_of, engagement=clicks("2025-03-30")) == count


@pytest.mark.parametrize(("as_of", "count"), [("2025-10-26 22:59:59.999999", 0), ("2025-10-26 23:00:00", 1)])
def test_a_day_of_25_hours_ends_an_hour_later(tmp_path: Path, as_of: str, count: int) -> None:
    assert feature(tmp_path, "engagement_count_30d", as_of, engagement=clicks("2025-10-26")) == count


@pytest.mark.parametrize(
    ("signed_up", "as_of", "days"),
    [
        ("2024-02-28 12:00", "2024-03-01 11:00", 2),  # 12:00 in Berlin is 11:00 UTC; over 29 February
        ("2025-02-28 12:00", "2025-03-01 11:00", 1),
        ("2024-02-29 12:00", "2025-02-28 11:00", 365),
        ("2025-03-29 12:00", "2025-03-30 10:00", 23 / 24),  # noon to noon across the spring gap
    ],
)
def test_tenure_counts_days_of_24_hours(tmp_path: Path, signed_up: str, as_of: str, days: float) -> None:
    customers = f"customer_id,signed_up_at\n1,{signed_up}\n"
    assert feature(tmp_path, "customers_tenure_days", as_of, customers=customers) == pytest.approx(days, rel=1e-12)


def test_a_window_of_30_days_across_a_clock_change_has_30_times_24_hours(tmp_path: Path) -> None:
    # as_of 2025-04-01 12:00 in Berlin (10:00 UTC); 30 * 24 hours before is 2025-03-02 10:00 UTC, 11:00 in Berlin.
    visits = clicks("2025-03-02 11:00:00", "2025-03-02 10:59:59")
    assert feature(tmp_path, "engagement_count_30d", "2025-04-01 10:00", engagement=visits) == 1


def test_a_delivery_that_arrives_today_is_not_known_before_the_day_is_over(tmp_path: Path) -> None:
    # Ordered at the end of 1 March (22:59:59.999999 UTC), delivered at that of 3 March.
    sold = "order_id,customer_id,ordered_at,amount,delivered_at\na,1,2025-03-01,5,2025-03-03\n"
    name = "orders_delivery_days_mean_180d"
    assert pd.isna(feature(tmp_path, name, "2025-03-03 22:00", orders=sold))
    assert feature(tmp_path, name, "2025-03-03 23:00", orders=sold) == 2


def test_known_at_of_a_day_is_the_end_of_that_day(tmp_path: Path) -> None:
    sold = "order_id,customer_id,ordered_at,amount,known_at\na,1,2025-03-01,5,2025-03-03\n"
    assert feature(tmp_path, "orders_count_total", "2025-03-03 22:59:59", orders=sold) == 0
    assert feature(tmp_path, "orders_count_total", "2025-03-03 23:00", orders=sold) == 1
