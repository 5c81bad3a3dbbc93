"""Exports of other programs as texts, read through their presets, and onboarded as a user does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from written_tables import project

from silentnps.config import ProjectConfig, TableConfig, load_config
from silentnps.data.reading.sources import ReadTables, read_tables
from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.questions import Answers


def read(
    folder: Path, table: str, text: str, preset: str, *, zone: str | None = None, **options: Any
) -> ReadTables:
    """Read a table from the text of an export; `joined` has the texts of its further files."""
    path = folder / f"{table}.csv"
    path.write_text(text, encoding="utf-8")
    joined = {}
    for name, further in options.pop("joined", {}).items():
        (folder / f"{name}.csv").write_text(further, encoding="utf-8")
        joined[name] = folder / f"{name}.csv"
    config = TableConfig.model_validate({"path": path, "preset": preset, "joined": joined, **options})
    return read_tables(project(folder, timezone=zone, **{table: config}))


def rows(found: ReadTables, table: str = "responses") -> pd.DataFrame:
    """Return the rows of a table that was read, without their numbers."""
    frame: pd.DataFrame = found.tables[table].execute()
    return frame.drop(columns="silentnps_row", errors="ignore")


def aside(found: ReadTables) -> dict[str, int]:
    """Return the number of rows set aside by the rule that they break."""
    return {finding.rule: finding.rows for finding in found.findings if finding.effect == "row"}


def said(found: ReadTables) -> str:
    """Return all findings as one text."""
    return "\n".join(map(str, found.findings))


def reordered(text: str) -> str:
    """Return a CSV text without quotes with its columns in the opposite order, a byte-order mark and one more."""
    lines = [line.split(",")[::-1] for line in text.strip().splitlines()]
    more = ["unheard of", *("x" for _ in lines[1:])]
    return "\ufeff" + "\n".join(",".join([*line, cell]) for line, cell in zip(lines, more, strict=True)) + "\n"


def onboarded(folder: Path, customers: pd.DataFrame, files: Mapping[str, str]) -> ProjectConfig:
    """Write a list of customers and the files of an export, run init on them, and return its configuration."""
    customers.to_csv(folder / "crm.csv", index=False)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    paths = [str(folder / name) for name in ("crm.csv", *files)]
    written = init(paths, output=folder / "config.yaml", answers=Answers(timezone="UTC", day_first=False))
    return load_config(written.path)


def crm(n: int = 60) -> pd.DataFrame:
    """Return a list of customers c0, c1, ... with an e-mail address each."""
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "email": [f"p{i}@m.example" for i in range(n)],
            "region": ["north" if i % 2 else "south" for i in range(n)],
        }
    )
