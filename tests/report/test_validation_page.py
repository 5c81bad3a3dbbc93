"""The page of `validate` escapes names, orders findings by severity and loads nothing."""

from __future__ import annotations

from silentnps.report.validation_page import render_validation

FINDING = {"table": "orders", "column": "", "rows": 1, "first_rows": [], "effect": "row"}


def test_names_are_escaped_and_errors_come_first() -> None:
    content = {
        "project": "<b>shop</b>",
        "verdict": {"exit_code": 1, "errors": 2, "warnings": 0, "notes": 1, "attention": []},
        "tables": [],
        "findings": [
            {**FINDING, "severity": "note", "message": "a note"},
            {**FINDING, "severity": "error", "message": "<script>alert(1)</script>"},
        ],
        "missing_features": [],
        "personal": [],
        "waves": [],
        "segments": [],
        "confidence_level": 0.95,
        "fewest_answers": 30,
        "silentnps": "1",
        "made_at": "today",
    }
    page = render_validation(content)
    assert "&lt;b&gt;shop" in page
    assert "<script" not in page
    assert page.index("&lt;script&gt;alert(1)") < page.index("a note")
    assert "2 errors must be corrected" in page
