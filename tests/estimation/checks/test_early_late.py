"""Early and late answers: groups, the joined interval, and the verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from silentnps.estimation.checks.early_late import COLUMNS, difference, early_late
from silentnps.estimation.formulas.nps_estimate import nps_of_classes, nps_of_counts


def table_of(classes: list[int], reminders: list[float], **options: float) -> pd.DataFrame:
    table = early_late(np.array(classes), np.array(reminders, dtype=np.float64), **options)
    assert tuple(table.columns) == COLUMNS
    return table.set_index("group")


def test_groups_and_their_intervals():
    table = table_of([2, 2, 0, 1, 0, 0, 2, -1], [0, 0, 0, 1, 2, 5, np.nan, 3])
    assert table["n"].to_dict() == {
        "no reminder": 3,
        "1 reminder": 1,
        "2 or more reminders": 2,
        "not recorded": 1,
        "late less early": 6,
    }
    early = nps_of_counts(promoters=2, passives=0, detractors=1)
    assert table.loc["no reminder", ["value", "low", "high"]].tolist() == [early.value, early.low, early.high]
    assert table.loc["late less early", "value"] == pytest.approx(-200 / 3 - 100 / 3)
    assert (table["confidence_level"] == 0.95).all()


def test_empty_groups_are_left_out():
    assert table_of([2, 0], [0, 3]).index.tolist() == ["no reminder", "2 or more reminders", "late less early"]


def test_the_difference_of_two_intervals_by_hand():
    # Early 10, 5, 5 of 20, late 5, 5, 10 (promoters, passives, detractors). Rocks: shares (count + 3/4, 3/2, 3/4)
    # / 23, so 100 * (10.75 - 5.75) / 23 = 21.739; variance (16.5 / 23 - 0.21739**2) / 23 = 0.029136; half width
    # 1.959964 * 17.0694 = 33.4554; interval -11.716 to 55.194, of the late its mirror. Value -25 - 25 = -50;
    # up: hypot(11.716 + 25, 25 + 11.716) = 51.924, down: hypot(-25 + 55.194, 55.194 - 25) = 42.700.
    classes = [2] * 10 + [1] * 5 + [0] * 5 + [2] * 5 + [1] * 5 + [0] * 10
    row = table_of(classes, [0] * 20 + [1] * 20).loc["late less early"]
    assert row[["value", "low", "high"]].tolist() == pytest.approx([-50.0, -92.700, 1.924], abs=2e-3)
    assert row["standard_error"] == pytest.approx(2**0.5 * 17.0694, abs=1e-3)


def test_swapping_the_sides_negates_the_difference():
    one, other = (nps_of_classes(np.array(each)) for each in ([0, 1, 2, 2, 2], [0, 0, 1, 1, 2, 2, 2]))
    there, back = difference(one, other), difference(other, one)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert (there.n, there.confidence_level) == (12, 0.95)


def test_the_confidence_level_widens_every_interval():
    classes, reminders = [0, 1, 2, 2, 0, 1], [0, 0, 0, 1, 1, 1]
    wide, narrow = table_of(classes, reminders, confidence_level=0.99), table_of(classes, reminders)
    assert ((wide["high"] - wide["low"]) > (narrow["high"] - narrow["low"])).all()


def test_the_verdict_dares_no_more_than_the_interval():
    clear = table_of([2] * 60 + [0] * 60, [0] * 60 + [1] * 60)
    assert clear["verdict"].tolist() == ["", "", "contradicts"]
    unclear = table_of([2, 0, 0, 2, 1, 0], [0, 0, 0, 1, 1, 1])
    assert unclear.loc["late less early", "verdict"] == "cannot tell"
    many = [0, 1, 2] * 20_000
    same = table_of(many * 2, [0] * len(many) + [1] * len(many))
    assert same.loc["late less early", "verdict"] == "agrees"
    strict = table_of(many * 2, [0] * len(many) + [1] * len(many), matters=0.5)
    assert strict.loc["late less early", "verdict"] == "cannot tell"


@pytest.mark.parametrize("reminders", [[0.0, 0.0], [1.0, 2.0], [np.nan, np.nan]])
def test_where_a_side_is_empty_there_is_no_difference(reminders: list[float]):
    row = table_of([0, 2], reminders).loc["late less early"]
    assert row["verdict"] == ""
    assert np.isnan(row["value"])


def test_the_difference_covers_what_it_promises():
    # Exact binomial test at 1 %: of 1000 intervals that cover with 0.94, 921 or fewer cover once in 100 runs.
    # And no wider than needed: the width is at most 1.1 of that of the plain normal interval.
    rng = np.random.default_rng(0)
    shares = {"early": [0.2, 0.3, 0.5], "late": [0.4, 0.3, 0.3]}
    covered, widths = 0, []
    for _ in range(1000):
        early, late = (rng.choice(3, size, p=shares[name]) for name, size in (("early", 60), ("late", 40)))
        gap = difference(nps_of_classes(late), nps_of_classes(early))
        covered += gap.low <= -40.0 <= gap.high
        widths.append(gap.high - gap.low)
    assert binom.cdf(covered, 1000, 0.94) > 0.01
    variance = (0.7 - 0.3**2) / 60 + (0.7 - 0.1**2) / 40
    assert np.mean(widths) < 1.1 * 2 * norm.ppf(0.975) * 100 * variance**0.5
