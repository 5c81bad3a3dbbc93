"""Playbooks: each branch of that of the package is reached, and a damaged one says where and what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from silentnps.actions.drivers import known_drivers
from silentnps.actions.playbook import DEFAULT, Playbook, read_playbook
from silentnps.errors import ConfigError

RULE = {"driver": "any", "action": "Call", "owner": "me", "effort": "low", "channel": "call", "cadence": "at once"}
SMALL: dict[str, Any] = {name: [RULE] for name in ("detractor", "passive", "promoter", "survey")}


def written(folder: Path, content: object) -> Path:
    path = folder / "playbook.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def test_every_rule_of_the_package_is_reached() -> None:
    playbook = read_playbook()
    for name in Playbook.model_fields:
        reached = [playbook.rule_of(name, driver) for driver in known_drivers()]
        assert set(map(id, playbook.rules_of(name))) == set(map(id, reached)), name


def test_the_first_rule_with_the_driver_counts(tmp_path: Path) -> None:
    rules = [
        {**RULE, "driver": ["support", "returns"], "owner": "first"},
        {**RULE, "driver": "any", "owner": "last"},
    ]
    playbook = read_playbook(written(tmp_path, {**SMALL, "detractor": rules}))
    owners = [playbook.rule_of("detractor", driver).owner for driver in ("support", "returns", "delivery")]
    assert owners == ["first", "first", "last"]
    assert playbook.drivers_of("detractor") == {"support", "returns"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"detractor": [{**RULE, "driver": "suport"}]},
            ("'suport'", "Did you mean 'support'", "rule 1 of detractor"),
        ),
        ({"detractor": [{**RULE, "driver": "support"}]}, ("detractor", "last rule must have the driver 'any'")),
        ({"passive": [RULE, {**RULE, "driver": "support"}]}, ("passive: rule 2", "rule 1", "Remove it")),
        ({"passive": [{**RULE, "driver": "tenure"}, {**RULE, "driver": "tenure"}, RULE]}, ("passive: rule 2",)),
        ({"promoter": [{**RULE, "effort": "huge"}]}, ("effort must be one of low, medium, high; got 'huge'",)),
        ({"promoter": [{**RULE, "cadence": "4-4-4"}]}, ("cadence must be one of at once, 2-2-2, 3-3-3",)),
        (
            {"promoter": [{**RULE, "ower": "x"}]},
            ("unknown key 'ower' (rule 1 of promoter). Did you mean 'owner'?",),
        ),
        ({"promoter": [{k: v for k, v in RULE.items() if k != "owner"}]}, ("the key 'owner' is missing (rule 1",)),
        ({"promoter": []}, ("promoter must have rules; got none",)),
        ({"promoter": "call"}, ("promoter must be a list of rules",)),
        ({"promoter": ["call"]}, ("promoter must be a list of rules",)),
        ({"fans": [RULE]}, ("unknown key 'fans'", "detractor, passive, promoter, survey")),
    ],
)
def test_a_damaged_playbook_says_where_and_what(tmp_path: Path, changes: dict[str, Any], words: tuple[str]) -> None:
    with pytest.raises(ConfigError) as error:
        read_playbook(written(tmp_path, {**SMALL, **changes}))
    assert "playbook.yaml" in str(error.value)
    assert str(error.value).endswith(".")
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("content", ["", "a: [", "- 1", "a: !!python/object:os.system x"])
def test_no_playbook_is_no_playbook(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"playbook\.yaml"):
        read_playbook(written(tmp_path, content))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_playbook(tmp_path / "none.yaml")


def test_the_package_has_its_playbook_beside_the_code() -> None:
    assert DEFAULT.exists()
