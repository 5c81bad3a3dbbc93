"""One is told in the singular."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from silentnps.cli import app
from silentnps.counts import counted


@pytest.mark.parametrize(("n", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12_345, "12,345 rows")])
def test_a_number_comes_with_its_noun(n: int, words: str) -> None:
    assert counted(n, "row") == words


@pytest.mark.parametrize(("ratings", "words"), [(["9", "10"], "0 findings"), (["9", "11"], "1 finding, 1 error")])
def test_validate_counts_its_findings(tmp_path: Path, ratings: list[str], words: str) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\na\nb\n", encoding="utf-8")
    rows = [f"{name},2025-01-0{day},{rating}" for name, day, rating in zip("ab", "12", ratings, strict=True)]
    text = "\n".join(["customer_id,responded_at,rating", *rows, ""])
    (tmp_path / "responses.csv").write_text(text, encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(
        "{name: shop, output: out, timezone: UTC, tables: "
        "{customers: {path: customers.csv}, responses: {path: responses.csv}}}",
        encoding="utf-8",
    )
    result = CliRunner().invoke(app, ["validate", "-c", str(tmp_path / "shop.yaml")])
    assert words in result.stderr
    assert f"{words.split()[0]} findings, 1" not in result.stderr
