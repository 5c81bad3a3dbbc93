"""The files of actions below the output: lists, the ledger, who is held out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from silentnps.actions.goals import HOLDOUT
from silentnps.actions.ledger import LEDGER_COLUMNS, empty_ledger, tidy_ledger
from silentnps.errors import DataError
from silentnps.storage.atomic import replace_file
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project


def actions_folder(project: Project) -> Path:
    """Return the folder of everything about actions."""
    return project.output / "actions"


def ledger_path(project: Project) -> Path:
    """Return the file of the ledger."""
    return actions_folder(project) / "ledger.parquet"


def read_ledger(project: Project) -> pd.DataFrame:
    """Return the ledger; an empty one before the first list.

    Raises
    ------
    DataError
        If it is damaged: without it customers would be contacted twice.
    """
    path = ledger_path(project)
    if not path.exists():
        return empty_ledger()
    try:
        frame = pd.read_parquet(path)
        if set(frame.columns) != set(LEDGER_COLUMNS):
            raise ValueError
        return tidy_ledger(frame)
    except (OSError, ValueError, TypeError):
        raise DataError(
            f"{path} must be the ledger that `silentnps actions` wrote; got a damaged one. Bring it back from a"
            " backup: it says who was contacted and who is left alone."
        ) from None


def write_ledger(project: Project, ledger: pd.DataFrame) -> None:
    """Write the ledger."""
    replace_file(ledger_path(project), lambda path: write_parquet(tidy_ledger(ledger), path))


def write_holdout(project: Project, ledger: pd.DataFrame, on: date, days: int) -> Path:
    """Write who is left alone on a day, for other teams and systems; return the path.

    Columns customer_id, goal, listed_on, and until, the first day that is free again.
    """
    held = ledger[ledger["arm"] == HOLDOUT]
    until = held["listed_on"] + pd.Timedelta(days=days)
    now = (held["listed_on"] <= pd.Timestamp(on)) & (until > pd.Timestamp(on))
    table = held.assign(until=until)[now][["customer_id", "goal", "listed_on", "until"]]
    return write_table(actions_folder(project) / "holdout.csv", lambda path: write_csv(table, path))


def write_table(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file whole, and return its path."""
    replace_file(path, write)
    return path
