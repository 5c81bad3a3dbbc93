"""The sentence on what other assumptions say, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from silentnps.estimation.agreement import disagreement


def table_of(headline: str, low: float, high: float, **values: float) -> pd.DataFrame:
    rows = [
        {"assumption": name, "value": value, "low": value - 1, "high": value + 1} for name, value in values.items()
    ]
    rows.append({"assumption": headline, "value": (low + high) / 2, "low": low, "high": high})
    rows.append({"assumption": "manski", "low": -100.0, "high": 100.0})
    return pd.DataFrame(rows)


def test_nothing_contradicts_what_lies_inside():
    table = table_of("selection", -4.0, 8.0, survey=8.0, weighted=-4.0, mar=0.0, label_shift=7.9)
    assert disagreement(table, "selection") == (
        "No other assumption contradicts the headline of +2.0: what is assumed about who answers matters little "
        "here."
    )


def test_one_against_the_others():
    table = table_of("selection", -4.0, 8.0, survey=31.26, weighted=1.0, mar=0.0, label_shift=7.0)
    assert disagreement(table, "selection") == (
        "The survey mean (+31.3) differs from the headline (-4.0 to +8.0) by more than the intervals allow; "
        "weighting, missing at random and label shift do not: if the headline's assumption holds, those who "
        "answered are not like the silent."
    )


def test_all_against_and_weighting_says_nothing_that_missing_at_random_does_not():
    table = table_of("selection", -30.0, -20.0, survey=31.0, weighted=8.0, mar=-8.0, label_shift=-40.0)
    assert disagreement(table, "selection") == (
        "The survey mean (+31.0), weighting (+8.0), missing at random (-8.0) and label shift (-40.0) differ from "
        "the headline (-30.0 to -20.0) by more than the intervals allow: if the headline's assumption holds, those "
        "who answered are not like the silent, satisfaction itself seems to drive who answers and features drive "
        "who answers too."
    )


def test_weighting_alone_against():
    table = table_of("selection", 0.0, 8.0, weighted=9.0, mar=8.0)
    assert disagreement(table, "selection") == (
        "Weighting (+9.0) differs from the headline (+0.0 to +8.0) by more than the intervals allow; missing at "
        "random does not: if the headline's assumption holds, what the features explain of "
        "answering is not all there is."
    )


def test_of_calls_the_selection_model_may_be_wrong():
    table = table_of("follow_up", 10.0, 14.0, mar=11.0, selection=2.0)
    words = disagreement(table, "follow_up")
    assert words.startswith(
        "The selection model (+2.0) differs from the headline (+10.0 to +14.0) by more than the"
    )
    assert "; missing at random does not: " in words
    assert words.endswith("the shadow features, or the form of the selection model, fail the test of the calls.")


@pytest.mark.parametrize(("value", "against"), [(8.08, False), (8.09, True), (-4.08, False), (-4.09, True)])
def test_both_intervals_count(value: float, against: bool):
    # Half widths 6 and 1: the square root of 37 is 6.083.
    words = disagreement(table_of("mar", -4.0, 8.0, label_shift=value), "mar")
    assert ("differs" in words) == against
