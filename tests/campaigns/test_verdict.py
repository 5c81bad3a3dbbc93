"""Verdicts: what may be said of an effect, and when the data cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from silentnps.campaigns.differences import Difference
from silentnps.campaigns.verdict import holm, judge

ERROR = np.array([-1.0, 1.0]) * np.sqrt(2)  # a standard error of 1


def of(value: float) -> Difference:
    return Difference(value, ERROR)


QUIET = of(0.5)


def test_holm_by_hand():
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
    p = [0.001, 0.2, 0.04]
    assert all(one >= other for one, other in zip(holm(p), false_discovery_control(p), strict=True))


@pytest.mark.parametrize(("value", "verdict"), [(3.0, "more"), (-3.0, "less"), (1.0, "none seen")])
def test_the_interval_decides(value, verdict):
    assert judge(of(value), QUIET, 0.01, 0.95) == (verdict, "")


def test_groups_that_moved_apart_before_cannot_tell():
    verdict, because = judge(of(9.0), of(2.5), 0.0, 0.95)
    assert verdict == "cannot tell"
    assert "before" in because
    assert judge(of(9.0), of(2.5), 0.0, 0.99)[0] == "more"  # within the wider interval


def test_without_a_placebo_the_data_cannot_tell():
    assert judge(of(9.0), None, 0.0, 0.95)[0] == "cannot tell"


def test_one_of_many_outcomes_may_move_by_chance():
    assert judge(of(2.1), QUIET, 0.2, 0.95)[0] == "cannot tell"
