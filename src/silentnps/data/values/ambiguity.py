"""Errors on columns that can be read in two ways, with the configuration line that decides."""

from __future__ import annotations

from silentnps.errors import ConfigError


def ambiguous_numbers(table: str, column: str, n: int) -> ConfigError:
    """Return the error on numbers whose sign may group thousands or begin decimals."""
    return ConfigError(
        f"{table}: column {column!r} must hold numbers that can be read in one way; got {n} values such as 1,234 or"
        f" 1.234, whose sign groups thousands or begins decimals. Add the sign of decimals to tables.{table}:"
        ' `decimal: "."` or `decimal: ","`.'
    )


def ambiguous_dates(table: str, column: str, n: int) -> ConfigError:
    """Return the error on dates of which day or month comes first."""
    return ConfigError(
        f"{table}: column {column!r} must hold dates that can be read in one way; got {n} values such as"
        f" 03/04/2025, which begin with the day or with the month. Add to tables.{table}: `day_first: true` or"
        " `day_first: false`."
    )
