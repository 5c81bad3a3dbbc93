"""A plan in words: before any call, half way, done, out of reach."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.estimation.follow_up.call_plan import CallPlan
from silentnps.estimation.follow_up.words import Frame, sentence
from silentnps.outcome.survey_data import FollowUp

REACHED = CallPlan(1500, 600, 10.0, 0.8, 10.0, 10.84, None, pd.DataFrame())
CANNOT = CallPlan(None, None, 5.0, 0.9, None, None, 6.32, pd.DataFrame())


def after(n_called: int, n_answered: int) -> Frame:
    """Return 4,000 customers, of whom some were called and some of these answered."""
    called, answered = (np.arange(4000) < n for n in (n_called, n_answered))
    return Frame(4000, 0, FollowUp(called, np.where(answered, 2, -1)))


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        (
            Frame(4000, 0, None),
            "Call 1,500 of the 4,000 silent customers, drawn at random; if 600 answer, expect",
        ),
        (
            Frame(4000, 1200, None),
            "Call 1,500 of the 4,000 silent customers who did not opt out (1,200 did), drawn at random; if 600 "
            "answer, expect",
        ),
        (
            after(1, 1),
            "Of the 4,000 silent customers, 1 customer was called so far, and answered. Call 1,499 more, drawn at "
            "random; if 599 of them answer, expect",
        ),
        (
            after(1499, 599),
            "Of the 4,000 silent customers, 1,499 were called so far, of whom 599 answered. Call 1 more, drawn at "
            "random; if 1 of them answers, expect",
        ),
        (
            after(800, 311),
            "Of the 4,000 silent customers, 800 were called so far, of whom 311 answered. Call 700 more, drawn at "
            "random; if 289 of them answer, expect",
        ),
        (
            after(1500, 600),
            "Of the 4,000 silent customers, 1,500 were called so far, of whom 600 answered. Nobody else needs to "
            "be called: expect",
        ),
    ],
)
def test_a_plan_says_whom_to_call_and_what_to_expect(frame: Frame, wanted: str):
    interval = " a 95 % interval of 10.0 points, and of at most 10.8 in 80 of 100 cases."
    assert sentence(REACHED, frame, 0.95, assured=False) == wanted + interval


@pytest.mark.parametrize(("assured", "most"), [(True, " or less in 90 of 100 cases"), (False, "")])
def test_what_cannot_be_reached_names_a_width_that_can(assured: bool, most: str):
    assert sentence(CANNOT, Frame(4000, 0, None), 0.9, assured=assured) == (
        "An interval of 5 points cannot be reached: calling all 4,000 silent customers gives a 90 % interval of "
        f"6.3 points{most}. For a list of calls, ask for --width 7 or more."
    )


def test_where_all_were_called_no_list_is_promised():
    assert sentence(CANNOT, after(4000, 1500), 0.95, assured=False) == (
        "An interval of 5 points cannot be reached: all 4,000 silent customers were called, which gives a 95 % "
        "interval of 6.3 points."
    )
