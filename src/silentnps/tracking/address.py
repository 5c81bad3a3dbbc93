"""Where a store is; nothing here waits for MLflow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from silentnps.errors import ConfigError

SQLITE = ("sqlite:", "sqlite+")
"""How the addresses of SQLite stores start."""

_PLAIN = re.compile(r"/[A-Za-z0-9/._-]*")
"""Paths that mean the same inside an address."""


@dataclass(frozen=True)
class Store:
    """Where runs are kept: a tracking URI, an experiment and the name of the registered model."""

    uri: str
    experiment: str
    model: str
    artifacts: Path | None = None

    @property
    def database(self) -> Path | None:
        """Return the file of a SQLite store, None for any other store."""
        if not self.uri.startswith(SQLITE):
            return None
        from sqlalchemy.engine import make_url

        name = (make_url(self.uri).database or "").removeprefix("file:")
        return Path(name) if name and name != ":memory:" else None


def mask_credentials(text: str) -> str:
    """Return a text with the user names and passwords in addresses masked.

    Examples
    --------
    >>> mask_credentials("postgresql://me:secret@host/runs")
    'postgresql://***@host/runs'
    """
    return re.sub(r"://[^/@\s]+@", "://***@", text)


def sqlite_uri(path: Path) -> str:
    """Return the address of a SQLite file, whatever characters its path has.

    Raises
    ------
    ConfigError
        If no address can express the path.
    """
    if _PLAIN.fullmatch(str(path)):
        return f"sqlite:///{path}"
    from sqlalchemy.engine import URL, make_url  # a fifth of a second

    uri = URL.create("sqlite", database=str(path)).render_as_string()
    if uri != f"sqlite:///{path}":
        # with the name of the driver: for a plain address MLflow also creates the folder, with its quotes
        uri = URL.create("sqlite+pysqlite", database=str(path)).render_as_string()
    if make_url(uri).database != str(path):
        raise ConfigError(
            f"output must have a path that a database address can express; got {str(path.parent)!r}. "
            "Name its folders without ? and %."
        )
    return uri
