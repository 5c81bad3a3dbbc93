"""Link counts what matches, writes it, and fails where training would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_project import answers_of, customers, write_tiny

from silentnps.errors import DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.link import link
from silentnps.workflow.commands.train import train
from silentnps.workflow.commands.validate import validate

N = 200


def surveyed(folder: Path, *, lost: int, **responses: Any) -> Project:
    """Write a project whose answers have e-mails, of which some belong to nobody."""
    people = customers(N)
    people["email"] = people["customer_id"] + "@shop.example"
    answers = answers_of(people)
    answers.insert(0, "email", answers.pop("customer_id").str.lower() + "@shop.example")
    answers.loc[: lost - 1, "email"] = [f"stranger{n}@shop.example" for n in range(lost)]
    tables = {
        "customers": {"path": "customers.csv"},
        "responses": {"path": "responses.csv", "identified_by": "email"} | responses,
    }
    return write_tiny(folder, people, answers, tables=tables)


@pytest.mark.parametrize(("lost", "n_failures"), [(0, 0), (6, 0), (7, 1)])
def test_it_fails_where_validation_does(tmp_path: Path, lost: int, n_failures: int) -> None:
    made = surveyed(tmp_path, lost=lost)
    linked = link(made)
    errors = [finding for finding in validate(made).findings if finding.severity == "error"]
    assert len(linked.failures) == len(errors) == n_failures


def test_training_stops_where_too_few_answers_match_and_says_why(tmp_path: Path) -> None:
    made = surveyed(tmp_path, lost=20)
    with pytest.raises(DataError, match=r"20 of 200 rows match no customer \(10.0 %\).*identity.links") as error:
        train(made)
    assert "@" not in str(error.value)


def test_the_limit_is_the_configured_one(tmp_path: Path) -> None:
    assert link(surveyed(tmp_path, lost=20, max_unmatched_share=0.1)).failures == []
    (failure,) = link(surveyed(tmp_path, lost=21, max_unmatched_share=0.1)).failures
    assert failure == (
        "responses: 21 of 200 rows match no customer (10.5 %), more than the 10 % that may."
        " tables.responses.max_unmatched_share sets the limit; `silentnps validate` names the rows and the cure."
    )


def test_the_file_has_what_is_returned_and_no_key(tmp_path: Path) -> None:
    made = surveyed(tmp_path, lost=3)
    link(made)
    written = pd.read_csv(made.link)
    assert written["period"].tolist() == ["all", "2025-Q1"]
    assert written["orphans"].tolist() == [3, 3]
    assert "@" not in made.link.read_text(encoding="utf-8")


def test_validation_says_how_many_match_and_how_more_would(tmp_path: Path) -> None:
    made = surveyed(tmp_path, lost=0)
    answers = pd.read_csv(tmp_path / "responses.csv")
    answers.loc[:19, "email"] = answers["email"].str.replace("@", "+nps@", regex=False)
    answers.to_csv(tmp_path / "responses.csv", index=False)
    findings = [str(finding) for finding in validate(made).findings]
    assert "responses: 180 of 200 rows match a customer by email (90.0 %); 20 of nobody." in findings
    (error,) = [finding for finding in validate(made).findings if finding.severity == "error"]
    assert "20 different values would match with identity.plus_addressing: true" in error.cure
    assert "identity.links" in error.cure
