"""Files are recognised by the names of their columns."""

from __future__ import annotations

import pytest

from silentnps.data.exports.load import load_presets
from silentnps.data.exports.recognise import recognise

PRESETS = load_presets()


@pytest.mark.parametrize("name", PRESETS)
def test_a_file_with_every_column_of_a_preset_is_recognised_as_it(name: str) -> None:
    preset = PRESETS[name]
    every = [names[0] for names in (*preset.recognise.must, *preset.recognise.may)]
    columns = [column.replace("<X>", "Q1") for column in every if not column.startswith("/")]
    matches = recognise(columns, PRESETS)
    assert matches
    assert matches[0].name == name


@pytest.mark.parametrize("name", PRESETS)
def test_order_case_and_a_byte_order_mark_change_nothing(name: str) -> None:
    preset = PRESETS[name]
    columns = [names[0] for names in preset.recognise.must]
    other = [column.swapcase() for column in reversed(columns) if "/" not in column and "<" not in column]
    plain = [column for column in columns if "/" not in column and "<" not in column]
    other[0] = "\ufeff" + other[0]
    known = {match.name for match in recognise(plain, PRESETS)}
    assert {match.name for match in recognise(other, PRESETS)} == known


def test_a_file_of_no_program_is_not_recognised() -> None:
    assert recognise(["customer_id", "region", "tier"], PRESETS) == []
    assert recognise([], PRESETS) == []
