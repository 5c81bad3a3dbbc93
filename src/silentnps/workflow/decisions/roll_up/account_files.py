"""The files of accounts: a table as CSV and as a workbook, and what it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.storage.spreadsheet_xlsx import CellKind, Sheet, write_xlsx

_KINDS: dict[str, CellKind] = {
    "customers": "whole",
    "answers": "whole",
    "confidence_level": "share",
    **dict.fromkeys(("nps", "nps_low", "nps_high"), "points"),
    **dict.fromkeys(("spend", "at_risk", "at_risk_low", "at_risk_high"), "money"),
    **dict.fromkeys(("promoter_share", "promoter_low", "promoter_high", "answered_spend_share"), "share"),
    **dict.fromkeys(("detractor_share", "detractor_low", "detractor_high", "p_any_detractor"), "share"),
}


def write_accounts(folder: Path, table: pd.DataFrame, about: Mapping[str, Any]) -> None:
    """Write accounts.csv, accounts.xlsx and accounts.json into a folder."""
    write_csv(table, folder / "accounts.csv")
    named = table.assign(silent=table["silent"].map({True: "silent", False: ""}))
    kinds: dict[str, CellKind] = {_spaced(name): kind for name, kind in _KINDS.items()}
    words = pd.DataFrame({"about these accounts": list(about["notes"])})
    sheets = [Sheet("Accounts", named.rename(columns=_spaced), kinds), Sheet("About", words, filters=False)]
    write_xlsx(sheets, folder / "accounts.xlsx")
    text = json.dumps(about, indent=1, ensure_ascii=False)
    (folder / "accounts.json").write_text(text, encoding="utf-8")


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")
