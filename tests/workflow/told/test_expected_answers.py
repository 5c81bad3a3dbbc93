"""Validation names no segment that only a few customers share, and warns where answers are few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pytest

from silentnps.config import ProjectConfig
from silentnps.estimation.formulas.expected_interval import answers_needed
from silentnps.workflow.told.expected_answers import segments_of, too_wide, waves_of


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


def wave(label: str, answers: int) -> dict[str, Any]:
    counts = {"detractors": answers // 4, "promoters": answers // 2}
    expected = {"strong": 0.0, "typical": 9000.0 / answers, "weak": 100.0}
    return {"wave": label, "answers": answers, "expected": expected, **counts}


@pytest.mark.parametrize(
    ("estimation", "warned"),
    [
        ({}, "of wave 2 is ± 22.5 points with 400 answers, which is wider than 40 points"),
        ({"widest_interval": 45}, ""),
        ({"widest_interval": 44}, "wider than 44 points"),
        ({"wave": "1"}, ""),
        ({"widest_interval": 12, "wave": "1"}, "of wave 1 is ± 9.0 points with 1,000 answers"),
    ],
)
def test_an_interval_that_decides_nothing_is_warned_of(
    tmp_path: Path, estimation: dict[str, Any], warned: str
) -> None:
    config = ProjectConfig.model_validate(
        {
            "name": "shop",
            "output": tmp_path,
            "tables": {"customers": {"path": "customers.csv"}},
            "estimation": estimation,
        }
    )
    found = too_wide([wave("1", 1000), wave("2", 400)], config)
    assert [note.severity for note in found] == ["warning"] * bool(warned)
    assert warned in " ".join(map(str, found))
    half = config.estimation.widest_interval / 2
    needed = answers_needed([100, 100, 200], half, prior_sd=0.5)
    assert all(f"About {needed:,} answers would do" in str(note) for note in found)


def test_nothing_is_said_of_an_interval_that_nobody_knows(tmp_path: Path) -> None:
    tables = {"customers": {"path": "customers.csv"}}
    config = ProjectConfig.model_validate({"name": "shop", "output": tmp_path, "tables": tables})
    assert not too_wide([], config)
    assert not too_wide([{**wave("1", 20), "expected": None}], config)
