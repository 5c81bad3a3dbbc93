"""The table of segments: composites of all repeats with intervals from the replicates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from silentnps.estimation.formulas.small_areas import SegmentEstimates
from silentnps.estimation.wave.analysis import Repeat
from silentnps.estimation.wave.bootstrap import Plan, Replicate, cut_into_segments
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import NPSEstimate, census, mix, normal_estimate
from silentnps.numerics.segmentation import Segmentation

COLUMNS = (
    "segmentation",
    "segment",
    "n",
    "n_respondents",
    "survey_nps",
    "value",
    "low",
    "high",
    "standard_error",
    "base_value",
    "base_low",
    "base_high",
    "confidence_level",
    "suppressed",
)


DIFFERENCE_COLUMNS = (
    "segmentation",
    "segment",
    "other",
    "difference",
    "low",
    "high",
    "standard_error",
    "confidence_level",
)

_MOST_PAIRED = 20
_REST = "(all silent)"


@dataclass(frozen=True)
class Cut:
    """What tables of segments are made of; `anchor` is the headline where it is not the selection model's."""

    plan: Plan
    repeats: list[Repeat]
    replicates: list[Replicate]
    anchor: NPSEstimate | None = None


@dataclass(frozen=True)
class _Segments:
    """One segmentation: NPS of the silent of each segment, its replicates, and what they do not show.

    `composite` has shape (segments,), `draws` (replicates, segments) with a last column for all silents;
    `unseen` is the variance that no replicate shows: of what the model misses in a segment, and of the customers'
    own draws; `of_total` the variance of the total where the replicates do not show it.
    """

    cut: Segmentation
    composite: Floats
    total: float
    draws: Floats
    unseen: Floats
    of_total: float
    n: Integers
    n_silent: Integers

    def usable(self, min_n: int) -> list[int]:
        return [code for code in range(len(self.cut.labels)) if self.n[code] >= min_n and self.n_silent[code]]


def segment_table(cut: Cut, *, confidence_level: float, min_n: int) -> pd.DataFrame:
    """Return one row per segment; see `NPSReport.segments` for the columns.

    Segments of fewer than `min_n` customers are listed with `suppressed` true and no numbers.

    Notes
    -----
    Squared error of a composite: variance over replicates, plus (1 - weight)^2 times the variance between
    segments (what the synthetic part cannot see), plus the customers' own draws.
    """
    rows: list[dict[str, Any]] = []
    for one in _every(cut):
        rows.extend(_rows(one, cut.plan.wave.sample.classes, confidence_level, min_n))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def segment_differences(cut: Cut, *, confidence_level: float, min_n: int) -> pd.DataFrame:
    """Return differences between the silent of two segments, in points, with intervals.

    One row a pair of segments of a segmentation (of more than 20 segments: each against all silents): segmentation,
    segment, other, difference (segment less other), low, high, standard_error, confidence_level. Segments that
    are suppressed or have no silents are left out. Both sides share a model and a replicate, so the interval of a
    difference is shorter than two separate intervals suggest.
    """
    rows: list[dict[str, Any]] = []
    for one in _every(cut):
        usable = one.usable(min_n)
        pairs: list[tuple[int, int | None]] = [(code, None) for code in usable]
        if len(usable) <= _MOST_PAIRED:
            pairs = list(combinations(usable, 2))
        rows.extend(_difference(one, first, second, confidence_level) for first, second in pairs)
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def _difference(one: _Segments, first: int, second: int | None, level: float) -> dict[str, Any]:
    position = -1 if second is None else second
    value = one.composite[first] - (one.total if second is None else one.composite[second])
    unseen = one.unseen[first] + (0.0 if second is None else one.unseen[second])
    error = float(np.sqrt((one.draws[:, first] - one.draws[:, position]).var(ddof=1) + unseen))
    half = float(stats.t.ppf(0.5 + level / 2, len(one.draws) - 1)) * error
    return {
        "segmentation": one.cut.name,
        "segment": one.cut.labels[first],
        "other": _REST if second is None else one.cut.labels[second],
        "difference": value,
        "low": max(value - half, -200.0),
        "high": min(value + half, 200.0),
        "standard_error": error,
        "confidence_level": level,
    }


def _every(cut: Cut) -> list[_Segments]:
    total = cut.anchor.value if cut.anchor is not None else None
    every = [cut_into_segments(repeat, cut.plan.wave, cut.plan, total=total) for repeat in cut.repeats]
    return [_segments(cut, i, [one[i] for one in every]) for i in range(len(cut.plan.segmentations))]


def _segments(cut: Cut, i: int, estimates: list[SegmentEstimates]) -> _Segments:
    segmentation, classes = cut.plan.segmentations[i], cut.plan.wave.sample.classes
    draws = np.array([one.segments[i] for one in cut.replicates])
    totals = np.array([one.by_assumption[cut.plan.wave.headline] for one in cut.replicates])
    between = np.mean([one.between_variance for one in estimates])
    unseen = (1.0 - estimates[0].weight) ** 2 * between + estimates[0].own_variance
    size = len(segmentation.labels)
    total, of_total = float(np.mean([one.point.nps for one in cut.repeats])), 0.0
    if cut.anchor is not None:  # replicates say how segments differ from the total, the calls where that is
        draws, total = draws - totals[:, None], cut.anchor.value
        totals, of_total = np.zeros_like(totals), cut.anchor.standard_error**2
    return _Segments(
        segmentation,
        np.asarray(np.mean([one.composite for one in estimates], axis=0)),
        total,
        np.column_stack([draws, totals]),
        unseen,
        of_total,
        np.bincount(segmentation.codes, minlength=size),
        np.bincount(segmentation.codes[classes < 0], minlength=size),
    )


def _rows(one: _Segments, classes: Integers, level: float, min_n: int) -> list[dict[str, Any]]:
    errors = np.sqrt(one.draws[:, :-1].var(axis=0, ddof=1) + one.unseen + one.of_total)
    rows = []
    for code, label in enumerate(one.cut.labels):
        mine = classes[one.cut.codes == code]
        row: dict[str, Any] = {
            "segmentation": one.cut.name,
            "segment": label,
            "n": len(mine),
            "n_respondents": int((mine >= 0).sum()),
            "confidence_level": level,
            "suppressed": len(mine) < min_n,
        }
        if len(mine) >= min_n:
            silent = normal_estimate(
                float(one.composite[code]),
                float(errors[code]),
                n=int(one.n_silent[code]),
                confidence_level=level,
                degrees=len(one.draws) - 1,
            )
            row |= _numbers(silent, mine[mine >= 0])
        rows.append(row)
    return rows


def _numbers(silent: NPSEstimate, answers: Integers) -> dict[str, float | None]:
    known = census(answers, confidence_level=silent.confidence_level)
    base = mix(known, silent)
    return {
        "survey_nps": known.value if len(answers) else None,
        **(_interval(silent) if silent.n else {}),
        "base_value": base.value,
        "base_low": base.low,
        "base_high": base.high,
    }


def _interval(silent: NPSEstimate) -> dict[str, float]:
    return {"value": silent.value, "low": silent.low, "high": silent.high, "standard_error": silent.standard_error}
