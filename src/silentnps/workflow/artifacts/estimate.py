"""The estimate: estimate.json and its tables, with the segment steps that were fitted to it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.value.spend_report import SpendReport
from silentnps.estimation.wave.nps_report import TABLES, NPSReport
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

_CLASS_SHARES = "class_shares.csv"


def write_estimate(
    project: Project,
    report: NPSReport,
    *,
    model_digest: str,
    segment_steps: dict[str, Any] | None = None,
    class_shares: pd.DataFrame | None = None,
) -> None:
    """Write estimate.json and the tables of an estimate, with the digest of its model, into its folder.

    `segment_steps` are the steps by which scores add up inside its segments, for segment_steps.json;
    `class_shares` are the shares of the classes with their intervals.
    """
    values = {"model_digest": model_digest, **report.to_dict()}

    def write(folder: Path) -> None:
        (folder / "estimate.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
        for name in TABLES:
            write_csv(getattr(report, name), folder / f"{name}.csv")
        if segment_steps is not None:
            text = json.dumps(segment_steps, indent=1)
            (folder / project.segment_steps.name).write_text(text, encoding="utf-8")
        if class_shares is not None:
            write_csv(class_shares, folder / _CLASS_SHARES)

    replace_folder(project.estimate, write)


def read_estimate(project: Project, *, model_digest: str | None = None) -> NPSReport:
    """Return the estimate that `write_estimate` wrote.

    Raises
    ------
    DataError
        If it is missing or damaged, or belongs to another model than that of `model_digest`.
    """
    made = MadeFile(project.estimate, "estimate")
    with made.reading():
        values = json.loads((made.path / "estimate.json").read_text(encoding="utf-8"))
        if model_digest not in (None, values["model_digest"]):
            raise made.of_another_model()
        return NPSReport(
            silent=NPSEstimate(**_numbers(values["silent"])),
            base=NPSEstimate(**_numbers(values["base"])),
            respondents=NPSEstimate(**_numbers(values["respondents"])),
            headline=values["headline"],
            disagreement=values["disagreement"],
            shares=np.array(list(_numbers(values["shares"]).values())),
            diagnostics=_numbers(values["diagnostics"]),
            warnings=tuple(values["warnings"]),
            by_spend=SpendReport.from_dict(values["by_spend"]) if "by_spend" in values else None,
            **{name: _read_table(made.path / f"{name}.csv") for name in TABLES},
        )


def read_class_shares(project: Project) -> pd.DataFrame:
    """Return the shares of the classes beside the estimate; an empty table where it was made without them.

    Raises
    ------
    DataError
        If they are damaged.
    """
    if not (project.estimate / _CLASS_SHARES).exists():
        return pd.DataFrame()
    with MadeFile(project.estimate, "estimate").reading():
        return read_csv(project.estimate / _CLASS_SHARES)


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    """Return numbers of a JSON file, which has null where one is missing."""
    return {name: math.nan if value is None else value for name, value in values.items()}


def _read_table(path: Path) -> pd.DataFrame:
    """Read a table whose segments may be named NA, None or 01."""
    names = ["segmentation", "segment", "other", "feature", "shadow"]
    text = names if path.stem == "tipping_points" else [*names, "level"]
    return read_csv(path, text=tuple(text), keep_words=True)
