"""Steps of segments: what is published is met, the others share the rest, and labels are the estimate's."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from silentnps.bundle.segment_steps import NO_SEGMENT_STEPS, SegmentationSteps, SegmentSteps, fit_segment_steps
from silentnps.numerics.arrays import Floats
from silentnps.numerics.segmentation import segmentation_of

N = 1000
TOTAL = 7.0


def base() -> tuple[pd.DataFrame, Floats]:
    """Return a text with missing values and a number as segmentations, and expected NPS."""
    rng = np.random.default_rng(0)
    region = np.array(["north", "south", "tiny", "small", None], dtype=object)
    codes = np.repeat(np.arange(5), [500, 300, 3, 7, 190])
    rows = pd.DataFrame({"region": pd.Categorical(region[codes]), "tier": rng.integers(0, 3, N).astype(float)})
    return rows, rng.uniform(-99, 99, N)


def published(**values: float | None) -> pd.DataFrame:
    return pd.DataFrame({"segmentation": "region", "segment": list(values), "value": list(values.values())})


SEGMENTS = published(**{"north": 20.0, "south": -35.5, "(missing)": 44.0, "tiny": None, "small": None})


def log_odds(points: Floats) -> Floats:
    return np.log((100 + points) / (100 - points))


def means(values: Floats, column: pd.Series) -> pd.Series:
    return pd.Series(values).groupby(column.astype(object).fillna("(missing)").to_numpy()).mean()


def test_published_segments_are_met_and_the_others_share_what_is_left() -> None:
    rows, expected = base()
    total = (500 * 20.0 - 300 * 35.5 + 190 * 44.0 + 10 * -12.0) / N  # what leaves -12 for the two small ones
    found = fit_segment_steps(SEGMENTS, rows[["region"]], expected, total)
    assert found.notes == ()
    assert found.columns == ("expected_nps_segment_step__region",)
    values = found.scores(rows, expected)["expected_nps_segment_step__region"]
    by_region = means(values, rows["region"])
    for name, value in {"north": 20.0, "south": -35.5, "(missing)": 44.0}.items():
        assert by_region[name] == pytest.approx(value, abs=1e-9)
    rest = rows["region"].isin(["tiny", "small"]).to_numpy()
    assert values[rest].mean() == pytest.approx(-12.0, abs=1e-9)
    assert values.mean() == pytest.approx(total, abs=1e-9)
    moved = log_odds(values[rest]) - log_odds(expected[rest])
    np.testing.assert_allclose(moved, found.steps["region"].others, atol=1e-9)


def test_a_segmentation_of_which_nothing_is_published_averages_to_the_total() -> None:
    rows, expected = base()
    found = fit_segment_steps(SEGMENTS, rows[["tier"]], expected, TOTAL)
    assert found.steps["tier"].published == {}
    assert found.scores(rows, expected)["expected_nps_segment_step__tier"].mean() == pytest.approx(TOTAL, abs=1e-9)


def test_segments_of_certain_customers_keep_their_scores_and_a_note_says_so() -> None:
    rows, expected = base()
    south = (rows["region"] == "south").to_numpy()
    expected[south] = -100.0
    found = fit_segment_steps(SEGMENTS, rows[["region"]], expected, TOTAL)
    note = found.notes[0]
    assert note.startswith("region south: scores stay as they are: a published NPS must be within reach")
    assert "-100 to -100; got -35.5" in note
    values = found.scores(rows, expected)["expected_nps_segment_step__region"]
    np.testing.assert_array_equal(values[south], expected[south])
    assert values[(rows["region"] == "north").to_numpy()].mean() == pytest.approx(20.0, abs=1e-9)


def test_a_rest_that_no_scores_can_have_is_said_and_keeps_its_scores() -> None:
    rows, expected = base()
    found = fit_segment_steps(SEGMENTS, rows[["region"]], expected, 90.0)
    assert found.notes[0].startswith("region, segments that are not published: scores stay as they are")
    assert found.steps["region"].others == 0.0


def test_steps_are_the_same_after_json_and_their_digest_knows_others() -> None:
    rows, expected = base()
    found = fit_segment_steps(SEGMENTS, rows, expected, TOTAL)
    again = SegmentSteps.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert again.digest == found.digest
    other = fit_segment_steps(SEGMENTS, rows, expected, TOTAL + 1e-6)
    assert len({found.digest, other.digest, NO_SEGMENT_STEPS.digest}) == 3


def test_a_segment_that_the_estimate_did_not_know_has_the_step_of_the_others() -> None:
    steps = SegmentSteps({"region": SegmentationSteps({"north": 1.0}, others=np.log(3.0))})
    values = steps.scores(pd.DataFrame({"region": ["north", "new", None]}), np.zeros(3))
    np.testing.assert_allclose(values["expected_nps_segment_step__region"][1:], 50.0)


def test_nobody_silent_has_no_steps() -> None:
    rows, expected = base()
    found = fit_segment_steps(SEGMENTS, rows.iloc[:0], expected[:0], 0.0)
    assert found.steps["region"] == SegmentationSteps({})
    assert found.notes == ()


@pytest.mark.parametrize(
    "values",
    [["b", None, "a", "b"], [1.0, np.nan, 0.5, 1.0], ["(missing)", None, "b", "a"], [None, None], [True, False]],
)
def test_categories_are_cut_as_their_texts_are(values: list[object]) -> None:
    plain, categories = pd.Series(values, name="x"), pd.Series(pd.Categorical(values), name="x")
    categories = categories.cat.add_categories(["never seen"])
    one, other = segmentation_of(plain), segmentation_of(categories)
    assert one.labels == other.labels
    np.testing.assert_array_equal(one.codes, other.codes)
    assert all(type(label) is str for label in other.labels)
