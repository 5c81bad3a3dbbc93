"""Columns are found whatever the case, blanks and separators in which another program writes their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import DataError

NAMES = ("order_id", "customer_id", "ordered_at", "amount", "store_name")
ROW = ("o1", "001", "2025-01-05 10:00", "12.50", "north")

Written = Callable[[str], str]


def capitals(name: str) -> str:
    return name.upper()


def spoken(name: str) -> str:
    return name.replace("_", " ").title()


def padded(name: str) -> str:
    return f"  {name} "


def quoted(name: str) -> str:
    return f'" {name.upper()}"'


def broken(name: str) -> str:
    return '"' + name.replace("_", "\n") + '"'


def hard_blanks(name: str) -> str:
    return name.replace("_", "\u00a0")


def several(name: str) -> str:
    return name.replace("_", "__")


def headed(written: Written, delimiter: str = ",") -> str:
    return f"{delimiter.join(map(written, NAMES))}\n{delimiter.join(ROW)}\n"


def read(folder: Path, text: str, table: str = "orders", encoding: str = "utf-8") -> pd.DataFrame:
    path = folder / f"{table}.csv"
    path.write_text(text, encoding=encoding)
    frame: pd.DataFrame = open_tables(project(folder, **{table: TableConfig(path=path)}))[table].execute()
    return frame


WAYS = [capitals, spoken, padded, quoted, broken, hard_blanks, several, str.capitalize]


@pytest.mark.parametrize("written", WAYS, ids=lambda way: way.__name__)
def test_a_header_means_the_same_however_it_is_written(written: Written, tmp_path: Path) -> None:
    frame = read(tmp_path, headed(written))
    assert frame[["order_id", "customer_id", "amount"]].values.tolist() == [["o1", "001", 1250]]
    assert frame["ordered_at"].tolist() == [pd.Timestamp("2025-01-05 10:00")]


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), ("|", "utf-8"), (",", "utf-8-sig")]
)
def test_so_it_does_with_other_delimiters_and_a_byte_order_mark(
    delimiter: str, encoding: str, tmp_path: Path
) -> None:
    frame = read(tmp_path, headed(spoken, delimiter), encoding=encoding)
    assert frame["customer_id"].tolist() == ["001"]


def test_the_canonical_name_itself_comes_before_one_that_is_like_it(tmp_path: Path) -> None:
    text = "order_id,customer_id,Ordered At,ordered_at,amount\no1,001,2025-02-01 10:00,2025-01-05 10:00,1\n"
    assert read(tmp_path, text)["ordered_at"].tolist() == [pd.Timestamp("2025-01-05 10:00")]


def test_two_columns_that_could_be_the_same_are_none(tmp_path: Path) -> None:
    text = "order_id,customer_id,Ordered At,ordered  at,amount\no1,001,2025-02-01 10:00,2025-01-05 10:00,1\n"
    with pytest.raises(DataError, match=re.escape("must have the column 'ordered_at'; got")):
        read(tmp_path, text)


def test_an_attribute_that_became_a_canonical_column_is_no_attribute_as_well(tmp_path: Path) -> None:
    frame = read(tmp_path, "Customer ID,Signed Up At,Home Town\n001,2024-05-01 10:00,north\n", "customers")
    assert frame.to_dict("records") == [
        {"customer_id": "001", "signed_up_at": pd.Timestamp("2024-05-01 10:00"), "Home Town": "north"}
    ]


def test_names_that_the_configuration_has_are_compared_in_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("CUSTOMER_ID,STORE NUMBER,POINTS\n1,17,5\n2,18,6\n", encoding="utf-8")
    customers = TableConfig(path=tmp_path / "c.csv", text=("store_number",))
    frame = open_tables(project(tmp_path, customers=customers))["customers"].execute()
    assert frame["STORE NUMBER"].tolist() == ["17", "18"]
    assert frame["POINTS"].tolist() == [5, 6]
