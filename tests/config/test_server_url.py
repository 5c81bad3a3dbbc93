"""No secret in a configuration: URLs name variables of the environment, and no message repeats one."""

from __future__ import annotations

from pathlib import Path

import pytest

from silentnps.config import load_config
from silentnps.errors import ConfigError

YAML = "name: shop\noutput: out\ntables:\n  customers: {%s}\n"


def load(folder: Path, customers: str) -> str | None:
    file = folder / "shop.yaml"
    file.write_text(YAML % customers, encoding="utf-8")
    return load_config(file).tables["customers"].url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://analyst@host:5432/shop",
        "postgresql://analyst:${SHOP_DB_PASSWORD}@host:5432/shop?sslmode=require&passfile=/etc/pass",
        "mysql://${USER_OF_DB}:${SHOP_DB_PASSWORD}@host/shop",
        "snowflake://analyst@account/shop?token=${TOKEN}",
        "${SHOP_DB_URL}",
    ],
)
def test_urls_without_a_secret_are_taken_as_they_are(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, f"url: '{url}', table: people") == url


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("postgresql://analyst:canary@host/shop", "must hold no password"),
        ("postgresql://analyst:x${A}canary@host/shop", "must hold no password"),
        ("postgresql://analyst:can/ary@host/shop", "must be like postgresql://"),
        ("postgresql://host/shop?user=a&password=canary", "must hold no secret, as its option 'password' is"),
        ("snowflake://host/shop?access_key=canary", "must hold no secret"),
        ("canary", "must be like postgresql://"),
    ],
)
def test_a_secret_is_refused_with_the_cure_and_not_repeated(tmp_path: Path, url: str, rule: str) -> None:
    with pytest.raises(ConfigError, match=rule) as raised:
        load(tmp_path, f"url: '{url}', table: people")
    assert "${SHOP_DB_PASSWORD}" in str(raised.value)
    assert "can" not in str(raised.value).replace("cannot", "")


def test_a_table_is_in_files_or_on_a_server(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must have one of the keys path and url, and not both"):
        load(tmp_path, "path: a.csv, url: postgresql://h/shop")
    with pytest.raises(ConfigError, match="after the key `url`") as raised:
        load(tmp_path, "path: 'postgresql://analyst:canary@h/shop'")
    assert "canary" not in str(raised.value)
