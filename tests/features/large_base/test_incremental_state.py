"""Features renewed from the state of an earlier run: those of a full run, rebuilt for changed customers only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, ordered, retailer
from versioned_tables import written_again

from silentnps.config import WavesConfig
from silentnps.features.engine.build import build_features
from silentnps.features.large_base.bucketed_build import Base, build_buckets, part_name, renew_rows, store_rows
from silentnps.features.large_base.incremental_state import clear_state, read_state, save_state
from silentnps.features.population.population import build_population, population_at

Frames = dict[str, pd.DataFrame]
LAST = datetime(2025, 5, 1)
BUCKETS = 2


class Nights:
    """A base that is built night after night in one folder."""

    def __init__(self, folder: Path, as_of: datetime | None = LAST) -> None:
        self.store_folder, self.features, self.as_of = folder / "events", folder / "features.parquet", as_of

    def base(self, frames: Frames) -> Base:
        tables = connect(frames)
        waves = WavesConfig(period="quarter")
        return Base.of(tables, population_at(tables, self.as_of) if self.as_of else build_population(tables, waves))

    def build_all(self, frames: Frames) -> None:
        """Build everything and save the state."""
        base = self.base(frames)
        clear_state(self.store_folder)
        store = store_rows(base, self.store_folder, buckets=BUCKETS)
        self.features.mkdir(exist_ok=True)
        build_buckets(base, store, self.features)
        save_state(store, base, 0, self.features)

    def renew(self, frames: Frames, since: datetime) -> int:
        """Renew what changed; return how many customers were rebuilt."""
        base = self.base(frames)
        state = read_state(self.store_folder, base)
        assert state is not None
        assert state.describes(self.features)
        current = renew_rows(state.store, base, state.run + 1, since=since)
        fresh = self.features.with_name("fresh")
        fresh.mkdir()
        changed = build_buckets(base, current, fresh, previous=state.store, previous_features=self.features)
        shutil.rmtree(self.features)
        fresh.rename(self.features)
        save_state(current, base, state.run + 1, self.features)
        return changed

    def part(self, bucket: int) -> Path:
        return self.features / part_name(bucket)

    def assert_equal_to_full_build(self, frames: Frames) -> None:
        """Compare with features built in memory from these tables."""
        tables = connect(frames)
        people = (
            population_at(tables, self.as_of)
            if self.as_of
            else build_population(tables, WavesConfig(period="quarter"))
        )
        built = pd.concat([pd.read_parquet(self.part(bucket)) for bucket in range(BUCKETS)], ignore_index=True)
        expected = ordered(build_features(tables, people))
        pd.testing.assert_frame_equal(ordered(built), expected, check_dtype=False, rtol=0.0, atol=1e-12)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def small_retailer(seed: int) -> Frames:
    """Return a retailer with three of its tables."""
    return {name: frame for name, frame in retailer(seed).items() if name in ("customers", "orders", "support")}


@pytest.fixture(scope="module")
def build_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Nights]:
    """Return a function from a seed to the finished build of its small retailer, which is made once."""

    @cache
    def of(seed: int) -> Nights:
        made = Nights(tmp_path_factory.mktemp("built"))
        made.build_all(small_retailer(seed))
        return made

    return of


@pytest.fixture
def built(nights: Nights, build_of: Callable[[int], Nights]) -> Callable[[int], Frames]:
    """Return a function that makes `nights` a copy of the build of a small retailer, and returns its tables."""

    def copy(seed: int) -> Frames:
        made = build_of(seed)
        shutil.copytree(made.store_folder, nights.store_folder)
        shutil.copytree(made.features, nights.features)
        return small_retailer(seed)

    return copy


def late_order(frames: Frames, customer: str, moment: str) -> Frames:
    """Return the tables with one more order."""
    orders = frames["orders"]
    added = orders.iloc[[0]].assign(order_id="late", customer_id=customer, ordered_at=pd.Timestamp(moment))
    return {**frames, "orders": pd.concat([orders, added], ignore_index=True)}


@pytest.mark.slow
def test_where_nothing_changed_nothing_is_rebuilt(nights: Nights, built: Callable[[int], Frames]) -> None:
    frames = built(1)
    before = [nights.part(bucket).stat().st_ino for bucket in range(BUCKETS)]
    assert nights.renew(frames, datetime(2025, 4, 1)) == 0
    assert [nights.part(bucket).stat().st_ino for bucket in range(BUCKETS)] == before
    nights.assert_equal_to_full_build(frames)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "since"),
    [("2025-04-20", datetime(2025, 4, 1)), ("2024-03-05", datetime(2024, 3, 31)), ("2024-03-05", LAST)],
    ids=["late event", "in the month of since", "an older month with a different number of rows"],
)
def test_a_late_event_rebuilds_its_customer_only(
    nights: Nights, built: Callable[[int], Frames], moment: str, since: datetime
) -> None:
    frames = built(1)
    now = late_order(frames, "c07", moment)
    assert nights.renew(now, since) == 1
    nights.assert_equal_to_full_build(now)


@pytest.mark.slow
def test_removed_and_changed_rows_are_noticed_from_the_month_of_since_onward(
    nights: Nights, built: Callable[[int], Frames]
) -> None:
    frames = built(2)
    orders, support = frames["orders"].copy(), frames["support"]
    recent = orders.index[orders["ordered_at"] >= "2025-03-01"]
    orders.loc[recent[0], "amount"] += 1
    now = {**frames, "orders": orders.drop(recent[1]), "support": support.iloc[3:]}
    touched = {*frames["orders"].loc[recent[:2], "customer_id"], *support["customer_id"].iloc[:3]}
    assert nights.renew(now, datetime(2025, 3, 1)) == len(touched)
    nights.assert_equal_to_full_build(now)


@pytest.mark.slow
def test_a_row_changed_before_since_is_not_noticed(nights: Nights, built: Callable[[int], Frames]) -> None:
    frames = built(2)
    orders = frames["orders"].copy()
    orders.loc[orders["ordered_at"] < "2024-06-01", "amount"] += 1
    assert nights.renew({**frames, "orders": orders}, datetime(2024, 6, 1)) == 0
    assert nights.renew({**frames, "orders": orders}, datetime(2024, 1, 1)) > 20
    nights.assert_equal_to_full_build({**frames, "orders": orders})


@pytest.mark.slow
def test_customers_with_a_changed_attribute_or_date_are_rebuilt(
    nights: Nights, built: Callable[[int], Frames]
) -> None:
    frames = built(3)
    people = frames["customers"].copy()
    people.loc[4, "region"] = "east"
    people.loc[9, "signed_up_at"] = pd.Timestamp("2024-02-02")
    people.loc[11, "customer_id"] = "c99"  # one customer left, another came
    now = {**frames, "customers": people}
    assert nights.renew(now, LAST) == 4
    nights.assert_equal_to_full_build(now)


def test_another_moment_rebuilds_every_row(nights: Nights, built: Callable[[int], Frames]) -> None:
    frames = built(1)
    nights.as_of = datetime(2025, 5, 2)
    n_rows = len(pd.read_parquet(nights.features))
    assert nights.renew(frames, LAST) >= n_rows
    nights.assert_equal_to_full_build(frames)


@pytest.mark.slow
def test_waves_and_versions_of_rows_are_renewed_too(tmp_path: Path) -> None:
    nights = Nights(tmp_path, as_of=None)
    frames = written_again(retailer(1))
    nights.build_all(frames)
    now = late_order(frames, "c03", "2025-02-03")
    assert 0 < nights.renew(now, LAST) <= 3  # versions may be of several customers
    nights.assert_equal_to_full_build(now)
    answers = now["responses"].copy()
    answers.loc[answers.index[-1], "rating"] = 0
    now = {**now, "responses": answers}
    nights.renew(now, LAST)
    nights.assert_equal_to_full_build(now)


def edited(frames: Frames, rng: np.random.Generator, since: pd.Timestamp) -> Frames:
    """Return the tables after a day: in some tables a row since a moment is removed, moved or doubled."""
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
@pytest.mark.parametrize("seed", range(2))
def test_night_after_night_equals_full_runs(nights: Nights, seed: int) -> None:
    rng, frames = np.random.default_rng(seed), retailer(seed)
    nights.build_all(frames)
    for night in range(5):
        since = pd.Timestamp("2024-06-01") + pd.DateOffset(months=int(rng.integers(0, 8)))
        frames = edited(frames, rng, since)
        if rng.random() < 0.3:
            nights.as_of = datetime(2025, 5, 2 + night)
        nights.renew(frames, since.to_pydatetime())
        nights.assert_equal_to_full_build(frames)
    chunks = list(nights.store_folder.glob("orders/*"))
    assert len(chunks) <= 6


@pytest.mark.slow
def test_chunks_of_a_killed_run_are_not_read(nights: Nights, built: Callable[[int], Frames]) -> None:
    frames = built(1)
    now = late_order(frames, "c07", "2025-04-20")
    base = nights.base(now)
    state = read_state(nights.store_folder, base)
    assert state is not None
    renew_rows(state.store, base, state.run + 1, since=LAST)  # killed before the state is saved
    assert nights.renew(now, LAST) == 1
    nights.assert_equal_to_full_build(now)


@pytest.mark.parametrize("what", ["excluded", "column", "nothing", "damaged", "cut"])
def test_a_state_of_other_features_or_a_damaged_one_is_not_used(
    nights: Nights, built: Callable[[int], Frames], what: str
) -> None:
    frames = built(1)
    tables = connect(
        frames if what != "column" else {**frames, "orders": frames["orders"].drop(columns="discount")}
    )
    exclude = ["orders_count_90d"] if what == "excluded" else []
    if what == "nothing":
        clear_state(nights.store_folder)
    if what == "damaged":
        (nights.store_folder / "state.json").write_text('{"key": ', encoding="utf-8")
    if what == "cut":
        state = nights.store_folder / "state.json"
        values = json.loads(state.read_text(encoding="utf-8"))
        state.write_text(json.dumps({"key": values["key"], "chunks": []}), encoding="utf-8")
    assert read_state(nights.store_folder, Base.of(tables, population_at(tables, LAST), exclude=exclude)) is None


def test_parts_written_by_others_are_not_used_again(nights: Nights, built: Callable[[int], Frames]) -> None:
    frames = built(1)
    state = read_state(nights.store_folder, nights.base(frames))
    assert state is not None
    assert state.describes(nights.features)
    part = nights.part(1)
    part.write_bytes(part.read_bytes())
    assert not state.describes(nights.features)
