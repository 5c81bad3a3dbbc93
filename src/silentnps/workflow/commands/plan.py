"""Plan: how many silent customers to call for a target interval width, and which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ConfigError, DataError
from silentnps.estimation.follow_up.call_plan import CallPlan, plan_calls
from silentnps.estimation.follow_up.call_simulation import Prospect
from silentnps.estimation.follow_up.estimate import FEWEST_FOLLOW_UP_ANSWERS
from silentnps.estimation.follow_up.words import Frame, sentence
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.arrays import Booleans
from silentnps.outcome.survey_data import FollowUp
from silentnps.storage.atomic import replace_file
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.commands.first_estimate import ensure_estimate
from silentnps.workflow.follow_up import read_follow_up
from silentnps.workflow.privacy.permissions import not_to_be_called
from silentnps.workflow.watch import QUIET, Watch

ANSWER_RATE = 0.4
"""The share of calls that are answered, where nothing is said and fewer than 10 calls were answered."""


@dataclass(frozen=True)
class Planned:
    """A plan of calls, among whom, the ids to call next in their order, and the plan in words."""

    plan: CallPlan
    frame: Frame
    to_call: list[str]
    sentence: str


def plan(
    project: Project,
    *,
    width: float,
    answer_rate: float | None = None,
    assurance: float | None = None,
    confidence_level: float | None = None,
    watch: Watch = QUIET,
) -> Planned:
    """Plan the calls of the model's wave; write plan.csv, and calls.csv with whom to call.

    The estimate is made first if none was made.

    The frame is the silent customers who did not opt out. calls.csv has them in random order, so that its first
    rows are a random sample too; with the same configuration a longer list begins with the shorter one. Customers
    whose calls are in the table `follow_up` are not called again: with their answers the plan says how many more
    to call. Where the width cannot be reached, or is reached already, there is no calls.csv.

    Parameters
    ----------
    width
        Target width of the interval, in points.
    answer_rate
        Share of calls that are answered; None: that of the calls made so far, or 0.4 with fewer than 10 answers.
    assurance
        The probability with which the width is kept, in [0.5, 0.95]; None: the width is the expected one.
    confidence_level
        Of the interval; that of the configuration if None.
    """
    ensure_estimate(project, watch=watch)
    return _plan(project, _Wish(width, answer_rate, assurance, confidence_level), watch)


@dataclass(frozen=True)
class _Wish:
    """What was asked for."""

    width: float
    answer_rate: float | None
    assurance: float | None
    confidence_level: float | None


@one_at_a_time
def _plan(project: Project, wish: _Wish, watch: Watch) -> Planned:
    watch.step("reading the silent customers")
    bundle = load_bundle(project.model)
    _refuse_sample(bundle)
    standard_error = _standard_error(project, bundle)
    silent = _silent(project, str(bundle.info["wave"]))
    may_be_called = ~silent["customer_id"].isin(not_to_be_called(project.config)).to_numpy(dtype=np.bool_)
    reachable = silent[may_be_called].reset_index(drop=True)
    made = _made(project, silent, may_be_called, watch)
    level = wish.confidence_level or project.config.estimation.confidence_level
    watch.step(f"simulating calls of {len(reachable):,} silent customers")
    calls_plan = plan_calls(
        _prospect(bundle, reachable, made, standard_error, wish.answer_rate),
        width=wish.width,
        assurance=wish.assurance,
        prior_sd=project.config.estimation.selection_prior_sd,
        confidence_level=level,
        random_state=project.config.random_state,
    )
    frame = Frame(len(reachable), len(silent) - len(reachable), made)
    to_call = _next_calls(project, reachable["customer_id"], made, calls_plan.calls)
    _write(project, calls_plan, to_call)
    return Planned(
        calls_plan, frame, to_call, sentence(calls_plan, frame, level, assured=wish.assurance is not None)
    )


def _refuse_sample(bundle: Bundle) -> None:
    if bundle.info.get("silent_sampled", False):
        raise ConfigError(
            f"plan must have a base that training holds whole; got {bundle.info['n_silent']:,} silent customers, "
            "of whom it holds a sample, and calls are not used there. Estimate a smaller base."
        )


def _standard_error(project: Project, bundle: Bundle) -> float:
    """Return that of the last estimate's NPS of silent customers, in points."""
    return read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"])).silent.standard_error


def _silent(project: Project, wave: str) -> pd.DataFrame:
    frame = read_features(project)
    rows = frame[(frame["wave"] == wave) & ~frame["respondent"].astype(bool)]
    if rows.empty:
        raise DataError(
            f"{project.features} must hold silent customers of the wave {wave}; got none: nobody stayed silent, so "
            "there is nobody to call. Choose another wave (estimation.wave) and run `silentnps train`."
        )
    return rows.reset_index(drop=True)


def _made(project: Project, silent: pd.DataFrame, may_be_called: Booleans, watch: Watch) -> FollowUp | None:
    """Return the calls that were made so far, aligned with those who may be called; None if there are none."""
    made = read_follow_up(project.config, read_features(project), silent, watch=watch)
    if made is None or not made.called[may_be_called].any():
        return None
    return FollowUp(made.called[may_be_called], made.classes[may_be_called])


def _prospect(
    bundle: Bundle, silent: pd.DataFrame, made: FollowUp | None, standard_error: float, answer_rate: float | None
) -> Prospect:
    features = bundle.complete(silent.drop(columns=list(KEYS)))
    return Prospect(
        law=bundle.silent_probabilities(features, silent["invited"].to_numpy(dtype=np.bool_)),
        log_odds=bundle.selection.log_odds(bundle.driver_encoder.transform(features)),
        standard_error=standard_error,
        gamma=bundle.selection.gamma,
        answer_rate=_answer_rate(made) if answer_rate is None else answer_rate,
        made=made,
    )


def _answer_rate(made: FollowUp | None) -> float:
    """Return the share of the calls made so far that were answered."""
    if made is None or made.n_answered < FEWEST_FOLLOW_UP_ANSWERS:
        return ANSWER_RATE
    return made.n_answered / int(made.called.sum())


def _next_calls(project: Project, reachable: pd.Series, made: FollowUp | None, calls: int | None) -> list[str]:
    """Return whom to call next, in this order: the same random order in every plan, without those called."""
    order = np.random.default_rng(project.config.random_state).permutation(len(reachable))
    n_made = 0
    if made is not None:
        order, n_made = order[~made.called[order]], int(made.called.sum())
    return [] if calls is None else [str(one) for one in reachable.iloc[order[: calls - n_made]]]


def _write(project: Project, calls_plan: CallPlan, to_call: list[str]) -> None:
    replace_file(project.output / "plan.csv", lambda path: write_csv(calls_plan.table, path))
    calls = project.output / "calls.csv"
    calls.unlink(missing_ok=True)  # of an older plan
    if to_call:
        table = pd.DataFrame({"call": np.arange(1, len(to_call) + 1), "customer_id": to_call})
        replace_file(calls, lambda path: write_csv(table, path))
