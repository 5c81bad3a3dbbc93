"""The wave of a moment is that of its local time, at every boundary, in every zone and period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest
from event_tables import connect, table
from hypothesis import given, settings
from hypothesis import strategies as st

from silentnps.config import WavesConfig
from silentnps.errors import ConfigError
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.population import build_population, population_at
from silentnps.features.population.waves import wave_rules

# Havana puts its clocks back from 1:00 to 0:00 on 1 November 2015 and 2020: that midnight comes twice.
# Apia has no 30 December 2011; Kathmandu and Chatham are off by parts of an hour.
ZONES = (
    None,
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
STEPS = (timedelta(microseconds=-1), timedelta(0), timedelta(minutes=29), timedelta(hours=1), timedelta(hours=-25))
EMBARGOES = (0.0, 24.0, 48.5, 24.0 * 40)


def local_of(moment: datetime, zone: str | None) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None)


def utc_of(local: datetime, zone: str | None) -> datetime:
    """The first moment of a local time."""
    return local.replace(tzinfo=ZoneInfo(zone or "UTC"), fold=0).astimezone(UTC).replace(tzinfo=None)


def start_of_period(local: datetime, period: str) -> datetime:
    month = {"month": local.month, "quarter": (local.month - 1) // 3 * 3 + 1, "year": 1}[period]
    return datetime(local.year, month, 1)


def label_of(local: datetime, period: str) -> str:
    labels = {
        "month": f"{local:%Y-%m}",
        "quarter": f"{local.year}-Q{(local.month + 2) // 3}",
        "year": f"{local.year}",
    }
    return labels[period]


def boundaries(zone: str | None) -> list[datetime]:
    firsts = [datetime(year, month, 1) for year in (2009, 2012, 2015, 2020, 2025) for month in range(1, 13)]
    return [utc_of(first, zone) + step for first in firsts for step in STEPS]


@pytest.mark.parametrize("zone", ZONES)
def test_labels_and_starts_are_local_at_every_boundary(zone: str | None) -> None:
    moments = boundaries(zone)
    rows = ibis.duckdb.connect().create_table("rows", ibis.memtable(pd.DataFrame({"moment": moments})))
    columns = {}
    for period in ("month", "quarter", "year"):
        label, start = wave_rules(WavesConfig(period=period), zone)
        columns |= {f"{period}_label": label(rows.moment), f"{period}_start": start(rows.moment)}
    got = rows.select("moment", **columns).to_pandas()
    for period in ("month", "quarter", "year"):
        local = [local_of(moment.to_pydatetime(), zone) for moment in got["moment"]]
        assert got[f"{period}_label"].tolist() == [label_of(time, period) for time in local]
        starts = [pd.Timestamp(utc_of(start_of_period(time, period), zone)) for time in local]
        assert got[f"{period}_start"].tolist() == starts


@pytest.mark.slow
@settings(max_examples=8)
@given(
    zone=st.sampled_from(ZONES),
    waves=st.sampled_from(
        [{"period": "month"}, {"period": "quarter"}, {"period": "year"}, {"dates": [datetime(2020, 4, 1)]}]
    ),
    embargo=st.sampled_from(EMBARGOES),
)
def test_the_embargo_moves_as_of_but_nobody_into_another_wave(zone, waves, embargo) -> None:
    moments = boundaries(zone)[::3]
    people = [f"c{i:03d}" for i in range(len(moments))]
    tables = connect(
        {
            "customers": table(customer_id=people),
            "responses": table(customer_id=people, responded_at=moments, rating=[5] * len(people)),
        }
    )

    def respondents(hours: float) -> pd.DataFrame:
        rows = build_population(tables, WavesConfig(**waves, embargo_hours=hours), zone=zone)
        answered = rows.filter(rows.respondent).order_by("customer_id").to_pandas()
        return answered[["customer_id", "wave", "as_of"]]

    none, some = respondents(0.0), respondents(embargo)
    assert some["wave"].tolist() == none["wave"].tolist()
    assert (none["as_of"] - some["as_of"]).unique().tolist() == [pd.Timedelta(hours=embargo)]
    if "period" in waves:
        local = [local_of(moment, zone) for moment in moments]
        assert none["wave"].tolist() == [label_of(time, waves["period"]) for time in local]


def test_an_answer_without_invitation_is_of_the_wave_in_which_it_came() -> None:
    # 22:30 UTC on 31 March is half past midnight of 1 April in Berlin; 29 March at 10:00 is March everywhere.
    tables = connect(
        {
            "customers": table(customer_id=["a", "b"]),
            "responses": table(
                customer_id=["a", "b"], responded_at=["2025-03-31T22:30", "2025-03-29T10:00"], rating=[9, 2]
            ),
        }
    )

    def waves_of(zone: str | None) -> dict[str, str]:
        rows = build_population(tables, WavesConfig(period="quarter"), zone=zone)
        return rows.filter(rows.respondent).to_pandas().set_index("customer_id")["wave"].to_dict()

    assert waves_of("Europe/Berlin") == {"a": "2025-Q2", "b": "2025-Q1"}
    assert waves_of(None) == {"a": "2025-Q1", "b": "2025-Q1"}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"])
def test_dates_without_a_zone_are_local_times(zone: str) -> None:
    start = utc_of(datetime(2025, 4, 1), zone)
    moments = [start - timedelta(microseconds=1), start]
    tables = connect(
        {
            "customers": table(customer_id=["before", "after"]),
            "responses": table(customer_id=["before", "after"], responded_at=moments, rating=[1, 9]),
        }
    )
    waves = WavesConfig(dates=(datetime(2025, 1, 1), datetime(2025, 4, 1)))
    keys = ["customer_id", "wave"]
    rows = build_population(tables, waves, zone=zone).to_pandas().sort_values(keys, ignore_index=True)
    answered = rows[rows["respondent"]].set_index("customer_id")
    assert answered["wave"].to_dict() == {"before": "2025-01-01", "after": "2025-04-01"}
    assert answered.loc["after", "wave_starts_at"] == pd.Timestamp(start)
    aware = WavesConfig(dates=(datetime(2025, 1, 1), start.replace(tzinfo=UTC)))
    pd.testing.assert_frame_equal(
        rows.sort_values(["customer_id", "wave"], ignore_index=True),
        build_population(tables, aware, zone=zone)
        .to_pandas()
        .sort_values(["customer_id", "wave"], ignore_index=True),
    )


def test_a_moment_without_waves_is_labelled_by_its_date_in_utc_or_as_given() -> None:
    tables = connect({"customers": table(customer_id=["a"])})
    assert population_at(tables, datetime(2025, 6, 30, 22)).to_pandas().wave.tolist() == ["2025-06-30"]
    named = population_at(tables, datetime(2025, 6, 30, 22), label="2025-07-01").to_pandas()
    assert named.wave.tolist() == ["2025-07-01"]


@pytest.mark.parametrize("moment", [datetime(1, 1, 1), datetime(9999, 12, 31, 23)])
def test_moments_at_the_ends_of_the_calendar_are_refused(moment: datetime) -> None:
    zone = "Asia/Tokyo" if moment.year == 1 else "America/Lima"
    with pytest.raises(ConfigError, match="years 2 to 9998"):
        naive_utc(moment, zone)
