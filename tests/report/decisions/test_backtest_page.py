"""The page of `backtest` escapes names, loads nothing, and leaves out what is not known."""

from __future__ import annotations

from typing import Any

from silentnps.report.decisions.backtest_page import render_backtest

WAVE = {
    "wave": "2025-<b>Q4",
    "learned_up_to": "2025-Q3",
    "n_answers": 1234,
    "predicted": 17.0,
    "survey": 23.2,
    "difference": -6.2,
    "difference_low": -12.4,
    "difference_high": 0.0,
    "n": None,
    "base": None,
    "base_low": None,
    "base_high": None,
    "confidence_level": 0.9,
}
SHARE = {"wave": "2025-Q4", "nps_class": "detractor", "expected_share": 0.25, "observed_share": 0.2}
METRIC = {"wave": "2025-Q4", "metric": "rps", "value": 0.19, "low": 0.18, "high": 0.2, "baseline": None}
ROW = {"outcome": "bought again", "wave": "all", "customers": "predicted", "nps_class": "promoter"}
UNKNOWN = {"lift": None, "beyond_recency": None}
CONTENT: dict[str, Any] = {
    "project": "shop",
    "silentnps": "1",
    "model": {"wave": "2025-Q4"},
    "sentences": ["It was right."],
    "notes": ["Few <answers>"],
    "days": 60,
    "has_truth": False,
    "about_behaviour": "Associations.",
    "about_shifts": "One model.",
    "meanings": {"bought again": "an order", "lapsed": "none"},
    "waves": [WAVE],
    "shares": [SHARE | {"difference": 0.05, "low": -0.01, "high": 0.11}],
    "metrics": [METRIC | {"gain": 0.02, "gain_low": 0.01, "gain_high": 0.03}],
    "behaviour": [ROW | {"n_of_class": 10.4, "share": 0.5, "low": 0.4, "high": 0.6} | UNKNOWN],
    "transitions": [],
    "shifts": [],
}


def test_numbers_have_their_intervals_and_names_are_escaped() -> None:
    page = render_backtest(CONTENT)
    for words in ("2025-&lt;b&gt;Q4", "Few &lt;answers&gt;", "−12.4 to +0.0", "90 % intervals", "+0.010 to +0.030"):
        assert words in page
    assert "−1.0 to +11.0" in page
    assert "40.0 to 60.0" in page
    assert "<script" not in page
    assert "Lapsed" not in page


def test_a_truth_is_told_where_there_is_one() -> None:
    assert "Simulated truth" not in render_backtest(CONTENT)
    known = WAVE | {"base_truth": 12.0, "base_held": False}
    page = render_backtest({**CONTENT, "has_truth": True, "waves": [known]})
    assert "Simulated truth" in page
    assert '<td class="n">no</td>' in page
    assert "Mean probabilities" not in page
