"""Backtest: had the model been used at each wave, how right would it have been at the next?"""

from __future__ import annotations

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.numerics.parallel import one_thread
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.commands.first_estimate import ensure_estimate
from silentnps.workflow.decisions.backtest.answers import (
    predict_answers,
    table_of_metrics,
    table_of_shares,
    table_of_shifts,
    table_of_transitions,
    table_of_waves,
)
from silentnps.workflow.decisions.backtest.files import write_backtest
from silentnps.workflow.decisions.backtest.later import follow, usual_days
from silentnps.workflow.decisions.backtest.result import Backtest
from silentnps.workflow.decisions.backtest.truth import read_truth
from silentnps.workflow.decisions.backtest.waves import Customers, replicates_of, train_as_then
from silentnps.workflow.privacy.permissions import not_to_be_scored
from silentnps.workflow.watch import QUIET, Watch

USUAL_WAVES = 2
"""How many of the newest waves are predicted."""


def backtest(
    project: Project,
    *,
    waves: int = USUAL_WAVES,
    days: int | None = None,
    watch: Watch = QUIET,
) -> Backtest:
    """Train the model again as each wave would have had it, hold it to the next one, write backtest/ and return it.

    Parameters
    ----------
    waves
        How many waves are predicted, the newest ones.
    days
        How long customers are followed after a wave; if None 90, or up to the next wave.

    Raises
    ------
    DataError, ModelError
        If there are not two waves with answers enough, the base is a large one, or the model, its features or its
        estimate are missing, damaged or of others.
    """
    ensure_estimate(project, watch=watch)
    return _backtest(project, waves, days, watch)


@one_at_a_time
def _backtest(project: Project, waves: int, days: int | None, watch: Watch) -> Backtest:
    watch.step("reading the model")
    bundle = load_bundle(project.model)
    with one_thread():  # small matrices: threads that wait for each other cost more than they give
        found = compute_backtest(project, bundle, waves=waves, days=days, watch=watch)
    watch.step("writing the backtest")
    write_backtest(project, found, bundle)
    return found


def compute_backtest(
    project: Project, bundle: Bundle, *, waves: int = USUAL_WAVES, days: int | None = None, watch: Watch = QUIET
) -> Backtest:
    """Return the backtest of a model, and write nothing; see `backtest`."""
    config, level = project.config, project.config.estimation.confidence_level
    customers = Customers.of(project, bundle)
    pairs = customers.pairs(waves)
    then = train_as_then(project, bundle, customers, pairs, watch)
    watch.step("comparing with what was answered")
    predicted, truth = predict_answers(customers, then, pairs), read_truth(config, customers.frame)
    barred = not_to_be_scored(config)
    shifts = table_of_shifts(customers, then, pairs, barred, level)
    of_waves = table_of_waves(customers, then, pairs, predicted, truth, level)
    shares, metrics = table_of_shares(predicted, level), table_of_metrics(predicted, config, level)
    watch.step("following the customers")
    days = days or usual_days(customers, list(then))
    later = follow(customers, then, config, days=days, barred=barred, confidence_level=level)
    return Backtest(
        waves=of_waves,
        shares=shares,
        metrics=metrics,
        behaviour=later.table,
        transitions=table_of_transitions(customers, pairs, config, level),
        shifts=shifts,
        days=days,
        notes=[*_notes(project, bundle, customers), *later.notes],
    )


def _notes(project: Project, bundle: Bundle, customers: Customers) -> list[str]:
    """Return what must be said with the numbers."""
    usable = set(customers.usable())
    few = [str(wave) for wave in sorted(customers.frame["wave"].unique()) if wave not in usable]
    notes = [f"too few answers, so left out: {', '.join(few)}"] if few else []
    notes.append(
        "features, models and estimates of a wave know nothing of later ones; the kind of model "
        f"({bundle.info['candidate']}, sizes of trees) is the one that the last training chose with all of them"
    )
    if replicates_of(project.config) < project.config.estimation.replicates:
        notes.append(
            f"estimates of earlier waves have {replicates_of(project.config)} fits of the bootstrap in place of "
            f"{project.config.estimation.replicates} and one cross-fitting, so their intervals are somewhat wider "
            "than `silentnps estimate` would have told"
        )
    return notes
