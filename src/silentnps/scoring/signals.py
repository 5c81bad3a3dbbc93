"""Scores by the rule table of signals, for a base that was never surveyed: classes without probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.explanation.reasons import REASONS
from silentnps.outcome.scorecard import SIGNALS, signal_classes
from silentnps.schema import NPS_CLASSES
from silentnps.scoring.batch import IF_RESPONDENT, PROBABILITIES, SCORE_COLUMNS

SOURCE = "signals"
"""The `source` of scores that no model made."""


def signal_scores(frame: pd.DataFrame, *, reasons: int = 3) -> pd.DataFrame:
    """Return the scores of built features by the rule table, one row each, columns `SCORE_COLUMNS`.

    `nps_class` and `nps_band` are the class of the points. Probabilities and `expected_nps` are missing: without an
    answer nobody knows them. `reasons` is how many signals for and against are given, of most points first.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["a"], "wave": "all", "as_of": None, "returns_count_365d": [2.0]})
    >>> signal_scores(frame)[["source", "nps_class", "reasons_against"]].to_dict("records")
    [{'source': 'signals', 'nps_class': 'detractor', 'reasons_against': 'returned goods in the last year'}]
    """
    scores = frame[["customer_id", "wave", "as_of"]].reset_index(drop=True)
    scores["source"] = SOURCE
    for name in (*PROBABILITIES, *IF_RESPONDENT, "expected_nps"):
        scores[name] = np.nan
    classes = np.array(NPS_CLASSES, dtype=object)[signal_classes(frame)]
    scores["nps_class"] = scores["nps_band"] = classes
    for name, sign in zip(REASONS, (1.0, -1.0), strict=True):
        scores[name] = _reasons(frame, sign, reasons)
    return scores[list(SCORE_COLUMNS)]


def _reasons(frame: pd.DataFrame, sign: float, n: int) -> list[str]:
    signals = sorted((s for s in SIGNALS if sign * s.points > 0), key=lambda signal: -abs(signal.points))
    applies = np.column_stack([signal.applies(frame) for signal in signals])
    return ["; ".join([s.words for s, true in zip(signals, row, strict=True) if true][:n]) for row in applies]
