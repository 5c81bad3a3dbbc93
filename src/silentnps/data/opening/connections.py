"""Connections to servers by URL: secrets come from the environment, and leave it for the driver alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus

import ibis
from ibis.util import backend_entry_points

from silentnps.config import URL, VARIABLE
from silentnps.data.files.paths import shown
from silentnps.errors import ConfigError, DataError, SilentNPSError

_EXTRAS = ("postgres",)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_MOST_WORDS = 160
_SECONDS_TO_CONNECT = "10"
_READ_ONLY = {
    "postgres": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET datestyle = 'ISO'"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY",),
}


@dataclass(frozen=True)
class _Filled:
    """A URL with the values of variables in it, the name of its backend, and what nobody may read."""

    url: str
    backend: str
    secrets: frozenset[str]


@contextmanager
def connected(url: str, name: str) -> Iterator[Any]:
    """Connect to a server for reading and close the connection in the end; `name` is what errors call it.

    Raises
    ------
    ConfigError
        If a variable of the environment is not set, or no backend or driver of the URL's kind is installed.
    DataError
        If the server refuses, or cannot be reached, or an error of the driver occurs while it is used.
    """
    filled = _filled(url)
    try:
        connection = ibis.connect(filled.url)
        try:
            for statement in _READ_ONLY.get(filled.backend, ()):
                connection.raw_sql(statement)
            yield connection
        finally:
            with suppress(Exception):  # a connection that is lost cannot be closed
                connection.disconnect()
    except SilentNPSError:
        raise
    except ImportError:
        raise _no_driver(filled.backend) from None
    except Exception as error:  # each driver has errors of its own, and their words may hold secrets and values
        raise DataError(
            f"{shown(name)} must be readable; got an error ({_words(error, filled.secrets)}). Check the server and"
            " the rights of the user."
        ) from None


def place_of(url: str) -> str:
    """Return a URL as messages write it: without user, password and options."""
    parts = URL.fullmatch(url)
    return url if parts is None else f"{parts['scheme']}://{parts['place']}"


def _filled(url: str) -> _Filled:
    secrets = {value for value in (os.environ.get("PGPASSWORD"),) if value}
    whole = VARIABLE.fullmatch(url)
    if whole:
        url = _value(whole[1])
        secrets.add(url)
    parts = URL.fullmatch(url)
    if parts is None:
        raise ConfigError(
            f"the variable {whole[1] if whole else ''} must be like postgresql://analyst@host:5432/shop; got"
            " something else. Percent-encode signs such as @ and / in its password."
        )
    password = (parts["user"] or "").partition(":")[2]
    secrets |= {password, unquote_plus(password)} if whole and password else set()
    texts = {}
    for part, encoded in (("user", True), ("place", False), ("options", True)):
        text, values = _with_values(parts[part] or "", encoded=encoded)
        texts[part], secrets = text, secrets | values
    backend = _backend(parts["scheme"])
    if backend == "postgres" and "connect_timeout=" not in texts["options"]:
        texts["options"] += f"{'&' * bool(texts['options'])}connect_timeout={_SECONDS_TO_CONNECT}"
    user = f"{texts['user']}@" if texts["user"] else ""
    options = f"?{texts['options']}" if texts["options"] else ""
    return _Filled(f"{parts['scheme']}://{user}{texts['place']}{options}", backend, frozenset(secrets))


def _with_values(text: str, *, encoded: bool) -> tuple[str, set[str]]:
    """Return a part of a URL with the values of its variables, and these values, as they are and as written."""
    secrets: set[str] = set()

    def value(match: re.Match[str]) -> str:
        own = _value(match[1])
        written = quote(own, safe="") if encoded else own
        secrets.update((own, written))
        return written

    return VARIABLE.sub(value, text), secrets


def _value(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise ConfigError(
            f"the variable {variable} of the environment must be set, since a `url` names it; got nothing."
            f" Run `export {variable}=...` first."
        )
    return value


def _backend(scheme: str) -> str:
    name = scheme.lower().replace("postgresql", "postgres")
    known = sorted(point.name for point in backend_entry_points())
    if name not in known:
        raise ConfigError(
            f"the scheme of `url` must be one of {', '.join(known)}; got {shown(scheme)}. Correct `url:`."
        )
    return name


def _no_driver(backend: str) -> ConfigError:
    package = f"silentnps[{backend}]" if backend in _EXTRAS else f"ibis-framework[{backend}]"
    return ConfigError(
        f"the driver of {backend} must be installed to read its tables; got none. Run `pip install '{package}'`."
    )


def _words(error: Exception, secrets: frozenset[str]) -> str:
    """Return the first line of an error without quotations, which may be values; its class if it holds a secret."""
    said = str(error)
    first = next(iter(said.strip().splitlines()), "")
    words = _QUOTED.sub("...", first).rstrip(". ")[:_MOST_WORDS]
    return type(error).__name__ if not words or any(secret in said for secret in secrets) else shown(words)
