"""What the simulated retailer promises: the same bytes, whole tables, coherent events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_retailer import Retailer, make

from silentnps.errors import ConfigError
from silentnps.schema import TABLES
from silentnps.simulation import simulate as simulate_module
from silentnps.simulation.simulate import simulate

HISTORY = (pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2026-01-01", tz="UTC"))
NOT_SIMULATED = (
    *("known_at", "row_id", "currency", "orders.category", "csat", "ces", "tags", "duration_seconds"),
    *("responses.associate_id", "invitations.survey_type", "fulfilled_at"),
)


def simulated(table: str, column: str) -> bool:
    return not {column, f"{table}.{column}"} & set(NOT_SIMULATED)


SIMULATED = {
    name: replace(
        table,
        columns=tuple(
            each for each in table.columns if not {each.name, f"{name}.{each.name}"} & set(NOT_SIMULATED)
        ),
    )
    for name, table in TABLES.items()
    if name != "follow_up"  # nobody has called yet
}
TIMES_IN_ORDER = {
    "orders": ("ordered_at", "delivered_at"),
    "outreach": ("sent_at", "replied_at"),
    "support": ("opened_at", "first_response_at", "closed_at"),
    "referrals": ("referred_at", "converted_at"),
    "campaigns": ("starts_at", "ends_at"),
    "responses": ("invited_at", "responded_at"),
}


def file_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def retailer(tmp_path_factory) -> Retailer:
    return make(tmp_path_factory.mktemp("default"))


def test_same_seed_same_bytes(retailer, tmp_path):
    make(tmp_path)
    assert file_bytes(tmp_path) == file_bytes(retailer.folder)


def test_other_seed_other_bytes_in_every_file(retailer, tmp_path):
    make(tmp_path, seed=1)
    first, second = file_bytes(retailer.folder), file_bytes(tmp_path)
    assert first.keys() == second.keys()
    assert not [name for name in first if first[name] == second[name]]


@pytest.mark.parametrize(
    "options",
    [{"answer_by_satisfaction": 0.0}, {"answer_by_behaviour": 0.0}, {"response_rate": 0.3}],
    ids=lambda options: next(iter(options)),
)
def test_options_of_answering_change_who_answers_and_nothing_else(retailer, tmp_path, options):
    make(tmp_path, **options)
    first, second = file_bytes(retailer.folder), file_bytes(tmp_path)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"invitations.parquet", "responses.parquet", "truth.parquet"}
    columns = ["customer_id", "wave", "nps_class", "satisfaction", "invited"]
    pd.testing.assert_frame_equal(retailer["truth"][columns], Retailer(tmp_path)["truth"][columns])


def test_every_canonical_table_and_column_is_there(retailer):
    assert {path.stem for path in retailer.folder.iterdir()} == {*SIMULATED, "truth"}
    for name, table in SIMULATED.items():
        columns = [column.name for column in table.columns]
        assert list(retailer[name].columns[: len(columns)]) == columns


@pytest.mark.parametrize("name", SIMULATED)
def test_columns_are_of_their_kind_and_within_their_bounds(retailer, name):
    rows, table = retailer[name], SIMULATED[name]
    assert len(rows)
    for column in table.columns:
        values = rows[column.name]
        assert is_of_kind(values, column.kind), column
        assert not (column.required and values.isna().any()), column
        assert column.low is None or values.min() >= column.low, column
        assert column.high is None or values.max() <= column.high, column
    assert not table.key or not rows.duplicated(list(table.key)).any()


def is_of_kind(values: pd.Series, kind: str) -> bool:
    if kind == "time":
        return str(values.dtype) == "datetime64[ms, UTC]"
    if kind == "money":
        return values.dtype == float and bool((values == values.round(2)).all())
    if kind in ("integer", "boolean"):
        return values.dtype == {"integer": np.int32, "boolean": np.bool_}[kind]
    return pd.api.types.is_string_dtype(values) and not values.isna().all()


def test_customers_carry_segments(retailer):
    distinct = retailer["customers"][["region", "tier", "acquisition_channel", "age_band"]].nunique()
    assert distinct.to_dict() == {"region": 6, "tier": 3, "acquisition_channel": 4, "age_band": 4}


@pytest.mark.parametrize("name", TIMES_IN_ORDER)
def test_later_columns_of_an_event_come_later(retailer, name):
    rows = retailer[name]
    for earlier, later in zip(TIMES_IN_ORDER[name], TIMES_IN_ORDER[name][1:], strict=False):
        both = rows[[earlier, later]].dropna()
        assert len(both)
        assert (both[later] > both[earlier]).all()


def test_returns_follow_the_delivery_of_their_own_order(retailer):
    returns = retailer["returns"].merge(retailer["orders"], on="order_id", suffixes=("", "_of_order"))
    assert len(returns) == len(retailer["returns"])
    assert (returns["customer_id"] == returns["customer_id_of_order"]).all()
    assert (returns["returned_at"] > returns["delivered_at"].fillna(returns["ordered_at"])).all()
    assert (returns["refund_amount"] <= returns["amount"]).all()


@pytest.mark.parametrize("name", [name for name, table in SIMULATED.items() if table.clock])
def test_events_lie_in_the_history_and_after_signing_up(retailer, name):
    rows = retailer[name].merge(retailer["customers"], on="customer_id")
    clock = rows[TABLES[name].clock]
    assert len(rows) == len(retailer[name])
    assert clock.between(*HISTORY, inclusive="left").all()
    assert (clock >= rows["signed_up_at"]).all()


@pytest.mark.parametrize("name", ["orders", "outreach", "support", "referrals", "responses"])
def test_what_lies_behind_the_end_of_history_is_not_yet_known(retailer, name):
    for column in TIMES_IN_ORDER[name]:
        assert retailer[name][column].max() < HISTORY[1], column


def test_events_go_on_after_the_last_invitation(retailer):
    last = retailer["invitations"]["invited_at"].max()
    for name in ("orders", "returns", "outreach", "support", "referrals", "engagement"):
        assert (retailer[name][TABLES[name].clock] > last).any(), name


def test_chunks_join_without_a_seam(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate_module, "_CHUNK", 700)
    done: list[int] = []
    simulate(tmp_path, customers=2_000, progress=done.append)
    retailer = Retailer(tmp_path)
    assert done == [700, 1400, 2000]
    assert list(retailer["customers"]["customer_id"]) == [f"c{number:07d}" for number in range(1, 2001)]
    assert retailer["orders"]["order_id"].is_unique
    assert set(retailer["returns"]["order_id"]) <= set(retailer["orders"]["order_id"])
    truth = retailer["truth"]
    assert truth.loc[truth["invited"], "answered"].mean() == pytest.approx(0.15, abs=0.02)


def test_smallest_base_works(tmp_path):
    assert len(make(tmp_path / "new" / "folder", customers=100)["customers"]) == 100


def test_an_earlier_simulation_is_replaced_and_other_files_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    make(tmp_path, customers=200)
    make(tmp_path, customers=100)
    assert len(Retailer(tmp_path)["customers"]) == 100
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.parquet" for name in (*SIMULATED, "truth")} | {
        "notes.txt"
    }


def test_an_interrupted_simulation_leaves_the_earlier_one_whole(tmp_path):
    make(tmp_path, customers=100)
    before = file_bytes(tmp_path)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path, customers=200, progress=interrupt)
    assert file_bytes(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"customers": 99}, r"customers must be 100 or more; got 99\. "),
        ({"seed": -1}, r"seed must be 0 or more; got -1\. "),
        ({"response_rate": 0.0}, r"response_rate must be between 0 and 1; got 0\.0\. "),
        ({"response_rate": 1.0}, r"response_rate must be between 0 and 1; got 1\.0\. "),
        ({"answer_by_satisfaction": float("nan")}, r"answer_by_satisfaction must be from -5 to 5; got nan\. "),
        ({"answer_by_behaviour": 5.1}, r"answer_by_behaviour must be from -5 to 5; got 5\.1\. "),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        make(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ConfigError, match="must be a folder that can be written"):
        make(tmp_path / "taken")
