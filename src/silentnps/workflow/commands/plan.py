"""Plan: how many silent customers to call for a target interval width, and which."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ConfigError, DataError
from silentnps.estimation.follow_up.call_plan import CallPlan, plan_calls
from silentnps.estimation.follow_up.call_simulation import Prospect
from silentnps.estimation.follow_up.words import Frame, sentence
from silentnps.features.engine.expressions import KEYS
from silentnps.outcome.survey_data import FollowUp
from silentnps.storage.atomic import replace_file
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.commands.first_estimate import ensure_estimate
from silentnps.workflow.follow_up import called_since, read_follow_up
from silentnps.workflow.privacy.permissions import not_to_be_called
from silentnps.workflow.watch import QUIET, Watch

ANSWER_RATE = 0.4
"""The share of calls that are answered, where nothing is said and no calls were made."""

_ADDED_CALLS = 10


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
    rows are a random sample too. The order of two customers is always the same, so a longer list begins with the
    shorter one, and a later one goes on where it ended. Customers who were called since the wave asked them (table
    `follow_up`) are not called again: with their answers the plan says how many more to call. Where the width
    cannot be reached, or is reached already, there is no calls.csv.

    Parameters
    ----------
    width
        Target width of the interval, in points.
    answer_rate
        Share of calls that are answered; None: that of the calls made so far (with ten of 0.4 added), or 0.4.
    assurance
        The probability with which the width is kept, in [0.5, 0.9]; None: the width is the expected one.
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
    wave = str(bundle.info["wave"])
    frame, rows = _frame(project, wave, watch)
    level = wish.confidence_level or project.config.estimation.confidence_level
    watch.step(f"simulating calls of {len(rows):,} silent customers")
    calls_plan = plan_calls(
        _prospect(bundle, rows, frame.made, standard_error, wish.answer_rate),
        width=wish.width,
        assurance=wish.assurance,
        prior_sd=project.config.estimation.selection_prior_sd,
        confidence_level=level,
        random_state=project.config.random_state,
    )
    not_called = rows["customer_id"] if frame.made is None else rows.loc[~frame.made.called, "customer_id"]
    order = in_random_order(not_called, f"{project.config.random_state} {wave}")
    to_call = order[: (calls_plan.calls or 0) - frame.n_called] if calls_plan.calls else []
    _write(project, calls_plan, to_call)
    words = sentence(calls_plan, frame, level, assured=wish.assurance is not None)
    return Planned(calls_plan, frame, to_call, words)


def in_random_order(customers: pd.Series, salt: str) -> list[str]:
    """Return ids in an order that is random, and of any two of them the same whoever else is there."""
    ids = customers.astype(str)
    key = hashlib.sha256(salt.encode()).hexdigest()[:16]
    return ids.iloc[
        np.argsort(pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=key), kind="stable")
    ].tolist()


def _refuse_sample(bundle: Bundle) -> None:
    if bundle.info.get("silent_sampled", False):
        raise ConfigError(
            f"plan must have a base that training holds whole; got {bundle.info['n_silent']:,} silent customers, "
            "of whom it holds a sample, and calls are not used there. Estimate a smaller base."
        )


def _standard_error(project: Project, bundle: Bundle) -> float:
    """Return that of the last estimate's NPS of silent customers, in points."""
    return read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"])).silent.standard_error


def _frame(project: Project, wave: str, watch: Watch) -> tuple[Frame, pd.DataFrame]:
    """Return the silent customers who may be called, or were and count in an estimate, and their features."""
    features = read_features(project)
    silent = features[(features["wave"] == wave) & ~features["respondent"].astype(bool)].reset_index(drop=True)
    if silent.empty:
        raise DataError(
            f"{project.features} must hold silent customers of the wave {wave}; got none: nobody stayed silent, so "
            "there is nobody to call. Choose another wave (estimation.wave) and run `silentnps train`."
        )
    made = read_follow_up(project.config, features, silent, watch=watch)
    called = np.zeros(len(silent), dtype=np.bool_) if made is None else made.called
    to_be_left_alone = not_to_be_called(project.config) | called_since(project.config, silent)
    chosen = called | ~silent["customer_id"].isin(to_be_left_alone).to_numpy(dtype=np.bool_)
    made = None if made is None else FollowUp(called[chosen], made.classes[chosen])
    return Frame(int(chosen.sum()), int((~chosen).sum()), made), silent[chosen].reset_index(drop=True)


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
    """Return the share of the calls made so far that were answered, with ten calls at the usual rate added."""
    if made is None:
        return ANSWER_RATE
    return (made.n_answered + _ADDED_CALLS * ANSWER_RATE) / (int(made.called.sum()) + _ADDED_CALLS)


def _write(project: Project, calls_plan: CallPlan, to_call: list[str]) -> None:
    replace_file(project.output / "plan.csv", lambda path: write_csv(calls_plan.table, path))
    calls = project.output / "calls.csv"
    calls.unlink(missing_ok=True)  # of an older plan
    if to_call:
        table = pd.DataFrame({"call": np.arange(1, len(to_call) + 1), "customer_id": to_call})
        replace_file(calls, lambda path: write_csv(table, path))
