"""Presets are read from YAML, the user's in place of those of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from silentnps.data.exports.load import load_presets, preset_path
from silentnps.errors import ConfigError

TILL = """\
title: Our tills
status: confirmed
source: the manual of the tills
recognise: {must: [bon, sum]}
tables:
  orders:
    identified_by: [{columns: card}]
    columns: {order_id: bon, ordered_at: at, amount: sum}
"""


def test_own_presets_come_beside_and_before_those_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "tills.yaml").write_text(TILL)
    (tmp_path / "zendesk.yaml").write_text(TILL)
    presets = load_presets(tmp_path)
    assert presets["tills"].tables["orders"].columns["amount"] == ("sum",)
    assert list(presets["zendesk"].tables) == ["orders"]
    assert list(load_presets()["zendesk"].tables) == ["support"]
    assert preset_path("zendesk", tmp_path) == tmp_path / "zendesk.yaml"
    assert preset_path("delighted", tmp_path).parent != tmp_path


@pytest.mark.parametrize(
    ("found", "wrong", "message"),
    [
        ("orders:", "order:", "must be canonical tables; got 'order'"),
        ("amount:", "amounts:", "must have canonical columns; got amounts"),
        ("confirmed", "certain", "status must be"),
        ("must: [bon, sum]", "must: []", "recognise.must must be"),
    ],
)
def test_what_is_no_preset_is_refused_with_its_place(tmp_path: Path, found: str, wrong: str, message: str) -> None:
    (tmp_path / "tills.yaml").write_text(TILL.replace(found, wrong))
    with pytest.raises(ConfigError, match=message):
        load_presets(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a folder of YAML files"):
        load_presets(tmp_path / "none")
