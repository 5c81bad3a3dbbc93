"""Segments of the page of validation have no name that only a few customers share."""

from __future__ import annotations

from pathlib import Path

import ibis
import pytest

from silentnps.config import ProjectConfig
from silentnps.workflow.told.expected_answers import segments_of, waves_of


@pytest.mark.parametrize(
    ("include", "names"), [([], {"basic", "(other)"}), (["plan"], {"basic", "Anna's plan", "Ben's plan"})]
)
def test_rare_levels_are_told_together_unless_the_column_is_included(
    tmp_path: Path, include: list[str], names: set[str]
) -> None:
    config = ProjectConfig.model_validate(
        {
            "name": "shop",
            "output": tmp_path,
            "tables": {"customers": {"path": "customers.csv"}},
            "features": {"include": include},
            "estimation": {"segments": ["plan"]},
        }
    )
    connection, n = ibis.duckdb.connect(), 9
    ids = [f"c{i}" for i in range(n)]
    people = {"customer_id": ids, "plan": ["basic"] * 7 + ["Anna's plan", "Ben's plan"]}
    customers = connection.create_table("customers", ibis.memtable(people))
    rows = {
        "customer_id": ids,
        "wave": ["1"] * n,
        "invited": [True] * n,
        "respondent": [True] * n,
        "rating": [9.0, 3.0, 8.0] * 3,
    }
    population = connection.create_table("population", ibis.memtable(rows))
    records = segments_of(population, {"customers": customers}, config, waves_of(population, config))
    assert {record["segment"] for record in records} == names
    assert sum(record["customers"] for record in records) == n
