"""The picture of reach by points: what is named, where it lies, and what it adds up to."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from written_report import content, page, told, told_reach

from silentnps.explanation.reach import SCORE, START
from silentnps.report.decisions.reach import Reach, reach


def found(table: pd.DataFrame | None = None) -> Reach:
    """Return the picture of drivers."""
    shown = reach(content(**told(reach=told_reach() if table is None else table)))
    assert shown is not None
    return shown


def test_only_what_can_be_acted_on_is_named_and_what_costs_nothing_is_left_out() -> None:
    chart = found().chart
    radii = {dot.name: dot.radius for dot in chart.dots}
    assert radii == {"": 4, "delivery": 7, "messages": 5}
    assert "delivery: 30 % of silent customers, −20.0 points" in chart.spoken


def test_more_reach_is_further_right_and_more_points_further_up() -> None:
    dots = {dot.name: dot for dot in found().chart.dots}
    assert dots["messages"].x < dots["delivery"].x < dots[""].x
    assert dots["delivery"].y < dots["messages"].y < dots[""].y


def test_names_stay_apart_and_inside_where_drivers_crowd() -> None:
    crowd = pd.concat([told_reach().head(1).assign(driver=f"topic {i}", points=-20.0 + i / 9) for i in range(10)])
    ends = told_reach()[told_reach()["driver"].isin([START, SCORE])]
    places = [dot.name_y for dot in found(pd.concat([crowd, ends])).chart.dots]
    assert all(later - earlier >= 6.99 for earlier, later in pairwise(sorted(places)))
    assert min(places) >= 0
    assert max(places) <= 96


def test_rows_add_up_from_the_start_to_the_score() -> None:
    shown = found()
    together = [row.together.value for row in shown.rows]
    assert shown.start.value + sum(together) == pytest.approx(shown.score.value)
    assert next(row.name for row in shown.rows if row.can_be_acted_on) == "delivery"


def test_without_drivers_there_is_no_picture() -> None:
    assert reach(content()) is None
    assert "Whom they concern" not in page().text
