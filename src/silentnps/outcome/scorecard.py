"""An industry scorecard as a baseline: points for behaviour that is read as a promoter's or a detractor's.

Nothing is learned, and the points of a row depend on that row alone. Each rule by itself gives the class that
practitioners read there; a rule of less than `PROMOTER_POINTS`, but not below 0, says passive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Booleans, Floats, Integers

DETRACTOR_POINTS = 0.0
"""A row with fewer points is read as a detractor."""

PROMOTER_POINTS = 1.0
"""A row with this many points or more is read as a promoter; one between the two as passive."""


@dataclass(frozen=True)
class Signal:
    """One rule: `points` where the column is greater than `above`. A missing value is no signal."""

    column: str
    above: float
    points: float
    words: str

    def applies(self, features: pd.DataFrame) -> Booleans:
        """Return the rows that the rule applies to; none without its column."""
        if self.column not in features:
            return np.zeros(len(features), dtype=np.bool_)
        return features[self.column].to_numpy(dtype=np.float64, na_value=np.nan) > self.above


SIGNALS = (
    Signal("referrals_count_total", 0, 2.0, "referred a friend"),
    Signal("orders_repeat_within_180d", 0, 1.0, "bought again within 180 days"),
    Signal("orders_average_amount_percentile", 0.5, 1.0, "average order above the median"),
    Signal("outreach_answer_share_365d", 0, 0.5, "answers outreach now and then"),
    Signal("orders_single_purchase", 0, 0.0, "bought once only"),
    Signal("support_complaints_180d", 0, -2.0, "complained in the last 180 days"),
    Signal("support_open_cases", 0, -1.0, "has an open support case"),
    Signal("returns_count_365d", 0, -1.0, "returned goods in the last year"),
    Signal("orders_late_count_90d", 0, -1.0, "had a late delivery in the last 90 days"),
    Signal("engagement_dormant_90d", 0, -1.0, "no engagement for 90 days"),
    Signal("returns_refund_amount_365d", 0, -0.5, "got a refund in the last year"),
    Signal("support_hours_to_response_mean_365d", 24, -0.5, "waited more than a day for support"),
)
"""The rules, strongest first on either side. Columns that a project does not have are passed over."""


def signal_points(features: pd.DataFrame) -> Floats:
    """Return the sum of points of each row, shape (n,); 0 where no rule applies."""
    points = np.zeros(len(features))
    for signal in SIGNALS:
        points += signal.points * signal.applies(features)
    return points


def signal_classes(features: pd.DataFrame) -> Integers:
    """Return the class of each row by its points, shape (n,): 0 detractor, 1 passive, 2 promoter.

    Examples
    --------
    >>> signal_classes(pd.DataFrame({"returns_count_365d": [2.0, 0.0]})).tolist()
    [0, 1]
    """
    return np.digitize(signal_points(features), [DETRACTOR_POINTS, PROMOTER_POINTS]).astype(np.int64)


def signal_reasons(features: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the words of the rules that apply to each row, of most points in either direction first."""
    strongest = sorted(SIGNALS, key=lambda signal: -abs(signal.points))
    applies = np.column_stack([signal.applies(features) for signal in strongest])
    return [tuple(s.words for s, true in zip(strongest, row, strict=True) if true) for row in applies]
