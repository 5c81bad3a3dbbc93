"""The section on privacy: an objection reaches everything unless the file says otherwise, and no key is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from silentnps.config import OptedOutConfig, PrivacyConfig, load_config
from silentnps.errors import ConfigError

SHOP = "name: shop\noutput: out\ntables:\n  customers: {path: data/c.csv}\n"


def privacy_of(folder: Path, text: str) -> PrivacyConfig:
    path = folder / "shop.yaml"
    path.write_text(SHOP + text, encoding="utf-8")
    return load_config(path).privacy


def test_by_default_an_objection_reaches_scores_calls_and_training_but_not_sums(tmp_path: Path) -> None:
    assert privacy_of(tmp_path, "") == PrivacyConfig(
        opted_out=OptedOutConfig(score=False, plan=False, train=False, count=True), key_variable=None
    )


def test_one_key_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    opted_out = privacy_of(tmp_path, "privacy: {opted_out: {plan: true}}\n").opted_out
    assert opted_out == OptedOutConfig(plan=True)


@pytest.mark.parametrize(
    "text", ["{key: 0123456789abcdef}", "{key_variable: a secret text}", "{opted_out: {call: true}}"]
)
def test_a_key_itself_and_unknown_choices_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="privacy"):
        privacy_of(tmp_path, f"privacy: {text}\n")
