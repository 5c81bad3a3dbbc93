"""Hashes of ids tell nothing without the key, which only its owner can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from silentnps.errors import ConfigError, DataError
from silentnps.storage.keyed_hash import key_of_file, key_of_variable, keyed_hash


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "out" / "privacy.key"
    key = key_of_file(path)
    assert key_of_file(path) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["privacy.key"]
    assert key_of_file(tmp_path / "other.key") != key


def test_hashes_depend_on_id_and_key() -> None:
    hashes = {keyed_hash(key, text) for key in (b"a" * 32, b"b" * 32) for text in ("C1", "C2")}
    assert len(hashes) == 4
    assert keyed_hash(b"a" * 32, "C1") in hashes


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "privacy.key"
    for text in ("", "zz", "00" * 31):
        path.write_text(text, encoding="ascii")
        with pytest.raises(DataError, match="must hold a key of 64 hexadecimal digits"):
            key_of_file(path)


def test_the_key_of_a_variable_must_be_long_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "short-secret")
    with pytest.raises(ConfigError, match="SHOP_KEY") as refused:
        key_of_variable("SHOP_KEY")
    assert "short-secret" not in str(refused.value)
    monkeypatch.setenv("SHOP_KEY", "a long enough secret")
    assert key_of_variable("SHOP_KEY") == key_of_variable("SHOP_KEY")
    monkeypatch.delenv("SHOP_KEY")
    with pytest.raises(ConfigError, match="got 0"):
        key_of_variable("SHOP_KEY")
