"""The table of assumptions."""

from __future__ import annotations

from silentnps.estimation.checks.agreement import COMPARED
from silentnps.estimation.wording.assumptions import ASSUMPTIONS


def test_every_assumption_is_described():
    assert list(ASSUMPTIONS) == ["survey", "weighted", "mar", "label_shift", "selection", "follow_up", "manski"]
    assert all(assumption.title and assumption.note for assumption in ASSUMPTIONS.values())
    assert all(ASSUMPTIONS[code].name and ASSUMPTIONS[code].if_contradicted for code in COMPARED)
