"""What a person reads who points `init` at files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from own_files import write_own_files
from projects import run
from typer.testing import CliRunner

from silentnps.cli import app
from silentnps.cli import init as module


@pytest.mark.slow
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


def test_a_person_types_what_is_open_and_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, config = write_own_files(tmp_path, days="%m/%d/%Y"), tmp_path / "config.yaml"
    frame = pd.read_csv(files[0])
    frame[frame["Joined"].str.slice(3, 5).astype(int) <= 12].to_csv(files[0], index=False)
    for file, code in zip(files[2:4], ("EUR", "USD"), strict=True):
        pd.read_csv(file).assign(Currency=code).to_csv(file, index=False)
    monkeypatch.setattr(module, "_is_a_person_there", lambda: True)
    typed = ["Mars", "Europe/Berlin", "first", "month", "euro", "eur", "-2", "0.92"]
    done = CliRunner().invoke(app, ["init", *files, "-o", str(config)], input="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert done.output.count("that is none of the possible answers") == 4
    text = config.read_text(encoding="utf-8")
    assert "timezone: Europe/Berlin" in text
    assert "day_first: false" in text
    assert "currencies: {to: EUR, rates: {USD: 0.92}}" in text


def test_rates_may_be_options(tmp_path: Path) -> None:
    files, config = write_own_files(tmp_path), tmp_path / "config.yaml"
    for file, code in zip(files[2:4], ("EUR", "USD"), strict=True):
        pd.read_csv(file).assign(Currency=code).to_csv(file, index=False)
    words = ["init", *files, "-o", config, "--timezone", "UTC", "--yes"]
    assert "--currency EUR --rate USD=" in run(*words)[2]
    assert run(*words, "--currency", "EUR", "--rate", "USD=0.92")[0] == 0
    assert "rates: {USD: 0.92}" in config.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--decimal", ";", "crm.csv"],
        ["--currency", "euro", "crm.csv"],
        ["--rate", "USD", "crm.csv"],
        ["--rate", "USD=-1", "crm.csv"],
    ],
)
def test_wrong_usage_is_told(words: list[str]) -> None:
    assert run("init", *words)[0] == 2


def test_check_shows_what_columns_became(tmp_path: Path) -> None:
    files, config = [file for file in write_own_files(tmp_path) if "survey" not in file], tmp_path / "config.yaml"
    assert run("init", *files, "-o", config, "--timezone", "UTC", "--yes")[0] == 0
    code, out, _ = run("init", "--check", "-c", config)
    assert code == 0
    assert "  Total -> amount (money): 10.50, 11.50, 12.50, 13.50, 14.50" in out
    assert "  Region -> Region (attribute): north, south, east, west" in out
