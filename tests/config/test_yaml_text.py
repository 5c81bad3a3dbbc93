"""Whatever stands in a configuration, it is read or refused in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silentnps.config import load_config
from silentnps.config.yaml_text import read_yaml
from silentnps.errors import ConfigError

SHOP = "name: shop\noutput: out\ntables:\n  customers: {path: data/c.csv}\n"
BOMB = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]\n" for i in range(30))


def refused(folder: Path, text: str | bytes) -> str:
    path = folder / "shop.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timezone: 2025-13-45", "a value is no timestamp, though it looks like one"),
        ("random_state: " + "9" * 5000, "a value is no int, though it looks like one"),
        ("timezone: !!float abc", "a value is no float, though it looks like one"),
        ("timezone: !!bool maybe", "a value is no bool, though it looks like one"),
        ("timezone: !!int ''", "a value is no int, though it looks like one"),
        ("spark: {[a]: b}", "a key must be a word"),
        ("? [a, b]\n: c", "a key must be a word"),
        ("model: " + "[" * 60 + "]" * 60, "must be nested at most 40 deep"),
        ("model: " + "[" * 5000, "nested at most 40 deep"),
        (BOMB, "must be at most 20,000 values, aliases counted"),
        ("model: &a [*a]", "must be nested at most 40 deep"),
        ("waves: {embargo_hours: 1e300}", "not valid YAML|waves.embargo_hours must be"),
        ("waves: {embargo_hours: 1.0e+300}", "waves.embargo_hours must be less than or equal to"),
        ("waves: {dates: [0001-01-01]}", "must be between the years 1900 and 2200"),
        ("waves: {dates: [9999-12-31T23:59:59-12:00]}", "must be between the years 1900 and 2200"),
        ("waves: {dates: [20250101]}", "must be a date such as 2025-07-01"),
        ("random_state: 99999999999", "random_state must be less than"),
        ('timezone: "\\ud800"', "timezone"),
    ],
)
def test_a_value_that_cannot_be_one_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert re.search(words, refused(tmp_path, SHOP + text + "\n"))


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.mkdir [TRACE]",
        "!!python/object/new:os.mkdir [TRACE]",
        "!!python/name:os.mkdir",
        "!!python/module:os",
        "!!python/tuple [a, b]",
        "!ours [TRACE]",
        "{? !!python/object/apply:os.mkdir [TRACE] : x}",
    ],
)
def test_a_tag_of_python_is_refused_with_its_line_and_runs_nothing(tmp_path: Path, value: str) -> None:
    text = f"timezone: {value.replace('TRACE', str(tmp_path / 'trace'))}\n"
    told = refused(tmp_path, SHOP + text)
    assert "line 5 is not valid YAML" in told
    preset = tmp_path / "preset.yaml"
    preset.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1 is not valid YAML"):
        read_yaml(preset)
    assert not (tmp_path / "trace").exists()


def test_a_path_of_nobody_is_refused(tmp_path: Path) -> None:
    assert "paths must be ones" in refused(tmp_path, SHOP.replace("output: out", "output: ~nobody-here/x"))


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="must have at most 1,000,000 bytes"):
        load_config(Path("/dev/zero"))


@given(
    key=st.sampled_from(["name", "timezone", "waves", "tables", "model", "random_state"]),
    value=st.text(max_size=30),
)
def test_any_text_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: str
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "shop.yaml"
    path.write_bytes(f"{SHOP}{key}: {value}\n".encode("utf-8", "surrogatepass"))
    told = ""
    try:
        load_config(path)
    except ConfigError as error:
        told = str(error)
    assert "\n" not in told
