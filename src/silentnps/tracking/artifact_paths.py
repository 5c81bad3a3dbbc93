"""Paths of artifacts in a store, corrected if the store was copied or moved with its folder."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

_COLUMNS = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""The columns in which MLflow stores paths, by table."""


def relocate_artifacts(database: Path | None, artifacts: Path | None) -> None:
    """Make a store in a project's folder point to the files beside it, if it points into another folder.

    A folder that is copied or moved takes its store along, which holds absolute paths: without this a copy would
    write into the original. Stores elsewhere, which several projects may share, are left alone.
    """
    if database is None or artifacts is None or not database.exists():
        return
    if database.resolve().parent != artifacts.resolve().parent:
        return
    with closing(sqlite3.connect(database, timeout=60.0)) as connection:
        for old in _experiment_paths(connection):
            if _is_elsewhere(old, artifacts):
                _rewrite(connection, old, artifacts.as_uri())
        connection.commit()


def _experiment_paths(connection: sqlite3.Connection) -> list[str]:
    if not _columns(connection, "experiments"):
        return []
    rows = connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
    return [str(path) for (path,) in rows if path]


def _is_elsewhere(uri: str, artifacts: Path) -> bool:
    """Return whether an address is that of the artifact folder, which has a fixed name, of another project."""
    parts = urlsplit(uri)
    old = Path(unquote(parts.path))
    return parts.scheme == "file" and old.name == artifacts.name and old != artifacts


def _rewrite(connection: sqlite3.Connection, old: str, new: str) -> None:
    for table, columns in _COLUMNS.items():
        for column in set(columns) & _columns(connection, table):
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR "
                f"substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            )


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}
