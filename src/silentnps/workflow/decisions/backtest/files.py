"""The files of a backtest: backtest.json and its tables."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.backtest.result import Backtest

TABLES = ("waves", "shares", "metrics", "behaviour", "transitions", "shifts")

SCHEMA_VERSION = 1
"""Version of backtest.json; keys are added without a new one, not removed or changed."""


def write_backtest(project: Project, found: Backtest, bundle: Bundle) -> None:
    """Write backtest.json, with every table, and each table as a CSV file into the project's folder."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "project": project.config.name,
        "model": {"wave": str(bundle.info["wave"]), "candidate": str(bundle.info["candidate"])},
        "model_digest": str(bundle.info["out_of_fold_digest"]),
        "days": found.days,
        "sentences": found.sentences,
        "notes": found.notes,
        **{name: _records(getattr(found, name)) for name in TABLES},
    }

    def write(folder: Path) -> None:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (folder / "backtest.json").write_text(text, encoding="utf-8")
        for name in TABLES:
            write_csv(getattr(found, name), folder / f"{name}.csv")

    replace_folder(project.backtest, write)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON: numbers that are none become null."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
