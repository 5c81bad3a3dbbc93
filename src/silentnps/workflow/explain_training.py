"""Explain a training: the reasons of its scores, how exact they are, and how stable under refits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.config import ExplanationConfig
from silentnps.explanation.contributions.explain import compute_background, explain
from silentnps.explanation.contributions.margins import Background
from silentnps.explanation.contributions.refits import explain_refits
from silentnps.explanation.contributions.shapley import (
    Agreement,
    compare_contributions,
    shapley_values,
    stratified_rows,
)
from silentnps.explanation.feature_groups import Dendrogram, correlation_dendrogram
from silentnps.explanation.topics import topics_from_clusters
from silentnps.numerics.arrays import Integers
from silentnps.workflow.artifacts.project import per_core
from silentnps.workflow.artifacts.reasons import EARLIER, Reasons, with_plain_categories
from silentnps.workflow.watch import QUIET, Watch

if TYPE_CHECKING:
    from silentnps.training.train import Training

_BACKGROUND_ROWS = 2_000
_EXPLAINED_ROWS = 4_000
"""Customers of a wave that refitted models explain."""


@dataclass(frozen=True)
class Earlier:
    """Built features of evenly spaced silent customers of the wave before, `n` of whom there are."""

    rows: pd.DataFrame
    n: int

    @staticmethod
    def before(frame: pd.DataFrame, wave: str) -> Earlier | None:
        """Return those of the wave before one; None where there is no such wave."""
        last = frame.loc[frame["wave"] < wave, "wave"].max()
        if not isinstance(last, str):
            return None
        silent = frame[(frame["wave"] == last) & ~frame["respondent"]]
        return Earlier(_evenly_spaced(silent, _EXPLAINED_ROWS), len(silent))


@dataclass(frozen=True)
class ExplainedScores:
    """The reasons of a training's scores by its model alone.

    `customers` are those that are explained, `sampled` says whether there are more, `compared` are the rows whose
    means they are compared with.
    """

    background: Background
    dendrogram: Dendrogram
    customers: pd.DataFrame
    sampled: bool
    compared: pd.DataFrame


def explain_scores(
    earlier: Earlier | None, rows: pd.DataFrame, training: Training, *, watch: Watch = QUIET
) -> ExplainedScores:
    """Explain silent customers by the model.

    Parameters
    ----------
    earlier
        Silent customers of the wave before; None where there is no such wave.
    rows
        The rows of training, with learned columns.
    """
    watch.step("explaining the scores")
    bundle = training.bundle
    customers, sampled = _customers(earlier, rows, bundle)
    of_wave = rows[rows["wave"] == bundle.info["wave"]]
    silent = of_wave[~of_wave["respondent"]]
    compared = silent if len(silent) else of_wave
    background = compute_background(bundle, _evenly_spaced(compared, _BACKGROUND_ROWS))
    invited = customers["invited"].to_numpy(dtype=np.bool_)
    dendrogram = correlation_dendrogram(explain(bundle, customers, invited, background=background), customers)
    topics = topics_from_clusters(dendrogram.clusters())
    return ExplainedScores(replace(background, topics=topics), dendrogram, customers, sampled, compared)


def explain_training(
    explained: ExplainedScores, training: Training, *, config: ExplanationConfig, watch: Watch = QUIET
) -> Reasons:
    """Explain the same customers by refits of the model too, and check how exact the reasons are."""
    bundle, customers = training.bundle, explained.customers
    watch.step("refitting the reasons")
    from silentnps.training.refits import refit_bundles  # heavy, and only a training refits

    bundles = refit_bundles(
        bundle,
        training.wave,
        training.repeats,
        refits=config.refits if len(customers) else 0,
        n_jobs=per_core(),
        progress=watch.bar("refitting the reasons", config.refits),
    )
    models = explain_refits(bundles, customers, customers["invited"].to_numpy(dtype=np.bool_))
    return Reasons(
        background=explained.background,
        agreement=_agreement(bundle, explained.compared, config, watch),
        models=models,
        dendrogram=explained.dendrogram,
        customers=customers,
        sampled=explained.sampled,
    )


def _agreement(bundle: Bundle, rows: pd.DataFrame, config: ExplanationConfig, watch: Watch) -> Agreement | None:
    sample = _evenly_spaced(rows, config.reference_rows)
    if sample.empty:
        return None
    invited, background = sample["invited"].to_numpy(dtype=np.bool_), stratified_rows(bundle, rows)
    bar = watch.bar("checking the reasons", len(background))
    watch.step("checking the reasons")
    exact = shapley_values(bundle, sample, background, invited, orders=1, progress=bar)
    return compare_contributions(explain(bundle, sample, invited, background=background), exact)


def _customers(earlier: Earlier | None, rows: pd.DataFrame, bundle: Bundle) -> tuple[pd.DataFrame, bool]:
    """Return silent customers of the wave and of the wave before, with learned columns, and if there are more."""
    silent = rows[(rows["wave"] == bundle.info["wave"]) & ~rows["respondent"]]
    here = refitted_customers(silent).assign(**{EARLIER: False})
    if earlier is None:
        return here.reset_index(drop=True), len(silent) > _EXPLAINED_ROWS
    there = bundle.complete(earlier.rows).assign(**{EARLIER: True})
    both = pd.concat(
        [with_plain_categories(here), with_plain_categories(there)[list(here.columns)]], ignore_index=True
    )
    return both, max(len(silent), earlier.n) > _EXPLAINED_ROWS


def refitted_customers(silent: pd.DataFrame) -> pd.DataFrame:
    """Return those of a wave's silent customers whom the refitted models explain."""
    return _evenly_spaced(silent, _EXPLAINED_ROWS)


def _evenly_spaced(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    places: Integers = np.unique(
        np.linspace(0, max(len(frame) - 1, 0), min(n, len(frame))).round().astype(np.int64)
    )
    return frame.iloc[places]
