"""How far other assumptions lie from the headline, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silentnps.estimation.checks.agreement import with_differences
from silentnps.estimation.formulas.verdict import judge

NOISE = np.random.default_rng(0).normal(size=40)


def table_of(headline: str, low: float, high: float, **values: float) -> pd.DataFrame:
    rows = [{"assumption": name, "value": x, "low": x - 20, "high": x + 20} for name, x in values.items()]
    rows.append({"assumption": headline, "value": (low + high) / 2, "low": low, "high": high})
    rows.append({"assumption": "manski", "low": -100.0, "high": 100.0})
    return pd.DataFrame(rows)


def test_the_difference_of_the_survey_is_as_uncertain_as_the_headline():
    table = table_of("selection", -1.7, 39.9, survey=34.6)
    rows = with_differences(table, "selection", {}).set_index("assumption")
    assert rows.loc["survey", ["difference_low", "difference_high"]].tolist() == pytest.approx([-5.3, 36.3])
    assert rows.loc["survey", "verdict"] == "cannot tell"


def test_what_matters_is_chosen():
    draws = {"selection": NOISE, "mar": NOISE + 2.0 + np.tile([-0.1, 0.1], 20)}
    table = table_of("selection", 0.0, 4.0, mar=4.0)
    verdicts = {
        size: with_differences(table, "selection", draws, matters=size)
        .set_index("assumption")
        .loc["mar", "verdict"]
        for size in (5.0, 1.0)
    }
    assert verdicts == {5.0: "agrees", 1.0: "contradicts"}


def test_differences_are_those_within_replicates():
    # Two numbers that move together by 40 points still differ by 12 in every replicate.
    draws = {"selection": 40 * NOISE, "mar": 40 * NOISE + 12 + np.tile([-1.0, 1.0], 20)}
    found = with_differences(table_of("selection", -70.0, 90.0, mar=22.0), "selection", draws)
    row = found.set_index("assumption").loc["mar"]
    # t quantile at 0.975 of 39 degrees 2.02269; sd of the differences sqrt(40 / 39)
    assert row["difference_high"] == pytest.approx(12 + 2.02269 * (40 / 39) ** 0.5, abs=1e-4)
    assert row["verdict"] == "contradicts"


def test_calls_count_as_independent_of_the_models():
    # Half widths 2 and 20: the square root of 404 is 20.1.
    table = table_of("follow_up", 10.0, 14.0, mar=33.0, selection=31.0)
    rows = with_differences(table, "follow_up", {"mar": NOISE}).set_index("assumption")
    assert rows.loc["mar", "difference_high"] == pytest.approx(21 + 404**0.5)
    found = rows["verdict"].to_dict()
    assert found == {"mar": "contradicts", "selection": "cannot tell", "follow_up": "", "manski": ""}


@given(st.floats(-200, 200), st.floats(0, 200), st.floats(0.1, 50))
def test_a_verdict_is_never_more_than_its_interval_allows(middle: float, half: float, matters: float):
    low, high = middle - half, middle + half
    verdict = judge(low, high, matters=matters)
    if verdict == "agrees":
        assert max(abs(low), abs(high)) <= matters
    elif verdict == "contradicts":
        assert low > 0 or high < 0
    else:
        assert low <= 0 <= high
        assert max(abs(low), abs(high)) > matters
    assert judge(-high, -low, matters=matters) == verdict
