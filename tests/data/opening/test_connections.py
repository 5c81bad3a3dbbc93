"""What is missing for a connection is named with its cure, and secrets are in no message."""

from __future__ import annotations

import sys

import pytest

from silentnps.data.opening.connections import connected, place_of
from silentnps.errors import ConfigError, DataError


def message(url: str) -> str:
    with pytest.raises((ConfigError, DataError)) as raised, connected(url, "the table"):
        pass
    return str(raised.value)


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DB_PASSWORD", raising=False)
    assert message("postgresql://analyst:${SHOP_DB_PASSWORD}@h/shop").startswith(
        "the variable SHOP_DB_PASSWORD of the environment must be set, since a `url` names it; got nothing."
    )


def test_a_driver_that_is_missing_is_named_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert message("postgresql://analyst@h/shop") == (
        "the driver of postgres must be installed to read its tables; got none."
        " Run `pip install 'silentnps[postgres]'`."
    )
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    assert "Run `pip install 'ibis-framework[mysql]'`." in message("mysql://analyst@h/shop")


def test_an_unknown_scheme_is_refused_with_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ", mysql, " in message("postgers://analyst@h/shop")
    monkeypatch.setenv("SHOP", "canary")
    assert "canary" not in message("${SHOP}")


def test_the_words_of_a_driver_are_kept_unless_a_secret_is_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(words: str) -> str:
        with pytest.raises(DataError) as raised, connected("duckdb://?threads=${SECRET}", "the table"):
            raise RuntimeError(words)
        return str(raised.value)

    monkeypatch.setenv("SECRET", "1")
    assert "got an error (no such host ... now)" in told("no such host 'db.example.com' now\nand a row")
    assert "got an error (RuntimeError)" in told("cannot use 1")


def test_a_place_is_written_without_user_password_and_options() -> None:
    assert place_of("postgresql://a:${B}@h:5432/shop?token=${C}") == "postgresql://h:5432/shop"
    assert place_of("${SHOP}") == "${SHOP}"
