"""The page of `monitor` escapes names, loads nothing, and shows what could not be judged."""

from __future__ import annotations

from silentnps.monitoring.checks import Check, not_judged
from silentnps.report.decisions.monitor_page import render_monitor

CHECK = Check("estimate", "act", "off by <12> points", "difference in points", -12.3, -15.0, -9.5, 0.95, 12.3,
              (5.0, 10.0), 1e-9, 0.005, 400, 900)  # fmt: skip
FEATURE = {"feature": "<b>usage</b>", "level": "fine", "since": "2025-Q1", "psi": 0.0213, "low": 0.0, "high": 0.04,
           "p_value": None, "missing": 0.1, "missing_before": 0.0, "n": 5, "n_reference": 6}  # fmt: skip
CONTENT = {
    "project": "shop",
    "moment": "2025-07-01 00:00 UTC",
    "level": "act",
    "exit_code": 4,
    "headline": "Act",
    "advice": ["run `silentnps train`"],
    "false_alarms": 0.05,
    "model": {"wave": "2025-Q1", "candidate": "stack", "version": None},
    "compared": {"wave": None, "customers": 0, "answers_of": None, "new_answers": 0, "late_answers": 0},
    "checks": [CHECK.to_dict(), not_judged("features", "there is no new wave").to_dict()],
    "features": [FEATURE],
    "silentnps": "1",
}


def test_names_are_escaped_and_alarms_come_first() -> None:
    page = render_monitor(CONTENT)
    assert "&lt;b&gt;usage" in page
    assert "<script" not in page
    assert page.index("off by &lt;12&gt; points") < page.index('id="checks"')
    assert "−12.3" in page
    assert "−15.0 to<br>−9.5" in page
    assert "&lt; 0.001" in page
    assert "5 of 100 waves" in page


def test_without_features_and_intervals_the_page_says_so() -> None:
    page = render_monitor({**CONTENT, "features": [], "checks": [CONTENT["checks"][1]], "advice": []})  # type: ignore[index]
    assert "None was compared" in page
    assert "there is no new wave" in page
    assert "What to do" not in page
