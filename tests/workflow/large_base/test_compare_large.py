"""A large base compared: the numbers of its estimate, and segments by events of every silent customer."""

from __future__ import annotations

import pandas as pd
import pytest
from large_project import Done

from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.decisions.compare import compare

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("route", ["whole", "sampled"])
def test_segments_are_those_of_the_estimate(done: dict[str, Done], route: str) -> None:
    report = estimate(done[route].project, by=["region"])
    compared = compare(done[route].project, by=["region"], against="pairs")
    levels = compared.levels.drop(columns="answer_rate")
    pd.testing.assert_frame_equal(levels, report.segments, check_exact=True, check_dtype=False)
    pairs, estimated = (
        table.sort_values(["segment", "other"]) for table in (compared.differences, report.segment_differences)
    )
    for name in ("difference", "low", "high", "standard_error"):
        assert (pairs[name].to_numpy() == estimated[name].to_numpy()).all()


def test_everybody_has_a_segment_by_events_and_a_quarter(done: dict[str, Done]) -> None:
    by = ["invitations_weekday", "age"]
    whole, sampled = (
        compare(done[route].project, by=by).levels.set_index(["segmentation", "segment"])
        for route in ("whole", "sampled")
    )
    assert whole.index.tolist() == sampled.index.tolist()
    assert whole["n"].tolist() == sampled["n"].tolist()
    assert whole["n_respondents"].tolist() == sampled["n_respondents"].tolist()


def test_classes_of_a_sampled_base_are_near_those_of_the_whole(done: dict[str, Done]) -> None:
    whole, sampled = (compare(done[route].project, by=["class"]) for route in ("whole", "sampled"))
    gap = (whole.classes["share"] - sampled.classes["share"]).abs()
    assert (gap < 2 * sampled.classes["standard_error"]).all()
    usage = (one.personas.set_index(["nps_class", "feature"])["difference"] for one in (whole, sampled))
    first, second = (differences.xs("usage", level="feature") for differences in usage)
    assert second.to_numpy() == pytest.approx(first.loc[second.index].to_numpy(), abs=0.2)
