"""CSV files for people hold no formula, their numbers stay numbers, and they are read back as they were."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from projects import write_project

import silentnps
from silentnps.config import load_config
from silentnps.data.identity.linked_tables import open_tables
from silentnps.storage.spreadsheet_csv import read_csv, write_csv

FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
BY_SQL = re.compile(r"\bCOPY\b.*\bTO\b.*\b(CSV|XLSX)\b", re.DOTALL)
SOURCE = Path(silentnps.__file__).parent

cells = st.one_of(
    st.text(alphabet="=+-@\t\r'\"ab1,;. é", max_size=6),
    st.sampled_from(["=1+1", "'=1+1", "''-x", "@sum", "+49 30", "-12.5", "'", "a=b", "＝1", "=cmd|' /C calc'!A0"]),
    st.sampled_from(["a;=1", ";'=1", "1;-2", ";;@a", "a\t=1"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(cells, min_size=1, max_size=8), cells.filter(bool))
def test_no_cell_is_a_formula_and_all_are_read_back(tmp_path: Path, values: list[str], name: str) -> None:
    table = pd.DataFrame({f"{name}1": values, "number": np.linspace(-12.5, 3, len(values))})
    write_csv(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        for cell in (cell for row in csv.reader(file) for cell in row):
            assert NUMBER.fullmatch(cell) or not any(map(FORMULA.match, cell.split(";"))), cell
    read = read_csv(tmp_path / "t.csv", text=(f"{name}1",), keep_words=True)
    assert read.columns.tolist() == table.columns.tolist()
    assert ["" if pd.isna(value) else value for value in read[f"{name}1"]] == values
    assert read["number"].tolist() == table["number"].tolist()


def test_numbers_of_any_kind_and_gaps_are_written_as_they_are(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "level": pd.Categorical(["-5", "=A1", None]),
            "mixed": pd.Series([-1.5, "=A1", None], dtype="object"),
            "count": pd.array([-3, None, 4], dtype="Int64"),
            "flag": [True, False, True],
            "at": pd.to_datetime(["2025-01-01", None, "2025-01-02"]),
        }
    )
    write_csv(table, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["-5,-1.5,-3,True,2025-01-01", "'=A1,'=A1,,False,", ",,4,True,2025-01-02"]


def test_an_empty_table_keeps_its_names(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"=a": [], "b": []}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").split() == ["'=a,b"]
    assert read_csv(tmp_path / "t.csv").columns.tolist() == ["=a", "b"]


def test_a_row_stays_a_row_whatever_a_spreadsheet_takes_for_a_separator(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"plan": ["gold;=A1", "x\ty", "z"], "n": [-1, 2, 3]}), tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ['"plan","n"', '"gold;\'=A1",-1', '"x\ty",2', '"z",3']


WRITERS = {"spreadsheet_csv.py", "spreadsheet_xlsx.py"}


def imports_of(tree: ast.AST) -> list[ast.alias]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return [alias for node in nodes for alias in node.names]


def test_one_writer_makes_all_csv_files_and_one_all_lists() -> None:
    others = [path for path in SOURCE.rglob("*.py") if path.name not in WRITERS]
    others = [path for path in others if "office" not in path.parts]  # see its own tests
    assert len(others) > 100
    for path in others:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not names & {"to_csv", "to_excel", "to_clipboard", "DictWriter", "writerow", "writerows"}, path
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert not [text for text in texts if isinstance(text, str) and BY_SQL.search(text)], path
        assert not {alias.name for alias in imports_of(tree)} & {"ExcelWriter", "Workbook", "xlsxwriter"}, path


def test_ids_from_the_list_of_calls_are_those_of_the_customers(tmp_path: Path) -> None:
    ids = ["=1", "+49301", "@anna", "-x", "plain", "'=1", "'quoted'", "a;=1", ";'-x", "b;'c"]
    (tmp_path / "data").mkdir()
    pd.DataFrame({"customer_id": ids}).to_csv(tmp_path / "data" / "customers.csv", index=False)
    calls = pd.DataFrame({"customer_id": ids, "called_at": "2025-01-01", "rating": 7})
    write_csv(calls, tmp_path / "data" / "follow_up.csv")
    paths = {name: {"path": f"data/{name}.csv"} for name in ("customers", "follow_up")}
    tables = open_tables(load_config(write_project(tmp_path, tables=paths)))
    for name in paths:
        assert sorted(tables[name].customer_id.execute()) == sorted(ids), name
