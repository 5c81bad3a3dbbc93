"""The page on Spark and warehouses: its Python runs, and its SQL is what that prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from silentnps.features.catalog import CATALOG

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "when-one-machine-is-not-enough.md").read_text(
    encoding="utf-8"
)


def block(language: str) -> str:
    """Return the only code block in a language on the page."""
    (text,) = re.findall(f"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return text


def without_numbers(sql: str) -> list[str]:
    """Return the lines of SQL without the numbers in Ibis's aliases."""
    return [re.sub(r"\"t\d+\"", '"t"', line.strip()).removesuffix(",") for line in sql.splitlines()]


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "databricks"])
def test_the_lines_print_all_features_in_each_dialect(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = block("python")
    assert f'"{dialect}"' in lines
    exec(lines.replace('dialect="snowflake"', f'dialect="{dialect}"'), {})
    sql = capsys.readouterr().out
    missing = [each.name for each in CATALOG.values() if not each.learned and each.name not in sql]
    assert missing == []


def test_the_sql_on_the_page_is_what_the_lines_print(capsys: pytest.CaptureFixture[str]) -> None:
    exec(block("python"), {})
    printed = set(without_numbers(capsys.readouterr().out))
    shown = [line for line in without_numbers(block("sql")) if line != "..."]
    assert [line for line in shown if line not in printed] == []
    assert len(shown) > 10
