"""Reach and points: whom a driver concerns, what that makes of the NPS, and that all adds up to the score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.contributions.refits import RefitContributions
from silentnps.explanation.reach import COLUMNS, SCORE, START, driver_reach

NAMES = ("orders_late_count_90d", "orders_late_share_180d", "tier", NEVER_INVITED)


def explained(points: np.ndarray) -> Explanation:
    frame = pd.DataFrame(points, columns=list(NAMES))
    return Explanation(5.0, frame, 5.0 + points.sum(axis=1))


def refits(points: np.ndarray) -> RefitContributions:
    return RefitContributions(points.astype(np.float32), pd.RangeIndex(points.shape[1]), NAMES)


NONE = refits(np.zeros((0, 4, 4)))


def test_numbers_worked_by_hand() -> None:
    """Delivery sums to -6, -0.9, -1 and +2: two of four are lowered, by 3.5 on average, 1.75 of the NPS."""
    points = np.array([[-4.0, -2.0, 0.0, 0.0], [0.1, -1.0, 0.0, 0.0], [-2.0, 1.0, 3.0, 0.0], [1.0, 1.0, 0.0, -1.0]])
    table = driver_reach(explained(points), NONE).set_index("driver")
    row = table.loc["delivery"]
    assert (row["reach"], row["points"], row["total"]) == pytest.approx((0.5, -3.5, -1.75))
    assert (row["others"], row["together"], row["n"]) == pytest.approx((1.1 / 4, -5.9 / 4, 4))
    assert np.isnan(table.loc["tier", "points"])
    assert table.loc["tier", "total"] == 0.0
    assert np.isnan(row["total_low"])


def test_all_add_up_from_the_start_to_the_mean_score() -> None:
    points = np.random.default_rng(0).normal(0.0, 4.0, (60, 4))
    table = driver_reach(explained(points), NONE)
    assert list(table.columns) == list(COLUMNS)
    assert table["driver"].tolist()[-2:] == [START, SCORE]
    assert table["together"].iloc[:-1].sum() == pytest.approx(table["together"].iloc[-1], abs=1e-9)
    rows = table.iloc[:-2]
    assert (rows["reach"] * rows["points"] + rows["others"]).to_numpy() == pytest.approx(
        rows["together"].to_numpy()
    )
    assert rows["total"].is_monotonic_increasing


def test_intervals_are_those_of_the_refits() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(-1.0, 4.0, (50, 4))
    models = rng.normal(0.0, 0.5, (6, 50, 4)) + points + rng.normal(0.0, 1.0, (6, 1, 4))
    row = driver_reach(explained(points), refits(models)).set_index("driver").loc["tier"]
    column = models.astype(np.float32).astype(np.float64)[:, :, 2]
    totals = np.where(column <= -1.0, column, 0.0).mean(axis=1)
    half = stats.t.ppf(0.975, 5) * totals.std(ddof=1)
    assert (row["total_low"], row["total_high"]) == pytest.approx(
        (row["total"] - half, min(row["total"] + half, 0.0))
    )
    assert 0.0 <= row["reach_low"] < row["reach"] < row["reach_high"] <= 1.0
    wide = driver_reach(explained(points), refits(models), confidence_level=0.99).set_index("driver").loc["tier"]
    assert wide["total_low"] < row["total_low"]
    assert wide["confidence_level"] == 0.99


def test_too_few_customers_have_no_intervals() -> None:
    points = np.random.default_rng(2).normal(-1.0, 4.0, (19, 4))
    table = driver_reach(explained(points), refits(np.stack([points] * 6)))
    assert table[["reach_low", "points_high", "total_low"]].isna().all(axis=None)
