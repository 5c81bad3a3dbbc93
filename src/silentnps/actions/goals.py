"""The goals of a list: the class of the customers that it holds, and the columns that people read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GoalName = Literal["recover", "engage", "advocate", "survey"]


@dataclass(frozen=True)
class Goal:
    """A goal: the class that it is for (None: everybody silent), and which reasons say what to do.

    `purpose` says what the list is for, in words.
    """

    name: GoalName
    nps_class: str | None
    reasons: str
    purpose: str


GOALS: dict[str, Goal] = {
    goal.name: goal
    for goal in (
        Goal("recover", "detractor", "reasons_against", "win back customers who are probably detractors"),
        Goal("engage", "passive", "reasons_against", "win over customers who are probably passives"),
        Goal("advocate", "promoter", "reasons_for", "ask probable promoters to recommend"),
        Goal("survey", None, "reasons_against", "ask silent customers, drawn at random"),
    )
}
"""The goals by name."""

LIST_COLUMNS = (
    *("rank", "customer_id", "nps_class", "nps_band", "known_from", "probability", "expected_nps"),
    *("expected_spend", "value", "reasons", "driver", "action", "owner", "effort", "channel", "channel_from"),
    *("contact_on", "status", "done_at", "note"),
)
"""Columns of a list. `probability` is that of `nps_class`; `value` is `probability` times `expected_spend`.

For detractors `value` is the value at risk. `status`, `done_at` and `note` are for the team: `--log` reads them.
"""

TREATED, HOLDOUT = "treated", "holdout"
"""The arms: who is on the list, and who was drawn to be left alone."""

OPEN, DONE, SKIPPED = "open", "done", "skipped"
STATUSES = (OPEN, DONE, SKIPPED)
"""What became of a customer of a list; `skipped` was not contacted."""
