"""Differences between segments: by hand, identities, what is compared with what, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from silentnps.errors import ConfigError
from silentnps.estimation.comparison.segments import DIFFERENCE_COLUMNS, OTHERS, compare_segments
from silentnps.estimation.wave.segment_table import CutWave
from silentnps.numerics.arrays import Floats
from silentnps.numerics.segmentation import Segmentation

VALUES = {"east": 10.0, "north": 22.0, "south": -6.0, "west": 4.0}


def cut_of(
    values: dict[str, float] = VALUES,
    *,
    n_silent: tuple[int, ...] = (300, 200, 100, 400),
    n_answers: int = 50,
    name: str = "region",
    seed: int = 0,
) -> CutWave:
    """Return a segmentation whose draws move all segments together and each by itself."""
    rng, k = np.random.default_rng(seed), len(values)
    composite, silent = np.array(list(values.values())), np.array(n_silent[:k])
    draws = composite + rng.normal(0, 5, (32, 1)) + rng.normal(0, 2, (32, k))
    shares = silent / max(silent.sum(), 1)
    return CutWave(
        segmentation=Segmentation(name, np.zeros(0, dtype=np.int64), tuple(values)),
        composite=composite,
        total=float(composite @ shares),
        draws=np.column_stack([draws, draws @ shares]),
        unseen=np.array([1.0, 2.0, 3.0, 4.0][:k]),
        of_total=0.0,
        n=silent + n_answers,
        n_silent=silent,
    )


def compared(cut: CutWave, *others: CutWave, answers: Floats | None = None, **options: Any) -> pd.DataFrame:
    cuts = (cut, *others)
    known = [np.zeros(len(each.n)) if answers is None else answers for each in cuts]
    return compare_segments(cuts, known, **{"min_n": 30, **options})


def row_of(table: pd.DataFrame, segment: str, other: str = OTHERS) -> pd.Series:
    return table[(table["segment"] == segment) & (table["other"] == other)].iloc[0]


def test_each_segment_stands_against_all_others_together() -> None:
    cut = cut_of()
    table = compared(cut)
    assert list(table.columns) == list(DIFFERENCE_COLUMNS)
    assert set(table["segment"]) == set(VALUES)
    north = row_of(table, "north")
    others = (300 * 10 + 100 * -6 + 400 * 4) / 800  # 5.0
    assert north["difference"] == pytest.approx(22 - others)
    assert (north["n"], north["n_other"]) == (250, 950)
    draws = cut.draws
    moved = draws[:, 1] - (300 * draws[:, 0] + 100 * draws[:, 2] + 400 * draws[:, 3]) / 800
    unseen = 2.0 + (3 / 8) ** 2 * 1.0 + (1 / 8) ** 2 * 3.0 + (4 / 8) ** 2 * 4.0
    assert north["standard_error"] ** 2 == pytest.approx(moved.var(ddof=1) + unseen)
    assert north["high"] - north["difference"] == pytest.approx(2.039513 * north["standard_error"], rel=1e-6)


def test_against_the_others_is_against_everybody_divided_by_the_share_of_the_others() -> None:
    cut, table = cut_of(), compared(cut_of())
    for place, name in enumerate(VALUES):
        share = cut.n_silent[place] / cut.n_silent.sum()
        expected = (cut.composite[place] - cut.total) / (1 - share)
        assert row_of(table, name)["difference"] == pytest.approx(expected, abs=1e-9)


def test_the_largest_difference_comes_first_within_its_segmentation() -> None:
    other = cut_of({"a": 90.0, "b": -90.0, "c": 0.0}, name="tier")
    table = compared(cut_of(), other)
    assert table["segmentation"].tolist() == ["region"] * 4 + ["tier"] * 3
    for _, rows in table.groupby("segmentation"):
        assert rows["difference"].abs().is_monotonic_decreasing


def test_a_less_b_is_minus_b_less_a() -> None:
    one = row_of(compared(cut_of(), against="east"), "north", "east")
    two = row_of(compared(cut_of(), against="north"), "east", "north")
    pair = row_of(compared(cut_of(), against="pairs"), "east", "north")
    assert one["difference"] == -two["difference"] == -pair["difference"] == 12.0
    assert one["low"] == -two["high"] == -pair["high"]
    assert one["base_difference"] == pytest.approx(-two["base_difference"], abs=1e-12)
    assert one["standard_error"] == two["standard_error"] == pair["standard_error"]


def test_all_pairs_are_compared() -> None:
    table = compared(cut_of(), against="pairs")
    assert len(table) == 6
    for row in table.to_dict("records"):
        assert row["difference"] == VALUES[row["segment"]] - VALUES[row["other"]]


def test_the_difference_of_all_customers_has_the_answers_as_they_are() -> None:
    answers = np.array([5000.0, 0.0, 0.0, -5000.0])  # 50 promoters in the east, 50 detractors in the west
    row = row_of(compared(cut_of(), answers=answers, against="west"), "east", "west")
    east, west = (5000 + 300 * 10) / 350, (-5000 + 400 * 4) / 450
    assert row["base_difference"] == pytest.approx(east - west)
    cut = cut_of()
    moved = 300 / 350 * cut.draws[:, 0] - 400 / 450 * cut.draws[:, 3]
    error = np.sqrt(moved.var(ddof=1) + (300 / 350) ** 2 * 1.0 + (400 / 450) ** 2 * 4.0)
    assert row["base_high"] - row["base_difference"] == pytest.approx(2.039513 * error, rel=1e-6)


def test_two_segments_are_one_difference() -> None:
    table = compared(cut_of({"app": 3.0, "web": -4.0}))
    assert table[["segment", "other"]].to_numpy().tolist() == [["app", "web"]]
    assert table["difference"].iloc[0] == 7.0


def test_of_one_segment_there_is_no_difference() -> None:
    table = compared(cut_of({"web": 3.0}))
    assert table.empty
    assert list(table.columns) == list(DIFFERENCE_COLUMNS)


def test_a_small_segment_is_not_compared_and_counts_among_the_others() -> None:
    few = cut_of(n_silent=(300, 200, 10, 400), n_answers=5)
    table = compared(few)
    assert "south" not in set(table["segment"])
    expected = 22 - (300 * 10 + 10 * -6 + 400 * 4) / 710
    assert row_of(table, "north")["difference"] == pytest.approx(expected)
    assert "south" in set(compared(few, min_n=10)["segment"])


def test_others_that_are_too_few_are_no_others() -> None:
    table = compared(cut_of({"app": 3.0, "web": -4.0}, n_silent=(300, 10), n_answers=5))
    assert table.empty


def test_a_segment_without_silent_customers_is_not_compared() -> None:
    table = compared(cut_of(n_silent=(300, 0, 100, 400)))
    assert "north" not in set(table["segment"])
    assert row_of(table, "west")["difference"] == pytest.approx(4 - (300 * 10 + 100 * -6) / 400)


def test_more_comparisons_make_the_joint_interval_longer_and_leave_the_single_one() -> None:
    alone, together = compared(cut_of()), compared(cut_of(), cut_of(name="tier", seed=1))
    one, two = (row_of(table, "north") for table in (alone, together[together["segmentation"] == "region"]))
    assert one["high"] == two["high"]
    assert two["joint_high"] > one["joint_high"] > one["high"]
    assert two["p_adjusted"] >= one["p_adjusted"]


def test_what_differs_lies_beyond_the_joint_interval() -> None:
    table = compared(cut_of())
    outside = (table["joint_low"] > 0) | (table["joint_high"] < 0)
    assert (table["differs"] == outside).all()
    assert table["differs"].any()


def test_the_confidence_level_is_that_of_every_interval() -> None:
    low, high = (compared(cut_of(), confidence_level=level) for level in (0.8, 0.99))
    assert (low["confidence_level"] == 0.8).all()
    for name in ("high", "joint_high", "base_high"):
        assert (row_of(low, "north")[name] < row_of(high, "north")[name]).all()


def test_an_unknown_segment_names_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"one of base, pairs, east, north, south, west; got 'moon'"):
        compared(cut_of(), against="moon")


def test_a_segment_of_one_segmentation_is_compared_in_it_alone() -> None:
    table = compared(cut_of(), cut_of({"a": 1.0, "b": 2.0}, name="tier"), against="b")
    assert table[["segmentation", "segment", "other"]].to_numpy().tolist() == [["tier", "a", "b"]]


def test_pairs_of_very_many_segments_are_refused() -> None:
    k = 51
    cut = cut_of()
    many = CutWave(
        segmentation=Segmentation("store", np.zeros(0, dtype=np.int64), tuple(f"s{i:02}" for i in range(k))),
        composite=np.zeros(k),
        total=0.0,
        draws=np.zeros((32, k + 1)),
        unseen=np.ones(k),
        of_total=cut.of_total,
        n=np.full(k, 100),
        n_silent=np.full(k, 90),
    )
    with pytest.raises(ConfigError, match="at most 50 segments; got 51 of store"):
        compared(many, against="pairs")
    assert len(compared(many)) == k
