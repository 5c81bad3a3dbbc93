"""Answers of no customer stop the work beyond a limit; a few are set aside, and orders may be of guests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from projects import run
from tiny_project import answers_of, customers, write_tiny

from silentnps.data.findings import Finding
from silentnps.workflow.commands.validate import validate

N = 200
PEOPLE = customers(N)


def found(folder: Path, answers: pd.DataFrame, **tables: Any) -> list[Finding]:
    """Return the findings on columns; that the answers are few for a narrow interval is on none."""
    made = write_tiny(folder, PEOPLE, answers)
    if tables:
        declared = {"customers": {"path": "customers.csv"}, "responses": {"path": "responses.csv"}}
        made = write_tiny(folder, PEOPLE, answers, tables={**declared, **tables})
    return [finding for finding in validate(made).findings if finding.column]


def shouted(answers: pd.DataFrame, n: int) -> pd.DataFrame:
    """Write the ids of the first `n` answers in lower case."""
    ids = answers["customer_id"]
    return answers.assign(customer_id=[*ids[:n].str.lower(), *ids[n:]])


def test_a_third_of_the_answers_lost_to_the_case_of_an_id_is_an_error(tmp_path: Path) -> None:
    (error,) = found(tmp_path, shouted(answers_of(PEOPLE), 66))
    assert (error.table, error.column, error.severity, error.rows) == ("responses", "customer_id", "error", 66)
    assert "66 of 200 rows match no customer (33.0 %), more than the 3 % that may" in error.cure
    assert "66 of them would match in one case of letters" in error.cure
    assert "tables.responses.max_unmatched_share" in error.cure
    assert "set aside" not in error.cure
    code, _, err = run("train", "-c", tmp_path / "config.yaml")
    assert code == 1
    assert "match no customer" in err


def test_answers_without_an_id_are_lost_as_well(tmp_path: Path) -> None:
    answers = answers_of(PEOPLE)
    answers.loc[:19, "customer_id"] = None
    (error,) = found(tmp_path, answers)
    assert (error.severity, error.rows, error.rule) == ("error", 20, "present")


def test_a_few_are_set_aside(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, shouted(answers_of(PEOPLE), 6))
    assert (finding.severity, finding.effect, finding.rows) == ("warning", "row", 6)


@pytest.mark.parametrize(("limit", "severity"), [(0.5, "warning"), (0.1, "error")])
def test_the_limit_is_the_configured_one(tmp_path: Path, limit: float, severity: str) -> None:
    responses = {"path": "responses.csv", "max_unmatched_share": limit}
    (finding,) = found(tmp_path, shouted(answers_of(PEOPLE), 66), responses=responses)
    assert finding.severity == severity


@pytest.mark.parametrize(
    ("ids", "severity"),
    [
        ([f"guest{i}" for i in range(80)], "warning"),  # 40 % of the orders are of guests
        ([f"guest{i}" for i in range(120)], "error"),  # most of them
        ([i.lower() for i in PEOPLE["customer_id"][:20]], "error"),  # 10 % in another spelling
    ],
)
def test_orders_may_be_of_guests_but_not_of_customers_in_another_spelling(
    tmp_path: Path, ids: list[str], severity: str
) -> None:
    owners = [*ids, *PEOPLE["customer_id"][len(ids) :]]
    orders = pd.DataFrame({"order_id": range(N), "customer_id": owners, "ordered_at": "2025-01-01", "amount": 1})
    orders.to_csv(tmp_path / "orders.csv", index=False)
    (finding,) = found(tmp_path, answers_of(PEOPLE), orders={"path": "orders.csv"})
    assert (finding.table, finding.severity) == ("orders", severity)
