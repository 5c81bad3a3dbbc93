"""A customer taken out of the lists of actions, their ledger, and the files for other systems."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from silentnps.actions.list_files import read_workbook, write_list
from silentnps.storage.atomic import replace_file
from silentnps.workflow.privacy.forgotten_rows import Removal, take_from_csv, take_from_parquet, whole_files

_SALESFORCE = "salesforce.csv"
_IDS = ("customer_id", "userId")


def forget_actions(removal: Removal) -> None:
    """Take a customer out of every file in actions/.

    Raises
    ------
    DataError
        If a file cannot be read or written.
    """
    folder = removal.project.output / "actions"
    with whole_files(removal.project):
        for path in sorted(path for path in folder.glob("*") if path.is_file()):
            if path.name.startswith("."):
                _delete(removal, path)
            elif path.suffix == ".parquet":
                take_from_parquet(removal, path)
            elif path.suffix == ".csv":
                column = removal.project.config.actions.salesforce.id_field
                take_from_csv(removal, path, column=column if path.name == _SALESFORCE else "customer_id")
            elif path.suffix == ".jsonl":
                _from_lines(removal, path)
            elif path.suffix == ".xlsx":
                _from_workbook(removal, path)


def _delete(removal: Removal, path: Path) -> None:
    """Delete what a stopped command left behind."""
    removal.note(path, 1)
    if not removal.dry_run:
        path.unlink()


def _from_lines(removal: Removal, path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if removal.customer_id not in _ids_of(line)]
    removal.note(path, len(lines) - len(kept))
    if len(kept) < len(lines) and not removal.dry_run:
        replace_file(path, lambda new: new.write_text("".join(kept), encoding="utf-8"))


def _ids_of(line: str) -> set[str]:
    values = json.loads(line)
    return {str(values[name]) for name in _IDS if name in values}


def _from_workbook(removal: Removal, path: Path) -> None:
    """Write a workbook again without the customer; what a team filled in stays, but not how it was formatted."""
    table, about = read_workbook(path)
    own = removal.is_in(table) if "customer_id" in table else pd.Series(False, index=table.index)
    removal.note(path, int(own.sum()))
    if own.any() and not removal.dry_run:
        replace_file(path, lambda new: write_list(table[~own], new, kind="xlsx", about=about))
