"""What other assumptions say, by hand: no agreement without an interval that could have shown a difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.estimation.checks.agreement import with_differences
from silentnps.estimation.wording.disagreement import describe_disagreement

NOISE = np.random.default_rng(0).normal(size=40)


def table_of(headline: str, low: float, high: float, **values: float) -> pd.DataFrame:
    rows = [{"assumption": name, "value": x, "low": x - 20, "high": x + 20} for name, x in values.items()]
    rows.append({"assumption": headline, "value": (low + high) / 2, "low": low, "high": high})
    rows.append({"assumption": "manski", "low": -100.0, "high": 100.0})
    return pd.DataFrame(rows)


def compared(headline: str, low: float, high: float, spread: float, **values: float) -> pd.DataFrame:
    """Return a table whose assumptions differ from the headline by `spread` from replicate to replicate."""
    shared, own = 10 * NOISE[::-1], NOISE / NOISE.std(ddof=1)
    draws = {headline: shared, **{name: shared + value + spread * own for name, value in values.items()}}
    return with_differences(table_of(headline, low, high, **values), headline, draws)


def test_a_survey_inside_a_wide_interval_is_no_agreement():
    # A survey of +34.6 beside a headline of +19.1 (-1.7 to 39.9); the t quantile of 39 degrees is 2.0227.
    table = compared("selection", -1.7, 39.9, 8.0, survey=34.6, mar=27.0)
    words = describe_disagreement(table, "selection")
    assert words == (
        "Whether the survey mean (+34.6; difference -5.3 to +36.3) and missing at random (+27.0; difference -8.3 "
        "to +24.1) differ from the headline of +19.1 by 5 points or more, these data cannot tell."
    )
    assert "matters little" not in words


def test_all_within_what_matters_agree():
    table = compared("selection", 0.0, 4.0, 0.5, survey=3.0, weighted=1.0, mar=2.5, label_shift=2.0)
    assert describe_disagreement(table, "selection") == (
        "Every other assumption lies within 5 points of the headline of +2.0, its interval counted: the survey "
        "mean (+3.0), weighting (+1.0), missing at random (+2.5) and label shift (+2.0). What is assumed about who "
        "answers matters little here."
    )


def test_contradicting_unknown_and_agreeing_assumptions_have_their_sentences():
    table = compared("selection", -4.0, 8.0, 0.5, survey=31.26, mar=1.0)
    extra = compared("selection", -4.0, 8.0, 9.0, label_shift=7.0)
    joined = pd.concat([table, extra[extra["assumption"] == "label_shift"]])
    assert describe_disagreement(joined, "selection") == (
        "The survey mean (+31.3) differs from the headline (-4.0 to +8.0) by more than chance explains: if the "
        "headline's assumption holds, those who answered are not like the silent. Whether label shift (+7.0; "
        "difference -13.2 to +23.2) differs from the headline of +2.0 by 5 points or more, these data cannot tell. "
        "Missing at random (+1.0) agrees with it within 5 points."
    )


def test_weighting_says_nothing_that_missing_at_random_does_not():
    table = compared("selection", -30.0, -20.0, 0.5, weighted=8.0, mar=-8.0)
    assert describe_disagreement(table, "selection").endswith(
        "holds, satisfaction itself seems to drive who answers."
    )
    alone = describe_disagreement(compared("selection", -30.0, -20.0, 0.5, weighted=8.0), "selection")
    assert alone.endswith("holds, what the features explain of answering is not all there is.")


@pytest.mark.parametrize("half", [5.1, 20.0, 100.0])
def test_however_near_the_values_wide_intervals_never_reassure(half: float):
    table = compared("mar", 2.0 - half, 2.0 + half, half / 2, survey=2.0, weighted=2.0, label_shift=2.0)
    for words in (describe_disagreement(table, "mar"), describe_disagreement(table.drop(columns="verdict"), "mar")):
        assert "matters little" not in words
        assert "agree" not in words
        assert "cannot tell" in words
