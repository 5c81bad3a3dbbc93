"""The files of a backtest: backtest.json, its page and its tables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import silentnps
from silentnps.bundle.bundle import Bundle
from silentnps.report.decisions.backtest_page import render_backtest
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.backtest.later import MEANINGS
from silentnps.workflow.decisions.backtest.result import Backtest
from silentnps.workflow.decisions.backtest.words import ABOUT_BEHAVIOUR, ABOUT_SHIFTS

TABLES = ("waves", "shares", "metrics", "behaviour", "transitions", "shifts")

SCHEMA_VERSION = 1
"""Version of backtest.json; keys are added without a new one, not removed or changed."""


def write_backtest(project: Project, found: Backtest, bundle: Bundle) -> None:
    """Write backtest.json, with every table, its page, and each table as a CSV file into the project's folder."""
    content = content_of(project.config.name, found, bundle.info)

    def write(folder: Path) -> None:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (folder / "backtest.json").write_text(text, encoding="utf-8")
        (folder / "backtest.html").write_text(render_backtest(content), encoding="utf-8", newline="\n")
        for name in TABLES:
            write_csv(getattr(found, name), folder / f"{name}.csv")

    replace_folder(project.backtest, write)


def content_of(name: str, found: Backtest, info: Mapping[str, Any]) -> dict[str, Any]:
    """Return what backtest.json has, of a model of which `info` is known."""
    return {
        "schema_version": SCHEMA_VERSION,
        "silentnps": silentnps.__version__,
        "project": name,
        "model": {"wave": str(info["wave"]), "candidate": str(info["candidate"])},
        "model_digest": str(info["out_of_fold_digest"]),
        "days": found.days,
        "has_truth": "base_truth" in found.waves,
        "sentences": found.sentences,
        "notes": found.notes,
        "about_behaviour": ABOUT_BEHAVIOUR,
        "about_shifts": ABOUT_SHIFTS,
        "meanings": {outcome: meaning.format(days=found.days) for outcome, meaning in MEANINGS.items()},
        **{table: _records(getattr(found, table)) for table in TABLES},
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON: numbers that are none become null."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
