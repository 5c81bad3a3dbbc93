"""Each key of `privacy.opted_out` allows one thing, and without `count` nothing is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from silentnps.config import ProjectConfig
from silentnps.workflow.privacy.permissions import not_to_be_called, not_to_be_learned_from, not_to_be_scored

NOT_TO_BE: dict[str, Callable[[ProjectConfig], frozenset[str]]] = {
    "score": not_to_be_scored,
    "plan": not_to_be_called,
    "train": not_to_be_learned_from,
}
TABLE = "customer_id,opted_out\n007,true\nb,false\nc,\nd,yes\n"


def config_of(folder: Path, **opted_out: bool) -> ProjectConfig:
    (folder / "customers.csv").write_text(TABLE, encoding="utf-8")
    return ProjectConfig.model_validate(
        {
            "name": "shop",
            "output": folder / "out",
            "tables": {"customers": {"path": folder / "customers.csv"}},
            "privacy": {"opted_out": opted_out},
        }
    )


@pytest.mark.parametrize("allowed", NOT_TO_BE)
def test_a_key_allows_one_thing_only(tmp_path: Path, allowed: str) -> None:
    config = config_of(tmp_path, **{allowed: True})
    assert {name: set(ids(config)) for name, ids in NOT_TO_BE.items()} == {
        name: set() if name == allowed else {"007", "d"} for name in NOT_TO_BE
    }


def test_without_count_nothing_is_allowed(tmp_path: Path) -> None:
    config = config_of(tmp_path, count=False, score=True, plan=True, train=True)
    assert {ids(config) for ids in NOT_TO_BE.values()} == {frozenset({"007", "d"})}


def test_a_table_without_the_column_holds_nobody_back(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    (tmp_path / "customers.csv").write_text("customer_id\na\n", encoding="utf-8")
    assert not_to_be_scored(config) == frozenset()
