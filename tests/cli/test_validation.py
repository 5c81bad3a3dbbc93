"""What a person reads after `validate`: the severe findings first, then what is missing and too few."""

from __future__ import annotations

import pytest

from silentnps.cli.validation import show_validation
from silentnps.data.findings import Finding, Note
from silentnps.workflow.told.validation import Validation

WAVE = {"wave": "2025", "customers": 9, "answers": 2, "answer_rate": 0.25, "expected": None}


def test_errors_come_first_and_reasons_last(capsys: pytest.CaptureFixture[str]) -> None:
    findings = (
        Note.of("orders", "two files"),
        Finding("orders", "amount", "present", "error", 2, (1, 4), "Fill them in.", "stop"),
    )
    content = {
        "tables": [{"table": "orders", "rows": 5, "used": 3, "aside": [{"reason": "amount", "rows": 2}]}],
        "missing_features": [{"missing": "support", "features": ["a", "b", "c", "d", "e"]}],
        "waves": [WAVE],
        "segments": [],
        "confidence_level": 0.95,
        "verdict": {"attention": ["wave 2025: 2 answers"]},
    }
    show_validation(Validation(findings, content))
    out = capsys.readouterr().out
    assert out.index("error: orders: column 'amount'") < out.index("note: orders: two files")
    assert "without support: no a, b, c, d and 1 more features" in " ".join(out.split())
    assert "too few" in out
    assert out.rstrip().endswith("attention: wave 2025: 2 answers")
