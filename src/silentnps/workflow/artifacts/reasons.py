"""What a training finds out about the reasons of its scores: their background, how exact, how stable they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.config import ExplanationConfig
from silentnps.errors import ModelError
from silentnps.explanation.contributions.explain import compute_background, explain
from silentnps.explanation.contributions.margins import Background
from silentnps.explanation.contributions.refits import RefitContributions, explain_refits
from silentnps.explanation.contributions.shapley import (
    Agreement,
    compare_contributions,
    shapley_values,
    stratified_rows,
)
from silentnps.explanation.feature_groups import Dendrogram, correlation_dendrogram
from silentnps.explanation.topics import topics_from_clusters
from silentnps.numerics.arrays import Integers
from silentnps.storage.atomic import replace_folder
from silentnps.storage.parquet_tables import write_parquet
from silentnps.training.refits import refit_bundles
from silentnps.training.train import Training
from silentnps.workflow.artifacts.project import Project, per_core
from silentnps.workflow.watch import QUIET, Watch

_BACKGROUND_ROWS = 2_000
_EXPLAINED_ROWS = 4_000
"""Customers of a wave that refitted models explain."""

EARLIER = "silentnps_earlier"
"""Marks customers of the wave before, among those explained."""


@dataclass(frozen=True)
class Reasons:
    """What is kept of a training for reasons.

    `customers` are the silent customers that the refits explained, of the wave and, marked in the column `EARLIER`,
    of the wave before; `sampled` says whether either wave had more of them. `agreement` is None where the reference
    is not wanted.
    """

    background: Background
    agreement: Agreement | None
    models: RefitContributions
    dendrogram: Dendrogram
    customers: pd.DataFrame
    sampled: bool = False

    @property
    def of_wave(self) -> tuple[pd.DataFrame, RefitContributions]:
        """Return the customers of the wave that the refits explained, and what they found."""
        here = ~self.customers[EARLIER].to_numpy(dtype=np.bool_)
        mine = self.customers[here]
        return mine, RefitContributions(self.models.points[:, here], mine.index, self.models.columns)


def make_reasons(
    project: Project, frame: pd.DataFrame, rows: pd.DataFrame, training: Training, *, watch: Watch = QUIET
) -> Reasons:
    """Explain silent customers by the model and by refits of it, and write what is found.

    Parameters
    ----------
    frame
        Built features of every wave.
    rows
        The rows of training, with learned columns.
    """
    config, bundle = project.config.explanation, training.bundle
    customers, sampled = _customers(frame, rows, bundle)
    own = rows[(rows["wave"] == bundle.info["wave"]) & ~rows["respondent"]]
    own = own if len(own) else rows[rows["wave"] == bundle.info["wave"]]
    background = compute_background(bundle, _evenly(own, _BACKGROUND_ROWS))
    invited = customers["invited"].to_numpy(dtype=np.bool_)
    bundles = refit_bundles(
        bundle,
        training.study,
        refits=config.refits if len(customers) else 0,
        random_state=project.config.random_state,
        n_jobs=per_core(),
        progress=watch.bar("refitting the reasons", config.refits),
    )
    models = explain_refits(bundles, customers, invited)
    explained = explain(bundle, customers, invited, background=background)
    near, joined = _agreement(bundle, own, config, watch), correlation_dendrogram(explained, customers)
    background = replace(background, topics=topics_from_clusters(joined.clusters()))
    found = Reasons(background, near, models, joined, customers, sampled)
    replace_folder(project.reasons, lambda folder: write_reasons(folder, found, bundle))
    return found


def read_reasons(project: Project, bundle: Bundle) -> Reasons:
    """Return what `make_reasons` wrote.

    Raises
    ------
    ModelError
        If it is missing, damaged, or belongs to another bundle.
    """
    folder = project.reasons
    try:
        facts = json.loads((folder / "reasons.json").read_text(encoding="utf-8"))
        customers = pd.read_parquet(folder / "customers.parquet")
        points = np.load(folder / "refits.npy")
        digest, linkage = facts["model_digest"], facts["dendrogram"]["linkage"]
        found = Reasons(
            Background.from_dict(facts["background"]),
            None if facts["agreement"] is None else Agreement(**facts["agreement"]),
            RefitContributions(points, customers.index, tuple(facts["columns"])),
            Dendrogram(np.array(linkage, dtype=np.float64).reshape(-1, 4), tuple(facts["dendrogram"]["names"])),
            customers,
            bool(facts["sampled"]),
        )
    except FileNotFoundError:
        raise ModelError(f"{folder} is missing. Run `silentnps train` first.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(f"{folder} is damaged. Run `silentnps train` again.") from None
    if digest != bundle.info["out_of_fold_digest"]:
        raise ModelError(f"{folder} belongs to another model. Run `silentnps train` again.")
    return found


def write_reasons(folder: Path, found: Reasons, bundle: Bundle) -> None:
    """Write what `read_reasons` reads into a folder, without the ids of the customers."""
    text = found.customers.select_dtypes("category").columns
    nameless = found.customers.assign(customer_id=[str(row) for row in range(len(found.customers))])
    write_parquet(nameless.astype(dict.fromkeys(text, "object")), folder / "customers.parquet")
    np.save(folder / "refits.npy", found.models.points)
    facts = {
        "model_digest": bundle.info["out_of_fold_digest"],
        "background": found.background.to_dict(),
        "agreement": None if found.agreement is None else asdict(found.agreement),
        "columns": list(found.models.columns),
        "sampled": found.sampled,
        "dendrogram": {"linkage": found.dendrogram.linkage.tolist(), "names": list(found.dendrogram.names)},
    }
    (folder / "reasons.json").write_text(json.dumps(facts), encoding="utf-8")


def _agreement(bundle: Bundle, own: pd.DataFrame, config: ExplanationConfig, watch: Watch) -> Agreement | None:
    some = _evenly(own, config.reference_rows)
    if some.empty:
        return None
    invited, background = some["invited"].to_numpy(dtype=np.bool_), stratified_rows(bundle, own)
    bar = watch.bar("checking the reasons", len(background))
    exact = shapley_values(bundle, some, background, invited, orders=1, progress=bar)
    return compare_contributions(explain(bundle, some, invited, background=background), exact)


def _customers(frame: pd.DataFrame, rows: pd.DataFrame, bundle: Bundle) -> tuple[pd.DataFrame, bool]:
    """Return silent customers of the wave and of the wave before, with learned columns, and if there are more."""
    wave = bundle.info["wave"]
    silent = rows[(rows["wave"] == wave) & ~rows["respondent"]]
    here = _evenly(silent, _EXPLAINED_ROWS).assign(**{EARLIER: False})
    before = frame.loc[frame["wave"] < wave, "wave"].max()
    if not isinstance(before, str):
        return here.reset_index(drop=True), len(silent) > _EXPLAINED_ROWS
    then = frame[(frame["wave"] == before) & ~frame["respondent"]]
    there = bundle.complete(_evenly(then, _EXPLAINED_ROWS)).assign(**{EARLIER: True})
    both = pd.concat([_plain(here), _plain(there)[list(here.columns)]], ignore_index=True)
    return both, max(len(silent), len(then)) > _EXPLAINED_ROWS


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with categories as text, so that frames of several waves join."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "object"))


def _evenly(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    places: Integers = np.unique(
        np.linspace(0, max(len(frame) - 1, 0), min(n, len(frame))).round().astype(np.int64)
    )
    return frame.iloc[places]
