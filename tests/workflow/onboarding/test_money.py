"""Several currencies are asked for, never guessed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from own_files import write_own_files

from silentnps.config import load_config
from silentnps.errors import ConfigError
from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.questions import Answers, Question

BERLIN = Answers(timezone="Europe/Berlin")


def with_currencies(folder: Path, codes: list[str]) -> list[str]:
    """Write the files, with a column of currencies in the orders; return the paths of customers and orders."""
    files = [file for file in write_own_files(folder) if "crm" in file or "orders" in file]
    for file in files[1:]:
        frame = pd.read_csv(file)
        frame.assign(Currency=[codes[row % len(codes)] for row in range(len(frame))]).to_csv(file, index=False)
    return files


def test_rates_of_currencies_are_asked_for_and_written(tmp_path: Path) -> None:
    files, output = with_currencies(tmp_path, ["EUR", "USD", "GBP"]), tmp_path / "config.yaml"
    with pytest.raises(
        ConfigError, match=r"EUR, GBP, USD \(.*pass --currency EUR --rate GBP=\.\.\. --rate USD=\.\.\."
    ):
        init(files, output=output, answers=BERLIN)
    with pytest.raises(ConfigError, match=r"How many EUR is one USD worth.*pass --rate USD="):
        init(files, output=output, answers=replace(BERLIN, currency="EUR", rates={"GBP": Decimal("1.17")}))
    asked: list[str] = []

    def ask(questions: list[Question], answers: Answers) -> Answers:
        for question in questions:
            asked.append(question.code or question.field)
            rates = {**answers.rates, question.code: Decimal("0.9")} if question.code else {}
            answers = replace(answers, currency="EUR", rates=rates)
        return answers

    written = init(files, output=output, answers=BERLIN, ask=ask)
    assert asked == ["currency", "GBP", "USD"]
    currencies = load_config(written.path).currencies
    assert currencies is not None
    assert (currencies.to, currencies.rates) == ("EUR", {"GBP": Decimal("0.9"), "USD": Decimal("0.9")})


def test_one_currency_needs_no_rate_and_unknown_ones_are_told(tmp_path: Path) -> None:
    files = with_currencies(tmp_path, ["EUR"])
    assert load_config(init(files, output=tmp_path / "one.yaml", answers=BERLIN).path).currencies is None
    files = with_currencies(tmp_path, ["euros", "$"])
    written = init(files, output=tmp_path / "unknown.yaml", answers=BERLIN)
    assert any("has the column 'Currency', whose values are no codes" in said for said in written.proposal.unsure)
