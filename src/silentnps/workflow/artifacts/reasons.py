"""What a training finds out about the reasons of its scores: their background, how exact, how stable they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ModelError
from silentnps.explanation.contributions.margins import Background
from silentnps.explanation.contributions.refits import RefitContributions
from silentnps.explanation.contributions.shapley import Agreement
from silentnps.explanation.feature_groups import Dendrogram
from silentnps.storage.atomic import replace_folder
from silentnps.storage.digests import check_digests, write_digests
from silentnps.storage.parquet_tables import write_parquet
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

FILES = ("reasons.json", "customers.parquet", "refits.npy")
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
        """Return the customers of the wave that the refits explained, with the refitted scores."""
        here = ~self.customers[EARLIER].to_numpy(dtype=np.bool_)
        customers = self.customers[here]
        return customers, RefitContributions(self.models.points[:, here], customers.index, self.models.columns)


def read_reasons(project: Project, bundle: Bundle) -> Reasons:
    """Return what `write_reasons` wrote.

    Raises
    ------
    ModelError
        If it is missing, damaged, or belongs to another bundle.
    """
    made = MadeFile(project.reasons, "train", ModelError)
    with made.reading():
        check_digests(made.path, FILES)
        facts = json.loads((made.path / "reasons.json").read_text(encoding="utf-8"))
        reasons = _from_files(made.path, facts)
        model_digest = facts["model_digest"]
    if model_digest != bundle.info["out_of_fold_digest"]:
        raise made.of_another_model()
    return reasons


def _from_files(folder: Path, facts: dict[str, Any]) -> Reasons:
    customers = pd.read_parquet(folder / "customers.parquet")
    linkage, names = facts["dendrogram"]["linkage"], facts["dendrogram"]["names"]
    return Reasons(
        background=Background.from_dict(facts["background"]),
        agreement=None if facts["agreement"] is None else Agreement(**facts["agreement"]),
        models=RefitContributions(np.load(folder / "refits.npy"), customers.index, tuple(facts["columns"])),
        dendrogram=Dendrogram(np.array(linkage, dtype=np.float64).reshape(-1, 4), tuple(names)),
        customers=customers,
        sampled=bool(facts["sampled"]),
    )


def write_reasons(target: Path, reasons: Reasons, *, model_digest: str) -> None:
    """Write what `read_reasons` reads into a folder, without the ids of the customers."""
    replace_folder(target, lambda folder: _fill(folder, reasons, model_digest))


def _fill(folder: Path, reasons: Reasons, model_digest: str) -> None:
    customers = reasons.customers
    nameless = customers.assign(customer_id=[str(row) for row in range(len(customers))])
    write_parquet(with_plain_categories(nameless), folder / "customers.parquet")
    np.save(folder / "refits.npy", reasons.models.points)
    facts = {
        "model_digest": model_digest,
        "background": reasons.background.to_dict(),
        "agreement": None if reasons.agreement is None else asdict(reasons.agreement),
        "columns": list(reasons.models.columns),
        "sampled": reasons.sampled,
        "dendrogram": {"linkage": reasons.dendrogram.linkage.tolist(), "names": list(reasons.dendrogram.names)},
    }
    (folder / "reasons.json").write_text(json.dumps(facts), encoding="utf-8")
    write_digests(folder, FILES)


def with_plain_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with categories as objects, so that frames of several waves join."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "object"))
