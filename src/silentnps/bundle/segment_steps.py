"""Scores that add up within segmentations: one step per segment, fitted once per wave to its published NPS."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.errors import DataError
from silentnps.estimation.formulas.logit_shift import fit_shift, shifted
from silentnps.numerics.arrays import Floats
from silentnps.numerics.segmentation import Segmentation, segmentation_of

PREFIX = "expected_nps_segment_step__"
"""Prefix of the column of a segmentation, followed by its name."""


@dataclass(frozen=True)
class SegmentationSteps:
    """Steps (log odds) of one segmentation: by published segment, and one for all `others` together."""

    published: Mapping[str, float]
    others: float = 0.0


@dataclass(frozen=True)
class SegmentSteps:
    """Steps by segmentation; `notes` are sentences on segments that keep their scores as no step fits."""

    steps: Mapping[str, SegmentationSteps]
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that `scores` returns."""
        return tuple(PREFIX + name for name in self.steps)

    @property
    def digest(self) -> str:
        """Return a digest of the steps."""
        return hashlib.sha256(json.dumps(self.to_dict()["steps"]).encode()).hexdigest()[:16]

    def scores(self, rows: pd.DataFrame, expected: Floats) -> dict[str, Floats]:
        """Return the column of each segmentation, shape (n,), in points.

        Parameters
        ----------
        rows
            The columns of the segmentations, n rows.
        expected
            Expected NPS of the rows as silent customers, in points, shape (n,).
        """
        columns = {}
        for name, steps in self.steps.items():
            cut = segmentation_of(rows[name])
            by_code = np.array([steps.published.get(label, steps.others) for label in cut.labels])
            columns[PREFIX + name] = shifted(expected, by_code[cut.codes])
        return columns

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for files."""
        return {"steps": {name: asdict(steps) for name, steps in self.steps.items()}, "notes": list(self.notes)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> SegmentSteps:
        """Rebuild from `to_dict`, after JSON too."""
        steps = {name: SegmentationSteps(**fields) for name, fields in values["steps"].items()}
        return SegmentSteps(steps, tuple(values["notes"]))


NO_SEGMENT_STEPS = SegmentSteps({})
"""The steps if no segmentation was estimated."""


def fit_segment_steps(segments: pd.DataFrame, rows: pd.DataFrame, expected: Floats, total: float) -> SegmentSteps:
    """Fit the steps of every segmentation.

    The scores of a published segment average to the NPS of its silent customers. Segments that are not published
    (too few customers) share a step, which makes them average to what the published ones leave of the total, so
    that the column adds up as the estimate does. A segment whose NPS no step reaches keeps its scores, and a note
    says so.

    Parameters
    ----------
    segments
        The table `NPSReport.segments`.
    rows
        The columns of the segmentations, one row per silent customer.
    expected
        Expected NPS of silent customers as they are scored, in points, shape (n,).
    total
        The NPS of all silent customers, in points.
    """
    steps, notes = {}, []
    for name in rows.columns:
        of_name = segments[(segments["segmentation"] == name) & segments["value"].notna()]
        published = dict(zip(of_name["segment"], of_name["value"].astype(float), strict=True))
        steps[str(name)], new_notes = _fit(segmentation_of(rows[name]), published, expected, total)
        notes += new_notes
    return SegmentSteps(steps, tuple(notes))


def _fit(
    cut: Segmentation, published: Mapping[str, float], expected: Floats, total: float
) -> tuple[SegmentationSteps, list[str]]:
    order = np.argsort(cut.codes, kind="stable")
    starts = np.searchsorted(cut.codes[order], np.arange(len(cut.labels)))
    groups = dict(zip(cut.labels, np.split(expected[order], starts[1:]), strict=True)) if cut.labels else {}
    known = {label: groups.pop(label) for label in cut.labels if label in published}
    steps, notes = {}, []
    for label, scores in known.items():
        steps[label], note = _step(scores, published[label], f"{cut.name} {label}")
        notes += note
    others = 0.0
    if groups:
        rest = np.concatenate(list(groups.values()))
        left = total * len(expected) - sum(len(scores) * published[label] for label, scores in known.items())
        others, note = _step(rest, left / len(rest), f"{cut.name}, segments that are not published")
        notes += note
    return SegmentationSteps(steps, others), notes


def _step(expected: Floats, target: float, name: str) -> tuple[float, list[str]]:
    try:
        return fit_shift(expected, target), []
    except DataError as error:
        return 0.0, [f"{name}: scores stay as they are: {error}"]
