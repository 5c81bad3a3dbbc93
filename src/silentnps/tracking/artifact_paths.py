"""A store that was copied or moved with its folder says where it is now, not where it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import URL, make_url

from silentnps.errors import ConfigError

_COLUMNS = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""Where MLflow notes the places of files, by table."""


def sqlite_uri(path: Path) -> str:
    """Return the address of a SQLite file, whatever signs its path has.

    Raises
    ------
    ConfigError
        If no address says so.
    """
    uri = URL.create("sqlite", database=str(path)).render_as_string()
    if uri != f"sqlite:///{path}":
        # by the name of the driver: of a plain address MLflow makes the folder too, with its quotes
        uri = URL.create("sqlite+pysqlite", database=str(path)).render_as_string()
    if make_url(uri).database != str(path):
        raise ConfigError(
            f"output must have a path that a database address can say; got {str(path.parent)!r}. "
            "Name its folders without ? and %."
        )
    return uri


def relocate_artifacts(database: Path | None, artifacts: Path | None) -> None:
    """Let a store in a project's folder point to the files beside it, if it points to another folder's.

    A folder that was copied or moved takes its store along, which notes absolute places: without this a copy would
    write into the original. Stores elsewhere, which several projects may share, are left as they are.
    """
    if database is None or artifacts is None or not database.exists():
        return
    if database.resolve().parent != artifacts.resolve().parent:
        return
    with closing(sqlite3.connect(database, timeout=60.0)) as connection:
        noted = _noted(connection)
        for old in noted:
            if _moved(old, artifacts):
                _rewrite(connection, old, artifacts.as_uri())
        connection.commit()


def _noted(connection: sqlite3.Connection) -> list[str]:
    if not _columns(connection, "experiments"):
        return []
    found = connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
    return [str(place) for (place,) in found if place]


def _moved(noted: str, artifacts: Path) -> bool:
    """Say whether a noted place is that of another folder's files, under the name that they have in every one."""
    parts = urlsplit(noted)
    old = Path(unquote(parts.path))
    return parts.scheme == "file" and old.name == artifacts.name and old != artifacts


def _rewrite(connection: sqlite3.Connection, old: str, new: str) -> None:
    for table, wanted in _COLUMNS.items():
        for column in set(wanted) & _columns(connection, table):
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR "
                f"substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            )


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}
