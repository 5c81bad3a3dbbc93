"""What is unknown in a file is unknown among the features, whatever the type of the column and of the file.

A feature of events is computed over those for which the value it needs is known, and unknown if that is none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from event_tables import connect
from hypothesis import given, settings
from hypothesis import strategies as st
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.checking.checks import clean_tables
from silentnps.data.identity.linked_tables import open_tables
from silentnps.features.catalog import CATALOG, Feature
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import wide_features
from silentnps.features.population.population import population_at
from silentnps.outcome.survey_data import tidy_features
from silentnps.schema import HAPPENED, TABLES

NOW = datetime(2025, 6, 1)
KINDS: dict[str, tuple[st.SearchStrategy[Any], pa.DataType]] = {
    "boolean": (st.booleans(), pa.bool_()),
    "integer": (st.integers(-(10**6), 10**6), pa.int32()),
    "float": (st.integers(-(10**6), 10**6).map(lambda n: n / 64), pa.float64()),
    "decimal": (st.integers(-(10**6), 10**6).map(lambda n: Decimal(n) / 100), pa.decimal128(12, 2)),
    "text": (st.sampled_from(["north", "south", "x y", "Straße"]), pa.string()),
    "category": (st.sampled_from(["a", "b"]), pa.dictionary(pa.int8(), pa.string())),
}
"""Values of each kind, and what an Arrow file calls it."""

Write = Callable[[Path, pa.Table], TableConfig]


def as_csv(folder: Path, table: pa.Table) -> TableConfig:
    written = [["" if value is None else plain(value) for value in column.to_pylist()] for column in table.columns]
    rows = [",".join(row) for row in zip(*written, strict=True)]
    (folder / "c.csv").write_text("\n".join([",".join(table.column_names), *rows]) + "\n", encoding="utf-8")
    return TableConfig(path=folder / "c.csv")


def plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_parquet(folder: Path, table: pa.Table) -> TableConfig:
    pq.write_table(table, folder / "c.parquet")
    return TableConfig(path=folder / "c.parquet")


def features_of(table: pa.Table, write: Write) -> pd.DataFrame:
    """Return the features that come of the columns of customers, by two ways that must agree."""
    with tempfile.TemporaryDirectory() as folder:
        tables = open_tables(project(Path(folder), customers=write(Path(folder), table)))
        population = population_at(tables, NOW)
        built = build_features(tables, population).sort_values("customer_id", ignore_index=True)
        wide = wide_features(tables, population).order_by("customer_id").execute()
    for name in KINDS:
        assert listed(wide[name]) == listed(built[name])
    return built[list(KINDS)]


def listed(column: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in column]


def expected(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value if value is None else plain(value)
    return float(value) if isinstance(value, int | float | Decimal) else value


@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_null_is_null_from_the_file_to_the_model_in_columns_of_every_kind(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 9))
    columns: dict[str, list[Any]] = {}
    for kind, (known, _) in KINDS.items():
        drawn = data.draw(st.lists(st.none() | known, min_size=n, max_size=n))
        columns[kind] = [*drawn, None, data.draw(known)]
    arrays = {kind: pa.array(values, KINDS[kind][1]) for kind, values in columns.items()}
    table = pa.table({"customer_id": [f"k{i:02d}" for i in range(n + 2)], **arrays})
    for write in (as_csv, as_parquet):
        features = features_of(table, write)
        tidy = tidy_features(features)
        for kind, values in columns.items():
            assert listed(features[kind]) == listed(tidy[kind]) == [expected(value) for value in values]


EVENTS: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("support", "category"): st.sampled_from(["complaint", "question"]),
    ("support", "escalated"): st.booleans(),
    ("outreach", "channel"): st.sampled_from(["sms", "email", "pigeon"]),
    ("engagement", "kind"): st.sampled_from(["click", "visit", "app", "share", "open"]),
    ("orders", "channel"): st.sampled_from(["web", "store"]),
    ("orders", "category"): st.sampled_from(["toys", "books"]),
    ("orders", "discount"): st.integers(0, 900),
    ("returns", "refund_amount"): st.integers(0, 900),
    **{
        (name, column): st.none() | st.integers(0, 90)
        for name, table in TABLES.items()
        for column in (each.name for each in table.columns)
        if column in HAPPENED
    },
}
"""Known values of columns of events; times are days after the event's own, maybe beyond `NOW`, or none so far."""

SETTLED = {"escalated": {"closed_at": 1}}
"""Other columns that must be known for a column to be used."""

Row = dict[str, Any]


def event(name: str, customer: str, number: int, **values: Any) -> Row:
    """Return an event of the last 90 days; times in `values` are days after its own."""
    clock = str(TABLES[name].clock)
    at = pd.Timestamp(NOW) - pd.Timedelta(days=5 + 7 * number)
    optional = {column.name for column in TABLES[name].columns if column.name in HAPPENED}
    delays = {column: values.get(column) for column in optional}
    moments = {column: pd.NaT if days is None else at + pd.Timedelta(days=days) for column, days in delays.items()}
    required = {"order_id": f"{customer}{number}", "amount": 1000, "promised_at": at} if name == "orders" else {}
    escalated = {"escalated": True} if name == "support" else {}
    return {"customer_id": customer, clock: at, **required, **escalated, **values, **moments}


def features_using(name: str, column: str) -> list[Feature]:
    """Return the features that use a column of events, or that are computed from such features."""
    direct = [entry for entry in CATALOG.values() if name in entry.tables and column in entry.columns]
    names = {entry.name for entry in direct}
    return direct + [entry for entry in CATALOG.values() if names & set(entry.inputs)]


def by_customer(name: str, rows: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the features of all customers, computed in two ways."""
    frame = pd.DataFrame(rows)
    for column in {str(TABLES[name].clock), "promised_at", *HAPPENED} & set(frame):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    for column in {"discount", "refund_amount"} & set(frame):
        frame[column] = frame[column].astype("Int64")
    customers = pd.DataFrame({"customer_id": ["known", "nobody", "partly", "unknown"]})
    frames = {"customers": customers, name: frame}
    if name == "returns":
        frames["orders"] = pd.DataFrame([event("orders", customer, 1) for customer in customers.customer_id])
    tables = connect(frames)
    population = population_at(tables, NOW)
    built = build_features(tables, population), wide_features(tables, population).execute()
    first, second = (features.set_index("customer_id").sort_index() for features in built)
    return first, second


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column"), EVENTS)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_a_feature_uses_the_events_for_which_the_value_it_needs_is_known(
    name: str, column: str, data: st.DataObject
) -> None:
    known = data.draw(st.lists(EVENTS[name, column], min_size=1, max_size=4))
    n_unknown = data.draw(st.integers(1, 3))
    other = SETTLED.get(column, {})
    unknown = -1 if column in HAPPENED else None  # days before the event's own
    rows = [
        event(name, who, i, **other, **{column: value})
        for who in ("known", "partly")
        for i, value in enumerate(known)
    ]
    rows += [
        event(name, who, len(known) + i, **other, **{column: unknown})
        for who in ("partly", "unknown")
        for i in range(n_unknown)
    ]
    features = features_using(name, column)
    for built in by_customer(name, rows):
        for feature in (feature for feature in features if feature.name in built):
            values = built[feature.name].astype("float64")
            assert pd.isna(values["unknown"]), feature.name
            assert listed(values[["partly"]]) == listed(values[["known"]]), feature.name
            if len(feature.tables) == 1:
                assert listed(values[["nobody"]]) == [feature.empty], feature.name


def test_unknown_kinds_before_the_window_do_not_count() -> None:
    rows = [event("engagement", "unknown", 60, kind=None), event("engagement", "known", 1, kind="click")]
    for built in by_customer("engagement", rows):
        assert built["engagement_clicks_90d"].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("closed_at", ["2025-05-01", "1900-01-01"])
def test_whether_a_case_closed_at_an_impossible_time_is_open_is_unknown(tmp_path: Path, closed_at: str) -> None:
    cases = f"customer_id,opened_at,closed_at\n001,2025-05-20,{closed_at}\n002,2025-05-20,\n"
    tables, findings = clean_tables(
        open_tables(project(tmp_path, support=cases)), now=NOW, earliest=date(1990, 1, 1)
    )
    assert {(finding.column, finding.effect, finding.rows) for finding in findings} == {("closed_at", "value", 1)}
    assert all("The values are treated as unknown." in finding.cure for finding in findings)
    built = build_features(tables, population_at(tables, NOW))
    assert listed(built["support_open_cases"]) == [None, 1.0]
    assert listed(built["support_hours_to_close_mean_365d"]) == [None, None]
    assert listed(built["support_cases_90d"]) == [1.0, 1.0]
