"""A plan of calls in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from silentnps.estimation.follow_up.call_plan import CallPlan
from silentnps.outcome.survey_data import FollowUp


@dataclass(frozen=True)
class Frame:
    """The silent customers who may be called: how many, how many others opted out, and the calls made so far."""

    n_reachable: int
    n_opted_out: int
    made: FollowUp | None

    @property
    def n_called(self) -> int:
        """Return how many were called already."""
        return 0 if self.made is None else int(self.made.called.sum())

    @property
    def n_answered(self) -> int:
        """Return how many of them answered the call."""
        return 0 if self.made is None else self.made.n_answered

    @property
    def words(self) -> str:
        """Return who may be called, as text."""
        out = f" who did not opt out ({self.n_opted_out:,} did)" if self.n_opted_out else ""
        return f"{self.n_reachable:,} silent customers{out}"


def sentence(plan: CallPlan, frame: Frame, level: float, *, assured: bool) -> str:
    """Say how many to call, and what interval to expect then.

    `assured` says whether the width is to be kept with the plan's assurance, or is the expected one.
    """
    interval, cases = f"{100 * level:g} % interval", f"in {100 * plan.assurance:g} of 100 cases"
    if plan.calls is None:
        most = f" or less {cases}" if assured else ""
        of_all = f"gives a {interval} of {plan.width_of_all:.1f} points{most}."
        cannot = f"An interval of {plan.width:g} points cannot be reached"
        if frame.n_called == frame.n_reachable:
            return f"{cannot}: all {frame.words} were called, which {of_all}"
        wider = f"For a list of calls, ask for --width {math.ceil(plan.width_of_all or 0)} or more."
        return f"{cannot}: calling all {frame.words} {of_all} {wider}"
    widths = f"{plan.width_expected:.1f} points, and of at most {plan.width_assured:.1f} {cases}"
    return f"{_calls(plan, frame)} a {interval} of {widths}."


def _calls(plan: CallPlan, frame: Frame) -> str:
    """Return how many to call, up to the interval."""
    calls, answers = plan.calls or 0, plan.answers or 0
    if not frame.n_called:
        return f"Call {calls:,} of the {frame.words}, drawn at random; if {answers:,} answer, expect"
    so_far = f"Of the {frame.words}, {_so_far(frame)}."
    if calls <= frame.n_called:
        return f"{so_far} Nobody else needs to be called: expect"
    more, further = calls - frame.n_called, answers - frame.n_answered
    return f"{so_far} Call {more:,} more, drawn at random; if {further:,} of them {_answer(further)}, expect"


def _so_far(frame: Frame) -> str:
    """Return how many were called, and how many of them answered."""
    if frame.n_called == 1:
        return f"1 customer was called so far, and {'answered' if frame.n_answered else 'did not answer'}"
    return f"{frame.n_called:,} were called so far, of whom {frame.n_answered:,} answered"


def _answer(n: int) -> str:
    return "answers" if n == 1 else "answer"
