"""What a person reads who points `init` at files."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_files import write_own_files
from projects import run


def test_init_prints_what_each_file_is_and_what_it_is_unsure_of(tmp_path: Path) -> None:
    files, config = write_own_files(tmp_path), tmp_path / "config.yaml"
    code, out, err = run("init", *files, "-o", config, "--timezone", "Europe/Berlin", "--yes")
    assert code == 0, err
    assert 'orders: "orders-*.csv", 300 rows in 2 files' in out
    assert "responses: survey.csv, 80 rows, customers by email" in out
    assert "segments: Region" in out
    assert "unsure of" in out
    assert "Late deliveries" in out
    assert "silentnps train -c" in err


def test_a_script_is_told_the_option_that_it_needs(tmp_path: Path) -> None:
    code, _, err = run("init", *write_own_files(tmp_path), "-o", tmp_path / "config.yaml", "--yes")
    assert code == 1
    assert "--timezone Europe/Berlin" in err


@pytest.mark.parametrize("words", [[], ["--decimal", ";", "crm.csv"]])
def test_wrong_usage_is_told(words: list[str]) -> None:
    assert run("init", *words)[0] == 2


def test_check_shows_what_columns_became(tmp_path: Path) -> None:
    files, config = [file for file in write_own_files(tmp_path) if "survey" not in file], tmp_path / "config.yaml"
    assert run("init", *files, "-o", config, "--timezone", "UTC", "--yes")[0] == 0
    code, out, _ = run("init", "--check", "-c", config)
    assert code == 0
    assert "  Total -> amount (money): 10.50, 11.50, 12.50, 13.50, 14.50" in out
    assert "  Region -> Region (attribute): north, south, east, west" in out
