"""The sentences on which segments differ."""

from __future__ import annotations

from typing import Any

import pandas as pd

from silentnps.estimation.wording.comparison import describe_comparison


def row(segment: str, size: float, *, differs: bool = True, other: str = "(the others)", **changes: Any) -> Any:
    ends = {"joint_low": size - 5.0, "joint_high": size + 5.0, "detectable": 8.0}
    return {
        "segmentation": "region",
        "segment": segment,
        "other": other,
        "difference": size,
        "differs": differs,
    } | {**ends, **changes}


def told(*rows: Any) -> str:
    return describe_comparison(pd.DataFrame(list(rows)), "region")


def test_what_differs_is_told_with_its_joint_interval_and_the_rest_is_counted() -> None:
    assert told(row("north", 12.0), row("south", 3.0, differs=False), row("west", -1.0, differs=False)) == (
        "region: north is 12 points above the others (7 to 17). 2 other differences cannot be told from chance. "
        "Smaller differences than about 8 points would often have been missed."
    )


def test_a_segment_below_is_told_by_how_much() -> None:
    assert "south is 9 points below the others (4 to 14)." in told(row("south", -9.0))


def test_pairs_are_told_by_name() -> None:
    text = told(row("north", 12.0, other="south"), row("east", -8.0, other="west"))
    assert "north is 12 points above south (7 to 17) and east is 8 points below west (3 to 13)." in text
    assert "cannot be told" not in text


def test_where_none_differs_it_says_so_and_what_would_have_been_seen() -> None:
    text = told(row("north", 2.0, differs=False), row("west", 1.0, differs=False, detectable=20.0))
    assert text == (
        "region: none of 2 differences can be told from chance. Smaller differences than about 8 points (20 in the "
        "smallest segments) would often have been missed."
    )
    assert "the difference cannot be told from chance." in told(row("north", 2.0, differs=False))


def test_many_differences_are_counted_after_the_largest() -> None:
    assert "and 3 more differ." in told(*(row(f"s{i}", 30.0 - i) for i in range(8)))


def test_an_end_near_zero_keeps_a_decimal() -> None:
    assert "(0.4 to 10)" in told(row("north", 5.4))


def test_another_segmentation_is_left_out() -> None:
    rows = pd.DataFrame([row("north", 12.0), row("gold", 30.0) | {"segmentation": "tier"}])
    assert "gold" not in describe_comparison(rows, "region")
    assert describe_comparison(rows, "age") == "age: fewer than two segments can be compared."
