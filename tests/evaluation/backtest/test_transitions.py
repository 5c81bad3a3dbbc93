"""Classes of the same customers in two waves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from silentnps.evaluation.backtest.transitions import answered_twice, mean_shift


def test_moves_are_counted_by_hand() -> None:
    before, after = np.array([0, 0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 2, 2, 2, 0])
    table = answered_twice(before, after, fewest=2).set_index(["from_class", "to_class"])
    assert table.loc["detractor", "n"].tolist() == [2, 1, 1]
    assert table.loc["detractor", "share"].tolist() == [0.5, 0.25, 0.25]
    # Wilson (1927) of 1 in 4
    assert table.loc[("detractor", "passive"), ["low", "high"]].tolist() == pytest.approx(
        [0.0456, 0.6994], abs=1e-4
    )
    assert table.loc["passive", "n"].tolist() == [0, 0, 1]
    assert table.loc["passive", ["share", "low", "high"]].isna().all(axis=None)
    assert table["n_from"].groupby("from_class").first().to_dict() == {"detractor": 4, "passive": 1, "promoter": 2}


def test_nobody_who_answered_twice_is_no_error() -> None:
    table = answered_twice(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    assert table["n"].sum() == 0
    assert table["share"].isna().all()


def test_the_shift_is_a_paired_t_interval_and_adds_up_to_nothing() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.dirichlet([1, 2, 3], 50), rng.dirichlet([2, 2, 2], 50)
    table = mean_shift(before, after)
    assert table["shift"].sum() == pytest.approx(0.0, abs=1e-12)
    for k, row in enumerate(table.itertuples()):
        ends = stats.ttest_rel(after[:, k], before[:, k]).confidence_interval(0.95)
        assert (row.low, row.high) == pytest.approx((ends.low, ends.high))
        assert row.shift == pytest.approx(row.after - row.before)
    assert mean_shift(before, before)[["shift", "low", "high"]].abs().to_numpy().max() == 0.0
