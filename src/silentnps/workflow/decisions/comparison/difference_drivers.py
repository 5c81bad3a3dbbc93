"""Why the segments that differ most differ: their differences shared out over key drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.bundle.bundle import Bundle
from silentnps.estimation.comparison.segments import OTHERS
from silentnps.estimation.comparison.wave_comparison import SegmentComparison
from silentnps.explanation.contributions.refits import RefitContributions
from silentnps.explanation.group_difference import COLUMNS, Group, explain_difference
from silentnps.numerics.arrays import Booleans
from silentnps.numerics.levels import as_text
from silentnps.workflow.artifacts.every_silent import representative_rows
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import Reasons, read_reasons
from silentnps.workflow.decisions.comparison.trained_wave import TrainedWave
from silentnps.workflow.drivers import explained_silent
from silentnps.workflow.explain_training import refitted_customers

_MOST_EXPLAINED = 6
_SHARED = ("segmentation", "segment", "other")
_COLUMNS = (*_SHARED, "difference", *COLUMNS, "confidence_level")


def no_drivers() -> pd.DataFrame:
    """Return the table of drivers where no segments differ."""
    return pd.DataFrame(columns=list(_COLUMNS))


def segment_drivers(
    project: Project, bundle: Bundle, trained: TrainedWave, compared: SegmentComparison
) -> pd.DataFrame:
    """Share out the largest differences that can be told from chance, six at most, over key drivers.

    Columns are those of `explain_difference` after segmentation, segment, other and the difference between the
    estimates, and the confidence level of the intervals (single ones).
    """
    rows = representative_rows(project, bundle, trained.handed_over.rows)
    reasons = read_reasons(project, bundle)
    explained = explained_silent(bundle, rows, reasons)
    silent = rows[(rows["wave"] == bundle.info["wave"]) & ~rows["respondent"]]
    customers, models = _refitted(refitted_customers(silent), reasons)
    differ = compared.differences[compared.differences["differs"].astype(bool)]
    largest = differ.iloc[np.argsort(-differ["difference"].abs().to_numpy(), kind="stable")[:_MOST_EXPLAINED]]
    level = trained.wave.estimation.confidence_level
    tables = [no_drivers()]
    for row in largest.to_dict("records"):
        labels = _labels_by_customer(trained, row["segmentation"])
        one, other = _groups(row, _labels(explained.rows, labels), _labels(customers, labels))
        if one.members.any() and other.members.any():
            table = explain_difference(explained.explanation, one, other, models, confidence_level=level)
            shared = {name: row[name] for name in (*_SHARED, "difference")}
            tables.append(table.assign(**shared, confidence_level=level)[list(_COLUMNS)])
    return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


def _refitted(found: pd.DataFrame, reasons: Reasons) -> tuple[pd.DataFrame, RefitContributions]:
    """Return the customers that the refits explained, with their ids, and the refits; none where they are others.

    Reasons are kept without ids. A customer whose data were taken out since is in one of both alone.
    """
    kept, models = reasons.of_wave
    if len(kept) == len(found) and (kept["as_of"].to_numpy() == found["as_of"].to_numpy()).all():
        return found, models
    return found.iloc[:0], RefitContributions(models.points[:, :0], kept.index[:0], models.columns)


def _groups(
    row: Mapping[Any, Any], labels: NDArray[np.object_], refitted: NDArray[np.object_]
) -> tuple[Group, Group]:
    """Return the two sides of a difference; their estimates are known up to what both have in common."""
    one, other = str(row["segment"]), str(row["other"])

    def members(of: NDArray[np.object_]) -> tuple[Booleans, Booleans]:
        first = np.asarray(of == one)
        return first, ~first if other == OTHERS else np.asarray(of == other)

    here, there = members(labels), members(refitted)
    difference = float(row["difference"])
    return Group(here[0], difference, there[0]), Group(here[1], 0.0, there[1])


def _labels_by_customer(trained: TrainedWave, segmentation: str) -> dict[str, str]:
    ids, labels = trained.of_wave["customer_id"].astype(str), as_text(trained.columns.held[segmentation])
    return dict(zip(ids, labels, strict=True))


def _labels(rows: pd.DataFrame, labels: dict[str, str]) -> NDArray[np.object_]:
    return rows["customer_id"].astype(str).map(labels).to_numpy(dtype=object)
