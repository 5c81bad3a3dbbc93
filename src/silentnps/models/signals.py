"""The rule table of the trade as a baseline: points for behaviour that is read as a promoter's or a detractor's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.estimation.nps import Floats


@dataclass(frozen=True)
class Signal:
    """One rule: `points` where `applies` to the column."""

    column: str
    applies: Callable[[pd.Series], pd.Series]
    points: float
    words: str


SIGNALS = (
    Signal("orders_repeat_within_180d", lambda x: x > 0, 1.0, "repeat purchase within 180 days"),
    Signal("orders_average_amount", lambda x: x > x.median(), 1.0, "high average order value"),
    Signal("referrals_count_total", lambda x: x > 0, 2.0, "referred a friend"),
    Signal("orders_single_purchase", lambda x: x > 0, 0.0, "single purchase"),
    Signal("outreach_answer_share_365d", lambda x: x > 0.5, 0.5, "answers outreach"),
    Signal("support_complaints_180d", lambda x: x > 0, -2.0, "complained"),
    Signal("returns_count_365d", lambda x: x > 0, -1.0, "returned goods"),
    Signal("engagement_dormant_90d", lambda x: x > 0, -1.0, "no engagement for 90 days"),
)
"""The rules. Columns that a project does not have are passed over."""


def signal_points(features: pd.DataFrame) -> Floats:
    """Return the sum of points of each row, shape (n,); 0 where no rule applies."""
    points = np.zeros(len(features))
    for signal in SIGNALS:
        if signal.column in features:
            applies = signal.applies(features[signal.column]).to_numpy(dtype=bool, na_value=False)
            points += signal.points * applies
    return points
