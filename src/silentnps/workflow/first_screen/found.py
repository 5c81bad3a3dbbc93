"""What the report tells of other commands: what can be done about drivers, segments that differ, the last lists."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from silentnps.actions.goals import DONE, GOALS, HOLDOUT, TREATED
from silentnps.actions.playbook import Playbook
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.lists.files import read_ledger

LIST_COLUMNS = ("goal", "listed_on", "n_listed", "n_held_out", "n_done", "value")
_LOWERED = "detractor"


def with_actions(reach: pd.DataFrame, playbook: Playbook) -> pd.DataFrame:
    """Return drivers with what the playbook does where they lower a score: action, owner, effort; else empty."""
    named = playbook.drivers_of(_LOWERED)
    rules = [playbook.rule_of(_LOWERED, name) if name in named else None for name in reach["driver"]]
    return reach.assign(
        **{
            part: [getattr(rule, part) if rule is not None else "" for rule in rules]
            for part in ("action", "owner", "effort")
        }
    )


def compared_segments(project: Project, *, model_digest: str) -> tuple[str, ...]:
    """Return the sentences of the last comparison of segments; none without one, or for another model's.

    Raises
    ------
    DataError
        If it is damaged.
    """
    if not project.comparison.exists():
        return ()
    with MadeFile(project.comparison, "compare").reading():
        values = json.loads((project.comparison / "compare.json").read_text(encoding="utf-8"))
        if values.get("model_digest") != model_digest:
            return ()
        return tuple(str(sentence) for sentence in values["sentences"])


def last_lists(project: Project) -> pd.DataFrame:
    """Return the last list of each goal, columns `LIST_COLUMNS`, in the order of the goals.

    `value` is the sum of probability times expected spend of those on it, NaN where no spend is known.
    """
    ledger = read_ledger(project)
    rows = []
    for goal in GOALS:
        of_goal = ledger[ledger["goal"] == goal]
        last = of_goal[of_goal["listed_on"] == of_goal["listed_on"].max()]
        listed = last[last["arm"] == TREATED]
        if len(listed):
            values = (listed["probability"] * listed["expected_spend"]).to_numpy(dtype=np.float64)
            value = float(np.nansum(values)) if np.isfinite(values).any() else np.nan
            day, held = listed["listed_on"].iloc[0].date().isoformat(), int((last["arm"] == HOLDOUT).sum())
            rows.append((goal, day, len(listed), held, int((listed["status"] == DONE).sum()), value))
    return pd.DataFrame(rows, columns=list(LIST_COLUMNS))
