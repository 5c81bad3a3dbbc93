"""The tables of a trend: levels of the periods, changes between them, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.trend.changes import OF, change_of, level_of, no_change_at_all
from silentnps.estimation.trend.corners import corners_of
from silentnps.estimation.trend.drawn import Drawn, Interval
from silentnps.estimation.trend.every_wave import EstimatedWave
from silentnps.estimation.trend.groups import Group, together
from silentnps.estimation.trend.parts import parts_of
from silentnps.estimation.trend.wave_groups import ALL, Groups
from silentnps.estimation.wave.replicates import Plan
from silentnps.numerics.parallel import in_threads

_CLASSES = ("detractor", "passive", "promoter")
LEVEL_COLUMNS = (
    *("period", "waves", "segmentation", "segment", "n", "n_invited", "n_answers", "n_silent", "answer_rate"),
    *(f"{of}{end}" for of in OF for end in ("", "_low", "_high", "_standard_error")),
    *(f"survey_{name}_share" for name in _CLASSES),
    *(f"base_{name}_share{end}" for name in _CLASSES for end in ("", "_low", "_high")),
    *("confidence_level", "suppressed"),
)
CHANGE_COLUMNS = (
    *("before", "after", "segmentation", "segment", "of", "change", "low", "high", "standard_error"),
    *("p_value", "smallest_change", "n_before", "n_after", "confidence_level", "suppressed"),
)
WHY_COLUMNS = (
    *("before", "after", "of", "part", "points", "low", "high", "standard_error"),
    *("n_before", "n_after", "confidence_level"),
)
CHANGE = "change"
"""The row of `why` with the change that the parts add up to."""


@dataclass(frozen=True)
class Period:
    """Waves that count as one: their groups, each of the whole period; `estimated` is empty for a survey alone."""

    name: str
    waves: tuple[str, ...]
    groups: Groups
    estimated: tuple[EstimatedWave, ...]

    @staticmethod
    def of(
        name: str, waves: Sequence[str], groups: Sequence[Groups], estimated: Sequence[EstimatedWave | None]
    ) -> Period:
        """Return the period of some waves; a segment is in it where it is in one of them."""
        keys = dict.fromkeys(key for each in groups for key in each)
        joined = {key: together([each[key] for each in groups if key in each]) for key in keys}
        known = [each for each in estimated if each is not None]
        return Period(name, tuple(waves), joined, tuple(known) if len(known) == len(waves) else ())


@dataclass(frozen=True)
class TrendReport:
    """The tables of a trend.

    Attributes
    ----------
    levels
        One row per period and group: the columns `LEVEL_COLUMNS`. `survey`, `silent` and `base` are NPS in points.
    changes
        One row per pair of periods, group and NPS: the columns `CHANGE_COLUMNS`. Pairs are neighbours, and the
        first with the last. `smallest_change` is what these data would have shown in four of five cases.
    why
        One row per pair of neighbours, NPS and part: the columns `WHY_COLUMNS`. Parts add up to the row `change`.
    no_change
        The p-values of the test that the NPS was the same in all periods, by NPS.
    notes
        Sentences that must travel with the numbers.
    """

    levels: pd.DataFrame
    changes: pd.DataFrame
    why: pd.DataFrame
    no_change: dict[str, float]
    notes: tuple[str, ...]


def trend_report(
    periods: Sequence[Period],
    plan: Plan,
    *,
    attributes: Sequence[str],
    confidence_level: float,
    min_n: int,
    notes: Sequence[str] = (),
    n_jobs: int = 1,
) -> TrendReport:
    """Return the tables of periods in the order of time, which do not depend on `n_jobs`.

    `attributes` are the features that say who the customers are; segments of fewer than `min_n` customers in one of
    the periods are suppressed.
    """
    levels = [row for period in periods for row in _levels(period, plan, confidence_level, min_n)]
    pairs = list(pairwise(periods))
    if len(periods) > 2:
        pairs.append((periods[0], periods[-1]))
    changes = [row for pair in pairs for row in _changes(*pair, plan, confidence_level, min_n)]
    reasons = (partial(_why, *pair, plan, attributes, confidence_level) for pair in pairwise(periods))
    why = [row for rows in in_threads(reasons, n_jobs=n_jobs) for row in rows]
    return TrendReport(
        pd.DataFrame(levels, columns=list(LEVEL_COLUMNS)),
        pd.DataFrame(changes, columns=list(CHANGE_COLUMNS)),
        pd.DataFrame(why, columns=list(WHY_COLUMNS)),
        _no_change(periods, plan),
        tuple(notes),
    )


def _levels(period: Period, plan: Plan, level: float, min_n: int) -> list[dict[str, Any]]:
    rows = []
    for (segmentation, segment), group in period.groups.items():
        suppressed = bool(segmentation) and group.n < min_n
        row: dict[str, Any] = {"period": period.name, "waves": ", ".join(period.waves)}
        row |= {"segmentation": segmentation, "segment": segment, "suppressed": suppressed}
        numbers = level_of(group, plan, confidence_level=level)
        kept = {"n", "n_answers", "confidence_level"} if suppressed else numbers.keys()
        rows.append(row | {name: numbers[name] for name in numbers if name in kept})
    return rows


def _changes(before: Period, after: Period, plan: Plan, level: float, min_n: int) -> list[dict[str, Any]]:
    rows = []
    for key in [key for key in after.groups if key in before.groups]:
        groups = before.groups[key], after.groups[key]
        row: dict[str, Any] = {
            "before": before.name,
            "after": after.name,
            "segmentation": key[0],
            "segment": key[1],
        }
        row |= {"confidence_level": level, "suppressed": key != ALL and min(group.n for group in groups) < min_n}
        for of in OF:
            found = None if row["suppressed"] else change_of(*groups, of, plan, confidence_level=level)
            if found is None and not row["suppressed"]:
                continue
            rows.append({**row, "of": of, **_sizes(groups, of), **(_tested(found) if found else {})})
    return rows


def _sizes(groups: tuple[Group, Group], of: str) -> dict[str, int]:
    n = [group.answers.n if of == "survey" else group.n if of == "base" else _n_silent(group) for group in groups]
    return {"n_before": n[0], "n_after": n[1]}


def _n_silent(group: Group) -> int:
    return 0 if group.silent is None else group.silent.n


def _tested(found: Interval) -> dict[str, float]:
    return {
        "change": found.value,
        "low": found.low,
        "high": found.high,
        "standard_error": found.standard_error,
        "p_value": found.p_value,
        "smallest_change": found.smallest,
    }


def _why(
    before: Period, after: Period, plan: Plan, attributes: Sequence[str], level: float
) -> list[dict[str, Any]]:
    if not before.estimated or not after.estimated:
        return []
    rows: list[dict[str, Any]] = []
    groups = before.groups[ALL], after.groups[ALL]
    corners = corners_of(before.estimated, after.estimated, attributes)
    for of in OF:
        parts = parts_of(*groups, corners.means, of, sampling=corners.sampling)
        total = change_of(*groups, of, plan, confidence_level=level)
        if parts is None or total is None:
            continue
        found = {
            name: part.drawn.interval(plan, confidence_level=level, unseen=part.unseen, most=np.inf)
            for name, part in parts.items()
        }
        row = {
            "before": before.name,
            "after": after.name,
            "of": of,
            **_sizes(groups, of),
            "confidence_level": level,
        }
        rows.extend({**row, **_part(name, each)} for name, each in (found | {CHANGE: total}).items())
    return rows


def _part(name: str, found: Interval) -> dict[str, Any]:
    interval = {"low": found.low, "high": found.high, "standard_error": found.standard_error}
    return {"part": name, "points": found.value, **interval}


def _no_change(periods: Sequence[Period], plan: Plan) -> dict[str, float]:
    """Return the p-values of no change in any period; nothing with fewer than three that are estimated."""
    found: dict[str, list[tuple[Drawn, float]]] = {"silent": [], "base": []}
    for group in (period.groups[ALL] for period in periods):
        if group.silent is not None and group.base is not None:
            found["silent"].append((group.silent.nps, group.silent.unseen))
            found["base"].append((group.base, group.share_silent**2 * group.silent.unseen))
    return {
        of: no_change_at_all([drawn for drawn, _ in levels], [unseen for _, unseen in levels], plan)
        for of, levels in found.items()
        if len(levels) > 2
    }
