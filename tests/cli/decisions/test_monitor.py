"""`monitor` as a person, and as a scheduler, sees it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from projects import run
from tiny_project import customers, write_tiny

from silentnps.monitoring.checks import Check
from silentnps.workflow.decisions import monitor as command

CHECKS = (
    Check("estimate", "act", "the new answers have an NPS of +1.0", "difference in points", 1.0),
    Check("features", "not judged", "there is no new wave"),
)


@pytest.mark.parametrize(("code", "words"), [(0, "fine"), (3, "look"), (4, "act")])
def test_the_exit_code_is_that_of_the_verdict(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    people = customers(60)
    write_tiny(tmp_path, people, people[["customer_id", "rating"]].assign(responded_at="2025-03-01"))
    content = {"headline": words, "advice": ["do this"], "exit_code": code}
    result = SimpleNamespace(checks=CHECKS, content=content, exit_code=code, text=json.dumps(content), level="fine")
    monkeypatch.setattr(command, "monitor", lambda *args, **options: result)
    ended, out, err = run("monitor", "-c", tmp_path / "config.yaml")
    assert ended == code
    assert words in out
    assert "do this" in out
    assert "monitor.html" in err
    ended, out, _ = run("monitor", "-c", tmp_path / "config.yaml", "--json")
    assert ended == code
    assert json.loads(out) == content


def test_without_a_model_it_fails_with_the_cure(tmp_path: Any) -> None:
    people = customers(60)
    write_tiny(tmp_path, people, people[["customer_id", "rating"]].assign(responded_at="2025-03-01"))
    code, _, err = run("monitor", "-c", tmp_path / "config.yaml")
    assert code == 1
    assert "silentnps train" in err
