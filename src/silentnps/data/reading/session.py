"""The DuckDB connection on which the tables of a project are opened."""

from __future__ import annotations

from silentnps.config import ProjectConfig
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.opening.scan import literal, query
from silentnps.errors import ConfigError


def connect(config: ProjectConfig) -> GuardedBackend:
    """Return a connection that keeps the order of rows and moves what memory cannot hold into the output folder."""
    backend = GuardedBackend()
    backend.do_connect()
    spill = literal(config.output / ".duckdb")
    for setting in (
        *("TimeZone = 'UTC'", "preserve_insertion_order = true", "autoinstall_known_extensions = false"),
        f"temp_directory = {spill}",
    ):
        backend.raw_sql(f"SET {setting}")
    backend.hide_progress_bar()
    return backend


def refuse_unknown_zone(backend: GuardedBackend, config: ProjectConfig) -> None:
    """Refuse a time zone of the configuration that DuckDB does not know.

    Raises
    ------
    ConfigError
        If it does not.
    """
    zones = query(backend, "timezone", "SELECT name FROM pg_timezone_names()")
    if config.timezone is not None and (config.timezone,) not in zones:
        raise ConfigError(
            f"timezone must be a zone that DuckDB knows; got {config.timezone!r}. Use Area/City or UTC."
        )
