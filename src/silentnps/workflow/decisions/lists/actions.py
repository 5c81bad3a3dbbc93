"""Actions: a list of customers to contact for a goal, from their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from silentnps.actions.candidates import described, of_goal
from silentnps.actions.goals import GOALS, Goal
from silentnps.actions.ledger import Rests, at_rest, without_list
from silentnps.actions.list_files import write_list
from silentnps.actions.make_list import MadeList, Order, make_list
from silentnps.actions.playbook import read_playbook
from silentnps.actions.scored import read_scored
from silentnps.config import ActionsConfig
from silentnps.errors import ConfigError, DataError
from silentnps.features.windows import SECONDS_PER_DAY
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.decisions.lists.customer_facts import CustomerFacts, customer_facts
from silentnps.workflow.decisions.lists.files import (
    actions_folder,
    read_ledger,
    write_holdout,
    write_ledger,
    write_table,
)
from silentnps.workflow.privacy.forgotten import read_forgotten
from silentnps.workflow.privacy.permissions import not_to_be_acted_on, not_to_be_called
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class Listed:
    """A list as it was written: its rows, its files, how many were held out, eligible, and left out by reason.

    `value` is the sum of its values, None where no spend is known; `spend_from` says what spend is.
    """

    goal: Goal
    on: date
    table: pd.DataFrame
    files: tuple[Path, ...]
    holdout: Path
    n_held_out: int
    n_eligible: int
    left_out: dict[str, int]
    value: float | None
    spend_from: str


@dataclass(frozen=True)
class Scores:
    """The scores that a list is made from, where they are of the base at a moment, and their last `as_of`."""

    table: pd.DataFrame
    at_moment: bool
    as_of: pd.Timestamp


@one_at_a_time
def list_actions(
    project: Project,
    goal: str,
    *,
    top: int | None = None,
    on: date | None = None,
    formats: Sequence[str] = ("xlsx",),
    watch: Watch = QUIET,
) -> Listed:
    """Write the list of a goal into actions/, and into the ledger who is on it and who is held out.

    The newest scores count: those of the wave, or of the base at a moment. A list that is made again for the same
    day replaces the earlier one, unless something was done by it.

    Parameters
    ----------
    top
        The most customers on the list, in place of `actions.capacity`.
    on
        The day of the list; by default that of the scores.

    Raises
    ------
    ConfigError
        If the playbook is none, or the day is before the scores.
    DataError
        If there are no scores or features, nobody is left to be on the list, or it was worked on.
    """
    playbook = read_playbook(project.config.actions.playbook)
    watch.step("reading the scores")
    scores = newest_scores(project)
    asked, config = GOALS[goal], project.config.actions
    day = _day_of(scores, on)
    order = Order(
        asked, day, top or config.capacity, config.holdout_share, project.config.random_state, config.weekends
    )
    earlier = without_list(read_ledger(project), goal, day)
    people, left_out = _eligible(project, scores, asked, at_rest(earlier, goal, day, rests_of(config)))
    watch.step("reading spend and channels")
    facts = _facts_on(project, people, scores, day)
    watch.step("writing the list")
    known = described(people, asked, named=playbook.drivers_of(order.rules))
    made = make_list(pd.concat([known, facts.table.drop(columns="customer_id")], axis=1), order, playbook)
    ledger = pd.concat([earlier, made.ledger]) if len(earlier) else made.ledger
    about = _about(order, made, len(people), left_out, facts.spend_from, scores)
    folder = actions_folder(project)
    files = tuple(_write(folder / f"{goal}.{kind}", made.table, kind, about) for kind in dict.fromkeys(formats))
    write_ledger(project, ledger)
    holdout = write_holdout(project, ledger, day, rests_of(config).holdout)
    value = made.table["value"].sum() if made.table["value"].notna().any() else None
    return Listed(
        asked, day, made.table, files, holdout, made.n_held_out, len(people), left_out, value, facts.spend_from
    )


def _write(path: Path, table: pd.DataFrame, kind: str, about: dict[str, str]) -> Path:
    return write_table(path, lambda new: write_list(table, new, kind=kind, about=about))


def _day_of(scores: Scores, on: date | None) -> date:
    known = scores.as_of.date()
    if on is not None and on < known:
        raise ConfigError(
            f"--on must be a day on which the scores were known, {known} or later; got {on}. Leave it out, or score"
            " an earlier moment."
        )
    return on or known


def rests_of(config: ActionsConfig) -> Rests:
    """Return how long customers are left alone."""
    return Rests(config.period_days, config.cooldown_days, max(config.read_back_days, config.period_days))


def newest_scores(project: Project) -> Scores:
    """Return the scores whose features are newer: of the wave, or of the base at a moment.

    Raises
    ------
    DataError
        If there are none, or they are damaged.
    """
    found = []
    there = [folder for folder in (project.scores, project.scores_as_of) if folder.is_dir()]
    for folder in there or [project.scores]:
        with MadeFile(folder, "score").reading():
            table = read_scored(folder)
        if len(table):
            found.append(Scores(table, folder == project.scores_as_of, table["as_of"].max()))
    if not found:
        raise DataError(f"{project.scores} must have scores of customers; got none. Run `silentnps score` again.")
    return max(found, key=lambda scores: (scores.as_of, not scores.at_moment))


def barred_from(project: Project, goal: Goal, ids: pd.Series) -> dict[str, frozenset[str]]:
    """Return who must not be contacted, by why: opted out, or forgotten."""
    allowed = not_to_be_called if goal.nps_class is None else not_to_be_acted_on
    record = read_forgotten(project)
    return {
        "opted out": allowed(project.config),
        "forgotten": frozenset() if record is None else record.among(ids.astype(str)),
    }


_WHY = {
    "holdout": "held out of an earlier list",
    "period": "contacted lately for some goal",
    "cooldown": "contacted for this goal",
}


def _eligible(
    project: Project, scores: Scores, goal: Goal, rest: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the scores of those who may be on the list, and how many others there are by reason."""
    people = of_goal(scores.table, goal, respondents=project.config.actions.respondents)
    causes = {
        **barred_from(project, goal, people["customer_id"]),
        **{words: frozenset(rest.loc[rest["why"] == why, "customer_id"]) for why, words in _WHY.items()},
    }
    left_out = {}
    for words, ids in causes.items():
        out = people["customer_id"].isin(ids)
        left_out[words] = int(out.sum())
        people = people[~out]
    if people.empty:
        raise DataError(
            f"a list to {goal.name} must have customers; got none of {len(scores.table):,} scored"
            f" customers who may be on it ({_in_words(left_out) or 'none of the class'}). Score again, or take a"
            " later day with --on."
        )
    return people, {words: n for words, n in left_out.items() if n}


def _facts_on(project: Project, people: pd.DataFrame, scores: Scores, day: date) -> CustomerFacts:
    """Return what is known of customers; days since their order up to the day of the list."""
    wave = str(people["wave"].iloc[0])
    facts = customer_facts(project, people["customer_id"], wave, as_of=scores.at_moment)
    later = (pd.Timestamp(day) - people["as_of"].reset_index(drop=True)).dt.total_seconds() / SECONDS_PER_DAY
    days = (facts.table["days_since_order"] + later.clip(lower=0.0)).to_numpy()
    return CustomerFacts(facts.table.assign(days_since_order=days), facts.spend_from)


def _about(
    order: Order, made: MadeList, n_eligible: int, left_out: dict[str, int], spend_from: str, scores: Scores
) -> dict[str, str]:
    return {
        "goal": f"{order.goal.name}: {order.goal.purpose}",
        "day": order.on.isoformat(),
        "customers": f"{len(made.table):,} of {n_eligible:,} who may be contacted",
        "held out": f"{made.n_held_out:,} drawn at random, who show what would have been without the list",
        "left out": _in_words(left_out) or "nobody",
        "order": "at random" if order.goal.nps_class is None else "by value: probability times expected spend",
        "expected spend": spend_from or "not known",
        "scores of": f"{scores.as_of:%Y-%m-%d %H:%M} UTC",
        "probability": "of the class, given what is known of the customer; that the class is right is not certain",
        "reasons": "what the model found beside the score; they say where to look, not what an action would bring",
        "to fill in": "status (open, done or skipped), done at and note; silentnps actions --log reads them",
    }


def _in_words(left_out: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {words}" for words, n in left_out.items() if n)
