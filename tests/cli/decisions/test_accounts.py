"""What `silentnps accounts` prints: how many are silent, the first of each kind, and notes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from silentnps.cli.decisions.accounts import show_accounts
from silentnps.workflow.decisions.accounts import Accounts


def account(name: str, *, silent: bool) -> dict[str, Any]:
    shares = {"detractor_share": 0.56, "detractor_low": 0.33, "detractor_high": 0.83}
    others = {"promoter_share": 0.2, "promoter_low": 0.0, "promoter_high": 0.4}
    risk = {"at_risk": 7143.0, "at_risk_low": 4225.0, "at_risk_high": 9391.0}
    counts = {"account_id": name, "customers": 15, "answers": 0 if silent else 3, "silent": silent}
    return counts | shares | others | risk


def test_it_prints_ranges_and_the_silent_first(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame([account("Aster", silent=True), account("Birch", silent=True), account("C", silent=False)])
    show_accounts(Accounts(table, "2025-Q4", "orders", ("A note.",)), top=1)
    shown = capsys.readouterr().out
    assert "wave 2025-Q4: nobody answered in 2 of 3 accounts" in shown
    assert "56 % (33 to 83)" in shown
    assert "7,143 (4,225 to 9,391)" in shown
    assert shown.index("Aster") < shown.index("Accounts with answers") < shown.index("A note.")
    assert "Birch" not in shown
    show_accounts(Accounts(table, "2025-Q4", "", ()), top=2)
    assert "20 % (0 to 40)" in capsys.readouterr().out
