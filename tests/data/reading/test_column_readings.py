"""Opening tables as people's tools write them: what is read how, what is said of it, and what is refused."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from written_tables import all_findings, orders, parquet, project

from silentnps.config import FeaturesConfig, ProjectConfig, TableConfig
from silentnps.data.checking.checks import clean_tables
from silentnps.data.findings import Finding
from silentnps.data.identity.linked_tables import open_tables
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError
from silentnps.features.definitions.customers import attribute_names

NUMBERS = [1234.5, 12.25, 1500000.0, -7.5, 0.5, 99.0, 1000.0, 8.25, 3.0, 41.75]


def table_of(**columns: list[str]) -> str:
    rows = zip(*columns.values(), strict=True)
    return "\n".join([";".join(columns), *(";".join(row) for row in rows)]) + "\n"


def said(findings: tuple[Finding, ...] | list[Finding]) -> list[tuple[Any, ...]]:
    return [(f.column, f.rule, f.effect, f.rows, f.first_rows) for f in findings]


def with_features(config: ProjectConfig, **features: Any) -> ProjectConfig:
    return config.model_copy(update={"features": FeaturesConfig(**features)})


def test_attributes_written_otherwise_are_the_same_numbers_and_are_told(tmp_path: Path) -> None:
    plain = [f"{number:.2f}" for number in NUMBERS]
    columns = {
        "plain": plain,
        "comma": [text.replace(".", ",") for text in plain],
        "grouped": [f"{number:,.2f}" for number in NUMBERS],
        "euro": [f"€{text}" for text in plain],
        "percent": [f"{text} %" for text in plain],
        "gaps": ["N/A", *plain[1:5], " null ", *plain[6:]],
        "near": ["12a", *plain[1:]],
    }
    text = table_of(customer_id=[f"k{i}" for i in range(len(NUMBERS))], **columns)
    read = read_tables(project(tmp_path, customers=text))
    rows = read.tables["customers"].execute()
    for name in ("plain", "comma", "grouped", "euro", "percent"):
        assert rows[name].tolist() == NUMBERS
    assert rows["gaps"].isna().tolist() == [True, *[False] * 4, True, *[False] * 4]
    assert rows["near"].isna().tolist() == [True, *[False] * 9]
    every = (1, 2, 3, 4, 5)
    assert said(read.findings) == [
        ("comma", "a number such as 1234.50", "note", 10, every),
        ("grouped", "a number such as 1234.50", "note", 3, (1, 3, 7)),
        ("euro", "a number such as 1234.50", "note", 10, every),
        ("percent", "a number such as 1234.50", "note", 10, every),
        ("gaps", "empty where nothing is known", "value", 2, (1, 6)),
        ("near", "a number, as most of its values are", "value", 1, (1,)),
    ]
    assert all("12a" not in str(finding) for finding in read.findings)


def test_words_that_may_be_values_stay_among_texts_and_are_empty_among_yes_and_no(tmp_path: Path) -> None:
    columns = {
        "region": ["NA", "EMEA", "n/a", "None"],
        "member": ["yes", "NA", "no", "none"],
        "zip": ["01067", "2", "3", "-"],
    }
    read = read_tables(project(tmp_path, customers=table_of(customer_id=["1", "2", "3", "4"], **columns)))
    rows = read.tables["customers"].execute().astype("object")
    rows = rows.where(rows.notna(), None)
    assert rows["region"].tolist() == ["NA", "EMEA", None, "None"]
    assert rows["member"].tolist() == ["yes", None, "no", None]
    assert rows["zip"].tolist() == ["01067", "2", "3", None]


def test_declared_markers_take_the_place_of_the_usual_ones_in_texts_and_numbers(tmp_path: Path) -> None:
    table = parquet(tmp_path, "c", customer_id=["1", "2"], n=[-999, 5], x=[1.5, -999.0], word=["N/A", "leer"])
    config = project(tmp_path, customers=table)
    usual = open_tables(config)["customers"].execute()
    assert usual["n"].tolist() == [-999, 5]
    assert usual["word"].isna().tolist() == [True, False]
    declared = ProjectConfig.model_validate(config.model_dump() | {"empty_values": [-999, "leer"]})
    rows = open_tables(declared)["customers"].execute()
    assert rows["n"].isna().tolist() == [True, False]
    assert rows["x"].isna().tolist() == [False, True]
    assert rows["word"].isna().tolist() == [False, True]


def test_amounts_and_times_of_events_are_read_in_the_same_ways(tmp_path: Path) -> None:
    header = "order_id;customer_id;ordered_at;amount;discount;delivered_at;items"
    rows = ("a;1;31.12.2024;1.234,50 €;-;N/A;1", "b;2;1.2.2025 14:05;(7,25 €);0,5;01/13/2025 2:05 PM;NULL")
    read = read_tables(project(tmp_path, orders=orders(*rows, header=header)))
    found = read.tables["orders"].execute()
    assert found["amount"].tolist() == [123450, -725]
    assert found["ordered_at"].tolist() == [
        pd.Timestamp("2024-12-31 23:59:59.999999"),
        pd.Timestamp("2025-02-01 14:05"),
    ]
    assert found["delivered_at"].iloc[1] == pd.Timestamp("2025-01-13 14:05")
    for name in ("discount", "delivered_at", "items"):
        assert found[name].isna().sum() == 1
    assert {f.column for f in read.findings} == {"ordered_at", "amount", "discount", "delivered_at", "items"}


@pytest.mark.parametrize(
    ("column", "cells", "key", "values"),
    [
        ("amount", ['"1,234"', '"5,678"'], "decimal", {".": [123400, 567800], ",": [123, 568]}),
        ("ordered_at", ["03/04/2025", "05/06/2025"], "day_first", {True: [3, 5], False: [4, 6]}),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_until_it_is_declared(
    tmp_path: Path, column: str, cells: list[str], key: str, values: dict[Any, list[int]]
) -> None:
    good = {
        "order_id": ["1", "2"],
        "customer_id": ["001", "002"],
        "ordered_at": ["2025-01-01"] * 2,
        "amount": ["5"] * 2,
    }
    columns = {**good, column: cells}
    rows = [",".join(row) for row in zip(*columns.values(), strict=True)]
    path = tmp_path / "o.csv"
    path.write_text(orders(*rows), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"tables.orders: `{key}: "):
        open_tables(project(tmp_path, orders=TableConfig(path=path)))
    for declared, expected in values.items():
        table = TableConfig.model_validate({"path": path, key: declared})
        found = open_tables(project(tmp_path, orders=table))["orders"].execute()[column]
        assert [n.day if key == "day_first" else n for n in found] == expected


def test_an_attribute_that_is_declared_text_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("customer_id,size\n1,38\n2,40\n")
    for names, expected in ((), [38, 40]), (("size",), ["38", "40"]):
        table = TableConfig(path=path, text=names)
        assert open_tables(project(tmp_path, customers=table))["customers"].execute()["size"].tolist() == expected


def test_attributes_of_other_types_are_left_out_with_a_note(tmp_path: Path) -> None:
    kinds = {
        "tags": [["a"], None],
        "place": [{"x": 1}, {"x": 2}],
        "raw": [b"a", b"b"],
        "opens": [time(8), None],
        "pairs": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int32())),
        "born": [date(1990, 1, 1), None],
    }
    read = read_tables(
        project(tmp_path, customers=parquet(tmp_path, "c", customer_id=["1", "2"], n=[1, 2], **kinds))
    )
    assert attribute_names(read.tables["customers"]) == ("n",)
    told = {f.column: (f.effect, f.rows) for f in read.findings}
    assert told == {name: ("column", 1 if name in ("tags", "opens", "born") else 2) for name in kinds}
    clock = "customer_id,opens,since\n" + "".join(f"{i},{i % 12}:05,{i % 28 + 1}.3.2024\n" for i in range(20))
    read = read_tables(project(tmp_path, customers=clock))
    assert attribute_names(read.tables["customers"]) == ()
    assert [(f.column, f.effect) for f in read.findings] == [("opens", "column"), ("since", "column")]


def test_an_excluded_attribute_is_not_looked_at(tmp_path: Path) -> None:
    text = 'customer_id,n,odd\n1,1,"1,234"\n1,1,"5,678"\n'
    config = project(tmp_path, customers=text)
    with pytest.raises(ConfigError, match="odd"):
        open_tables(config)
    read = read_tables(with_features(config, exclude=("odd",)))
    assert read.findings == ()
    assert "odd" in attribute_names(read.tables["customers"])  # a name that is known
    (finding,) = all_findings(read.tables)
    assert (finding.rule, finding.severity) == ("unique", "warning")  # the rows differ in nothing else


def test_an_infinite_number_of_an_attribute_is_unknown_and_told(tmp_path: Path) -> None:
    table = parquet(
        tmp_path, "c", customer_id=["1", "2"], x=[float("inf"), 1.0], big=pa.array([2**63, 1], pa.uint64())
    )
    read = read_tables(project(tmp_path, customers=table))
    rows = read.tables["customers"].execute()
    assert rows["x"].isna().tolist() == [True, False]
    assert rows["big"].tolist() == [2.0**63, 1.0]
    assert [(f.column, f.effect, f.rows) for f in read.findings] == [("x", "value", 1)]


LONG_AGO = ("0001-01-01", "1900-01-01", "1970-01-01", "1989-12-31")


def test_times_long_ago_are_unknown_or_set_aside_and_told(tmp_path: Path) -> None:
    customers = "customer_id,signed_up_at\n" + "".join(
        f"{i},{day}\n" for i, day in enumerate((*LONG_AGO, "1990-01-01"))
    )
    sold = [f"{i},0,{day},5,{day}" for i, day in enumerate((*LONG_AGO, "1990-01-01"))]
    header = "order_id,customer_id,ordered_at,amount,promised_at"
    tables = open_tables(project(tmp_path, customers=customers, orders=orders(*sold, header=header)))
    clean, findings = clean_tables(tables, now=datetime(2025, 6, 1), earliest=date(1990, 1, 1))
    assert clean["customers"].execute().sort_values("customer_id")["signed_up_at"].isna().tolist() == [True] * 4 + [
        False
    ]
    assert clean["orders"].execute()["order_id"].tolist() == ["4"]
    told = [(f.table, f.column, f.rule, f.effect, f.rows) for f in findings]
    rule = "no earlier than 1990-01-01"
    assert told == [
        ("customers", "signed_up_at", rule, "value", 4),
        ("orders", "ordered_at", rule, "row", 4),
        ("orders", "promised_at", rule, "value", 4),
    ]
    assert all_findings(tables, earliest=date(1, 1, 1)) == []


def test_a_bad_amount_among_those_written_in_one_way_is_refused_with_its_row(tmp_path: Path) -> None:
    sold = orders(
        "1;1;2025-01-01;1.234,50",
        "2;1;2025-01-01;12,5",
        "3;1;2025-01-01;12.5",
        header="order_id;customer_id;ordered_at;amount",
    )
    with pytest.raises(DataError, match=r"column 'amount' must hold an amount .* got 1 bad rows \(first rows 3\)"):
        open_tables(project(tmp_path, orders=sold))
