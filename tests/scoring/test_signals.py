"""Scores by the rule table have the schema of all scores, a class, its signals, and no probability."""

from __future__ import annotations

import pandas as pd

from silentnps.outcome.scorecard import signal_classes
from silentnps.schema import NPS_CLASSES
from silentnps.scoring.batch import SCORE_COLUMNS
from silentnps.scoring.signals import signal_scores

FRAME = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "wave": "2025-Q4",
        "as_of": pd.Timestamp("2025-11-01"),
        "referrals_count_total": [1.0, 0.0, None],
        "orders_repeat_within_180d": [1.0, 0.0, 0.0],
        "support_complaints_180d": [0.0, 1.0, None],
    }
)


def test_the_class_is_that_of_the_points_and_nothing_is_claimed_beyond_it() -> None:
    scores = signal_scores(FRAME)
    assert list(scores.columns) == list(SCORE_COLUMNS)
    assert scores["nps_class"].tolist() == [NPS_CLASSES[code] for code in signal_classes(FRAME)]
    assert scores["nps_class"].tolist() == ["promoter", "detractor", "passive"]
    assert scores.filter(regex="^p_|expected").isna().all(axis=None)


def test_reasons_are_the_strongest_signals_and_as_many_as_asked_for() -> None:
    assert signal_scores(FRAME)["reasons_for"].tolist() == [
        "referred a friend; bought again within 180 days",
        "",
        "",
    ]
    assert signal_scores(FRAME, reasons=1)["reasons_for"][0] == "referred a friend"
    assert signal_scores(FRAME, reasons=0)["reasons_against"].tolist() == ["", "", ""]
