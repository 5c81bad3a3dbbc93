"""The trend: trend.json, levels.csv, changes.csv and why.csv."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from silentnps.estimation.trend.report import TrendReport
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

_TABLES = ("levels", "changes", "why")
_TEXT = ("period", "waves", "before", "after", "segmentation", "segment")


@dataclass(frozen=True)
class KeptTrend:
    """A trend as it was written: its tables, and what must be said with them."""

    freq: str
    report: TrendReport


def write_trend(project: Project, report: TrendReport, *, freq: str, model_digest: str) -> None:
    """Write the tables of a trend, with the digest of its model, into its folder."""
    no_change = {of: None if p != p else p for of, p in report.no_change.items()}
    values = {"model_digest": model_digest, "freq": freq, "no_change": no_change, "notes": list(report.notes)}

    def write(folder: Path) -> None:
        (folder / "trend.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
        for name in _TABLES:
            write_csv(getattr(report, name), folder / f"{name}.csv")

    replace_folder(project.trend, write)


def read_trend(project: Project, *, model_digest: str) -> KeptTrend | None:
    """Return the trend of a model; None if none was made, or that of another model.

    Raises
    ------
    DataError
        If it is damaged.
    """
    if not project.trend.exists():
        return None
    made = MadeFile(project.trend, "trend")
    with made.reading():
        values = json.loads((made.path / "trend.json").read_text(encoding="utf-8"))
        if values["model_digest"] != model_digest:
            return None
        levels, changes, why = (_read(made.path / f"{name}.csv") for name in _TABLES)
        no_change = {str(of): float("nan") if p is None else float(p) for of, p in values["no_change"].items()}
        report = TrendReport(levels, changes, why, no_change, tuple(map(str, values["notes"])))
        return KeptTrend(str(values["freq"]), report)


def _read(path: Path) -> pd.DataFrame:
    """Read a table whose segments may be named NA, None or 01; all customers have no segment."""
    table = read_csv(path, text=_TEXT, keep_words=True)
    names = [name for name in ("segmentation", "segment") if name in table]
    return table.assign(**{name: table[name].fillna("") for name in names})
