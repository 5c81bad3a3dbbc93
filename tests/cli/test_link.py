"""What a person reads of `silentnps link`."""

from __future__ import annotations

from pathlib import Path

from projects import run
from tiny_project import answers_of, customers, write_tiny


def surveyed(folder: Path, *, lost: int) -> Path:
    people = customers(100)
    people["email"] = people["customer_id"] + "@shop.example"
    answers = answers_of(people)
    answers.insert(0, "email", answers.pop("customer_id") + "@shop.example")
    answers.loc[: lost - 1, "email"] = "stranger@shop.example"
    tables = {
        "customers": {"path": "customers.csv"},
        "responses": {"path": "responses.csv", "identified_by": "email"},
    }
    write_tiny(folder, people, answers, tables=tables)
    return folder / "config.yaml"


def test_tables_periods_keys_and_customers_are_shown(tmp_path: Path) -> None:
    code, out, err = run("link", "-c", surveyed(tmp_path, lost=2))
    assert code == 0, err
    for words in ("Rows that match a customer", "98.0 %", "2025-Q1", "customers (100)", "link.csv"):
        assert words in out
    assert "responses: 98 customers; 1 key of no customer." in out
    assert "@" not in out + err


def test_months_are_an_option_and_full_tables_have_no_periods(tmp_path: Path) -> None:
    assert "2025-03 " in run("link", "-c", surveyed(tmp_path, lost=2), "--by", "month")[1]
    (tmp_path / "full").mkdir()
    assert "By quarter" not in run("link", "-c", surveyed(tmp_path / "full", lost=0))[1]


def test_too_few_matches_are_exit_code_1_after_the_tables(tmp_path: Path) -> None:
    code, out, err = run("link", "-c", surveyed(tmp_path, lost=50))
    assert code == 1
    assert "50.0 %" in out
    assert "error: responses: 50 of 100 rows match no customer (50.0 %)" in " ".join(err.split())
