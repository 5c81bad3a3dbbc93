"""Features renewed from what the run before kept: the values of a full run, made anew for who changed alone."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, ordered, retailer
from versioned_tables import written_again

from silentnps.config import WavesConfig
from silentnps.features.engine.build import build_features
from silentnps.features.large_base.bucketed_build import Base, build_buckets, part_name, renew_rows, store_rows
from silentnps.features.large_base.incremental_state import forget, keep, read_kept
from silentnps.features.population.population import build_population, population_at

Frames = dict[str, pd.DataFrame]
LAST = datetime(2025, 5, 1)
BUCKETS = 4


class Nights:
    """A base that is built night after night in one folder."""

    def __init__(self, folder: Path, as_of: datetime | None = LAST) -> None:
        self.events, self.features, self.as_of = folder / "events", folder / "features.parquet", as_of

    def base(self, frames: Frames) -> Base:
        tables = connect(frames)
        waves = WavesConfig(period="quarter")
        return Base.of(tables, population_at(tables, self.as_of) if self.as_of else build_population(tables, waves))

    def full(self, frames: Frames) -> None:
        """Build everything anew and keep it."""
        base = self.base(frames)
        forget(self.events)
        events = store_rows(base, self.events, buckets=BUCKETS)
        self.features.mkdir(exist_ok=True)
        build_buckets(base, events, self.features)
        keep(events, base, 0, self.features)

    def renewed(self, frames: Frames, since: datetime) -> int:
        """Renew what changed; return how many customers' rows were made anew."""
        base = self.base(frames)
        kept = read_kept(self.events, base)
        assert kept is not None
        assert kept.still(self.features)
        now = renew_rows(kept.events, base, kept.run + 1, since=since)
        fresh = self.features.with_name("fresh")
        fresh.mkdir()
        changed = build_buckets(base, now, fresh, kept=kept.events, older=self.features)
        shutil.rmtree(self.features)
        fresh.rename(self.features)
        keep(now, base, kept.run + 1, self.features)
        return changed

    def part(self, bucket: int) -> Path:
        return self.features / part_name(bucket)

    def assert_full(self, frames: Frames) -> None:
        """Compare with features built in memory from the tables as they are."""
        tables = connect(frames)
        people = (
            population_at(tables, self.as_of)
            if self.as_of
            else build_population(tables, WavesConfig(period="quarter"))
        )
        found = pd.concat([pd.read_parquet(self.part(bucket)) for bucket in range(BUCKETS)], ignore_index=True)
        expected = ordered(build_features(tables, people))
        pd.testing.assert_frame_equal(ordered(found), expected, check_dtype=False, rtol=0.0, atol=1e-12)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def few(seed: int) -> Frames:
    """Return a retailer with a few of its tables."""
    return {name: frame for name, frame in retailer(seed).items() if name in ("customers", "orders", "support")}


def late_order(frames: Frames, customer: str, moment: str) -> Frames:
    """Return the tables with one order more."""
    orders = frames["orders"]
    added = orders.iloc[[0]].assign(order_id="late", customer_id=customer, ordered_at=pd.Timestamp(moment))
    return {**frames, "orders": pd.concat([orders, added], ignore_index=True)}


def test_nothing_changed_so_nothing_is_made_anew(nights: Nights) -> None:
    frames = few(1)
    nights.full(frames)
    before = [nights.part(bucket).stat().st_ino for bucket in range(BUCKETS)]
    assert nights.renewed(frames, datetime(2025, 4, 1)) == 0
    assert [nights.part(bucket).stat().st_ino for bucket in range(BUCKETS)] == before
    nights.assert_full(frames)


@pytest.mark.parametrize(
    ("moment", "since"),
    [("2025-04-20", datetime(2025, 4, 1)), ("2024-03-05", datetime(2024, 3, 31)), ("2024-03-05", LAST)],
    ids=["late event", "of the month of since", "an older month with another number of rows"],
)
def test_a_late_event_redoes_its_customer_alone(nights: Nights, moment: str, since: datetime) -> None:
    frames = few(1)
    nights.full(frames)
    now = late_order(frames, "c07", moment)
    assert nights.renewed(now, since) == 1
    nights.assert_full(now)


def test_rows_removed_and_changed_are_noticed_from_the_month_of_since_on(nights: Nights) -> None:
    frames = few(2)
    nights.full(frames)
    orders, support = frames["orders"].copy(), frames["support"]
    recent = orders.index[orders["ordered_at"] >= "2025-03-01"]
    orders.loc[recent[0], "amount"] += 1
    now = {**frames, "orders": orders.drop(recent[1]), "support": support.iloc[3:]}
    touched = {*frames["orders"].loc[recent[:2], "customer_id"], *support["customer_id"].iloc[:3]}
    assert nights.renewed(now, datetime(2025, 3, 1)) == len(touched)
    nights.assert_full(now)


def test_a_change_in_place_before_since_is_what_the_caller_vouches_for(nights: Nights) -> None:
    frames = few(2)
    nights.full(frames)
    orders = frames["orders"].copy()
    orders.loc[orders["ordered_at"] < "2024-06-01", "amount"] += 1
    assert nights.renewed({**frames, "orders": orders}, datetime(2024, 6, 1)) == 0
    assert nights.renewed({**frames, "orders": orders}, datetime(2024, 1, 1)) > 20
    nights.assert_full({**frames, "orders": orders})


def test_customers_of_whom_an_attribute_or_the_date_changed_are_redone(nights: Nights) -> None:
    frames = few(3)
    nights.full(frames)
    people = frames["customers"].copy()
    people.loc[4, "region"] = "east"
    people.loc[9, "signed_up_at"] = pd.Timestamp("2024-02-02")
    people.loc[11, "customer_id"] = "c99"  # one who left, and one who came
    now = {**frames, "customers": people}
    assert nights.renewed(now, LAST) == 4
    nights.assert_full(now)


def test_another_moment_makes_every_row_anew(nights: Nights) -> None:
    frames = few(1)
    nights.full(frames)
    nights.as_of = datetime(2025, 5, 2)
    n_rows = len(pd.read_parquet(nights.features))
    assert nights.renewed(frames, LAST) >= n_rows
    nights.assert_full(frames)


@pytest.mark.slow
def test_waves_and_versions_of_rows_are_renewed_too(tmp_path: Path) -> None:
    nights = Nights(tmp_path, as_of=None)
    frames = written_again(retailer(1))
    nights.full(frames)
    now = late_order(frames, "c03", "2025-02-03")
    assert 0 < nights.renewed(now, LAST) <= 3  # versions may be of several customers
    nights.assert_full(now)
    answers = now["responses"].copy()
    answers.loc[answers.index[-1], "rating"] = 0
    now = {**now, "responses": answers}
    nights.renewed(now, LAST)
    nights.assert_full(now)


def edited(frames: Frames, rng: np.random.Generator, since: pd.Timestamp) -> Frames:
    """Return the tables after a day: rows of some tables since a moment removed, moved, doubled or changed."""
    now = dict(frames)
    clocks = {"orders": "ordered_at", "engagement": "occurred_at", "returns": "returned_at", "outreach": "sent_at"}
    for name, clock in clocks.items():
        rows = now[name]
        recent = rows.index[rows[clock] >= since]
        if len(recent) < 4 or rng.random() < 0.3:
            continue
        gone, twice, moved = rng.choice(recent, 3, replace=False)
        changed = rows.copy()
        changed.loc[moved, clock] = since + pd.Timedelta(seconds=int(rng.integers(0, 20 * 86_400)))
        more = changed.loc[[twice]].assign(**({"order_id": f"n{rng.integers(1e9)}"} if name == "orders" else {}))
        now[name] = pd.concat([changed.drop(gone), more], ignore_index=True)
    return now


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_night_after_night_equals_full_runs(nights: Nights, seed: int) -> None:
    rng, frames = np.random.default_rng(seed), retailer(seed)
    nights.full(frames)
    for night in range(6):
        since = pd.Timestamp("2024-06-01") + pd.DateOffset(months=int(rng.integers(0, 8)))
        frames = edited(frames, rng, since)
        if rng.random() < 0.3:
            nights.as_of = datetime(2025, 5, 2 + night)
        nights.renewed(frames, since.to_pydatetime())
        nights.assert_full(frames)
    pieces = list(nights.events.glob("orders/*"))
    assert len(pieces) <= 7


def test_what_a_killed_run_left_is_not_read(nights: Nights) -> None:
    frames = few(1)
    nights.full(frames)
    now = late_order(frames, "c07", "2025-04-20")
    base = nights.base(now)
    kept = read_kept(nights.events, base)
    assert kept is not None
    renew_rows(kept.events, base, kept.run + 1, since=LAST)  # and killed before it kept them
    assert nights.renewed(now, LAST) == 1
    nights.assert_full(now)


@pytest.mark.parametrize("what", ["excluded", "column", "nothing", "damaged", "cut"])
def test_what_was_kept_of_other_features_is_not_used(nights: Nights, what: str) -> None:
    frames = few(1)
    nights.full(frames)
    tables = connect(
        frames if what != "column" else {**frames, "orders": frames["orders"].drop(columns="discount")}
    )
    exclude = ["orders_count_90d"] if what == "excluded" else []
    if what == "nothing":
        forget(nights.events)
    if what == "damaged":
        (nights.events / "state.json").write_text('{"key": ', encoding="utf-8")
    if what == "cut":
        state = nights.events / "state.json"
        found = json.loads(state.read_text(encoding="utf-8"))
        state.write_text(json.dumps({"key": found["key"], "pieces": []}), encoding="utf-8")
    assert read_kept(nights.events, Base.of(tables, population_at(tables, LAST), exclude=exclude)) is None


def test_parts_that_others_wrote_are_not_those_of_the_run_before(nights: Nights) -> None:
    frames = few(1)
    nights.full(frames)
    kept = read_kept(nights.events, nights.base(frames))
    assert kept is not None
    assert kept.still(nights.features)
    part = nights.part(1)
    part.write_bytes(part.read_bytes())
    assert not kept.still(nights.features)
