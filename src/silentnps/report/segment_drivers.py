"""The section on what segment differences, and the change since the previous wave, are associated with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.explanation.group_difference import UNEXPLAINED
from silentnps.report.content import ReportContent
from silentnps.report.waterfall import Waterfall, waterfall
from silentnps.report.wording.words import points, short

_MOST_SEGMENTS = 12


@dataclass(frozen=True)
class Segment:
    """A segment's difference from all silent customers; `leading` is the largest key driver in its direction."""

    difference: Waterfall
    leading: str


@dataclass(frozen=True)
class SegmentDrivers:
    """The first segments of a segmentation, and how many more there are."""

    name: str
    segments: list[Segment]
    n_more: int


def segment_drivers(content: ReportContent) -> list[SegmentDrivers]:
    """Return the key drivers of segment differences from all silent customers, at most 12 segments each."""
    table = content.segment_drivers
    if table.empty:
        return []
    segmentations = []
    for name, rows in table.groupby("segmentation", sort=False):
        names = rows["segment"].drop_duplicates()
        shown = rows[rows["segment"].isin(names.head(_MOST_SEGMENTS))]
        segments = [_segment(part, name, segment) for segment, part in shown.groupby("segment", sort=False)]
        kept = [segment for segment in segments if segment is not None]
        segmentations.append(SegmentDrivers(short(name), kept, len(names) - min(len(names), _MOST_SEGMENTS)))
    return segmentations


def change(content: ReportContent) -> Waterfall | None:
    """Return the change since the previous wave, shared out; None without a previous wave."""
    if content.change.empty:
        return None
    return waterfall(content.change, "change", "change since the previous wave", keep_rest=False)


def _segment(rows: pd.DataFrame, segmentation: Any, segment: Any) -> Segment | None:
    """Return a segment; the column that defines the segments can be a key driver too, and is labelled as such."""
    itself = rows["driver"] == segmentation
    named = rows.assign(words=rows["words"].mask(itself, rows["words"].map(short) + " itself"))
    fall = waterfall(named, short(segment), "difference from all silent customers")
    if fall is None:
        return None
    others = rows[~itself & (rows["driver"] != UNEXPLAINED)]
    same_way = others[np.sign(others["points"]) == np.sign(fall.total.value)]
    leading = [f"{short(row['words'])} ({points(row['points'])})" for row in same_way.head(1).to_dict("records")]
    return Segment(fall, "".join(leading))
