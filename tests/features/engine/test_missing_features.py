"""Features are missing where a table, a column or an input is, and under one cause each."""

from __future__ import annotations

from silentnps.features.engine import expressions as expressions
from silentnps.features.engine.missing_features import features_of_column, missing_features
from silentnps.schema import TABLES

ALL = {name: [column.name for column in table.columns] for name, table in TABLES.items()}


def test_nothing_is_missing_where_every_column_is_there() -> None:
    assert missing_features(ALL) == {}


def test_a_missing_column_takes_the_features_that_need_it() -> None:
    some = ALL | {"orders": [name for name in ALL["orders"] if name != "promised_at"]}
    missing = missing_features(some)
    assert list(missing) == ["orders.promised_at"]
    assert set(missing["orders.promised_at"]) <= set(features_of_column("orders", "promised_at"))


def test_a_missing_table_takes_its_features_and_those_of_several_tables() -> None:
    missing = missing_features({name: columns for name, columns in ALL.items() if name != "orders"})
    assert list(missing) == ["orders"]
    assert {"orders_count_365d", "returns_refund_share_365d"} <= set(missing["orders"])
