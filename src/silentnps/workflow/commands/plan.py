"""Plan: how many silent customers to call for a target interval width, and which."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ConfigError, DataError
from silentnps.estimation.follow_up.call_plan import CallPlan, Prospect, plan_calls
from silentnps.features.engine.expressions import KEYS
from silentnps.storage.atomic import replace_file
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.commands.first_estimate import ensure_estimate
from silentnps.workflow.privacy.permissions import not_to_be_called
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class Planned:
    """A plan of calls, how many silent customers may be called and how many may not, and the plan in words."""

    plan: CallPlan
    n_reachable: int
    n_opted_out: int
    sentence: str


def plan(
    project: Project,
    *,
    width: float,
    answer_rate: float = 0.4,
    confidence_level: float | None = None,
    watch: Watch = QUIET,
) -> Planned:
    """Plan the calls of the model's wave; write plan.csv, and calls.csv with whom to call.

    The estimate is made first if none was made.

    The frame is the silent customers who did not opt out. calls.csv has them in random order, so that its first
    rows are a random sample too; with the same configuration a longer list begins with the shorter one. Where the
    width cannot be reached there is no calls.csv.

    Parameters
    ----------
    width
        Target width of the interval, in points.
    answer_rate
        Share of calls that are answered.
    confidence_level
        Of the interval; that of the configuration if None.
    """
    ensure_estimate(project, watch=watch)
    return _plan(project, width, answer_rate, confidence_level, watch)


@one_at_a_time
def _plan(
    project: Project, width: float, answer_rate: float, confidence_level: float | None, watch: Watch
) -> Planned:
    watch.step("reading the silent customers")
    bundle = load_bundle(project.model)
    _refuse_sample(bundle)
    estimate = read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"]))
    silent = _silent(project, str(bundle.info["wave"]))
    out = not_to_be_called(project.config)
    reachable = silent[~silent["customer_id"].isin(out)].reset_index(drop=True)
    level = confidence_level or project.config.estimation.confidence_level
    watch.step(f"simulating calls of {len(reachable):,} silent customers")
    calls_plan = plan_calls(
        _prospect(bundle, reachable, estimate.silent.standard_error, answer_rate),
        width=width,
        prior_sd=project.config.estimation.selection_prior_sd,
        confidence_level=level,
        random_state=project.config.random_state,
    )
    _write(project, calls_plan, reachable["customer_id"])
    n_opted_out = len(silent) - len(reachable)
    return Planned(
        calls_plan, len(reachable), n_opted_out, _sentence(calls_plan, len(reachable), n_opted_out, level)
    )


def _refuse_sample(bundle: Bundle) -> None:
    if bundle.info.get("silent_sampled", False):
        raise ConfigError(
            f"plan must have a base that training holds whole; got {bundle.info['n_silent']:,} silent customers, "
            "of whom it holds a sample, and calls are not used there. Estimate a smaller base."
        )


def _silent(project: Project, wave: str) -> pd.DataFrame:
    frame = read_features(project)
    rows = frame[(frame["wave"] == wave) & ~frame["respondent"].astype(bool)]
    if rows.empty:
        raise DataError(
            f"{project.features} must hold silent customers of the wave {wave}; got none: nobody stayed silent, so "
            "there is nobody to call. Choose another wave (estimation.wave) and run `silentnps train`."
        )
    return rows.reset_index(drop=True)


def _prospect(bundle: Bundle, silent: pd.DataFrame, standard_error: float, answer_rate: float) -> Prospect:
    features = bundle.complete(silent.drop(columns=list(KEYS)))
    return Prospect(
        law=bundle.silent_probabilities(features, silent["invited"].to_numpy(dtype=np.bool_)),
        log_odds=bundle.selection.log_odds(bundle.driver_encoder.transform(features)),
        standard_error=standard_error,
        gamma=bundle.selection.gamma,
        answer_rate=answer_rate,
    )


def _write(project: Project, calls_plan: CallPlan, reachable: pd.Series) -> None:
    replace_file(project.output / "plan.csv", lambda path: write_csv(calls_plan.table, path))
    calls = project.output / "calls.csv"
    calls.unlink(missing_ok=True)  # of an older plan
    if calls_plan.calls is None:
        return
    order = np.random.default_rng(project.config.random_state).permutation(len(reachable))[: calls_plan.calls]
    table = pd.DataFrame({"call": np.arange(1, len(order) + 1), "customer_id": reachable.iloc[order].to_numpy()})
    replace_file(calls, lambda path: write_csv(table, path))


def _sentence(calls_plan: CallPlan, n_reachable: int, n_opted_out: int, level: float) -> str:
    interval = f"{100 * level:g} % interval"
    frame = f"silent customers{f' who did not opt out ({n_opted_out:,} did)' if n_opted_out else ''}"
    if calls_plan.calls is None:
        return (
            f"An interval of {calls_plan.width:g} points cannot be reached: calling all {n_reachable:,} {frame} "
            f"gives a {interval} of {calls_plan.width_of_all:.1f} points. For a list of calls, ask for"
            f" --width {math.ceil(calls_plan.width_of_all or 0)} or more."
        )
    return (
        f"Call {calls_plan.calls:,} of the {n_reachable:,} {frame}, drawn at random; if {calls_plan.answers:,} "
        f"answer, expect a {interval} of {calls_plan.width_expected:.1f} points: at most {calls_plan.width:g} in "
        "80 of 100 cases."
    )
