"""What each file is, by its names, its columns and their values."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from own_files import write_own_files

from silentnps.errors import ConfigError
from silentnps.workflow.onboarding.looked import Looked, look


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    folder = tmp_path_factory.mktemp("own")
    return look(write_own_files(folder), folder=folder)


def test_every_file_finds_its_table(looked: Looked) -> None:
    assert {name: found.sample.path for name, found in looked.tables.items()} == {
        "customers": "crm.csv",
        "responses": "survey.csv",
        "orders": "orders-*.csv",
        "support": "tickets.csv",
    }
    assert not looked.unused


def test_columns_are_mapped_by_what_they_are_called_and_hold(looked: Looked) -> None:
    columns = {name: found.fit.columns for name, found in looked.tables.items()}
    assert columns["customers"] == {"customer_id": "Kundennummer", "signed_up_at": "Joined"}
    assert columns["responses"] == {
        "customer_id": "E-Mail",
        "responded_at": "Submitted at",
        "rating": "NPS score",
    }
    assert columns["orders"] == {
        "customer_id": "Customer",
        "order_id": "Order number",
        "ordered_at": "Order date",
        "amount": "Total",
    }
    assert columns["support"] == {"customer_id": "Customer no", "opened_at": "Opened", "category": "Topic"}


def test_the_key_is_the_one_whose_values_are_shared(looked: Looked) -> None:
    keys = {name: found.key for name, found in looked.tables.items() if found.key}
    assert {name: (key.theirs, key.form, key.share) for name, key in keys.items()} == {
        "responses": ("Mail", "email", 1.0),
        "orders": ("Kundennummer", None, 1.0),
        "support": ("Kundennummer", None, 1.0),
    }


def test_a_file_that_fits_nothing_is_named_with_the_reason(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    pd.DataFrame({"colour": ["red", "blue"], "shade": [1, 2]}).to_csv(tmp_path / "paint.csv", index=False)
    (tmp_path / "notes.pdf").write_text("nothing", encoding="utf-8")
    strange = [str(tmp_path / name) for name in ("paint.csv", "notes.pdf", "gone.csv")]
    unused = look([*files, *strange], folder=tmp_path).unused
    assert list(unused) == [strange[1], strange[2], "paint.csv"]
    assert "colour, shade" in unused["paint.csv"]
    assert all("must" in unused[file] for file in strange[1:])


def test_a_file_that_is_given_twice_is_one(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    again = [str(tmp_path), str(tmp_path / ".." / tmp_path.name / "crm.csv")]
    looked = look([*files, *again], folder=tmp_path)
    paths = [found.sample.path for found in looked.tables.values()]
    assert sorted(paths) == ["crm.csv", "orders-*.csv", "survey.csv", "tickets.csv"]
    assert not looked.unused


def test_orders_of_nobody_are_not_used(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    orders = pd.read_csv(files[2]).assign(Customer=[f"Z{row}" for row in range(150)])
    orders.to_csv(files[2], index=False)
    reason = look([files[0], files[2]], folder=tmp_path).unused["orders-2024.csv"]
    assert "looks like orders, but no column has values that are customers' ids" in reason


def test_without_customers_there_is_no_configuration(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    with pytest.raises(ConfigError, match=r"one row per customer.*got none.*Not read: .*gone\.csv"):
        look([str(tmp_path / "gone.csv")], folder=tmp_path)
    assert files


def test_a_folder_of_exports_is_several_tables(tmp_path: Path) -> None:
    write_own_files(tmp_path)
    tables = look([str(tmp_path)], folder=tmp_path).tables
    assert list(tables) == ["customers", "responses", "orders", "support"]


def test_a_table_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    with sqlite3.connect(tmp_path / "shop.sqlite") as base:
        pd.read_csv(files[0]).to_sql("crm", base, index=False)
        base.execute("CREATE VIEW broken AS SELECT * FROM gone")
    looked = look([str(tmp_path / "shop.sqlite")], folder=tmp_path)
    assert looked.customers.sample.table == "crm"
    assert [file.endswith("(broken)") for file in looked.unused] == [True]
