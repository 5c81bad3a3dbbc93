"""The table of segments: composites of all repeats with intervals from the replicates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate, census, mix, normal_estimate
from silentnps.estimation.formulas.small_areas import SegmentEstimates
from silentnps.estimation.wave.bootstrap import BootstrapDraw
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.monte_carlo import sampling_variance_of_segments
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, segment_estimates, segment_weights
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.distributions import t_quantile
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
class CutWave:
    """One segmentation: the NPS of silent customers of each segment, its draws, and what they do not show.

    `composite` has shape (segments,), `draws` (draws, segments) with a last column for all silent customers;
    `unseen` is the variance that no draw shows: of what the model misses in a segment, of the customers' own draws,
    and of the sample of silent customers; `of_total` the variance of the total where the draws do not show it; `n`
    and `n_silent` count customers.
    """

    segmentation: Segmentation
    composite: Floats
    total: float
    draws: Floats
    unseen: Floats
    of_total: float
    n: Integers
    n_silent: Integers

    def usable(self, min_n: int) -> list[int]:
        return [
            code for code in range(len(self.segmentation.labels)) if self.n[code] >= min_n and self.n_silent[code]
        ]


def segment_table(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    *,
    anchor: NPSEstimate | None = None,
) -> pd.DataFrame:
    """Return one row per segment; see `NPSReport.segments` for the columns.

    Segments of fewer customers than the least of the settings are listed with `suppressed` true and no numbers.
    `anchor` is the headline where it is not the selection model's.

    Notes
    -----
    Squared error of a composite: variance over the draws, plus (1 - weight)^2 times the variance between segments
    (what the synthetic component cannot see), plus the customers' own draws.
    """
    rows: list[dict[str, Any]] = []
    for cut in cuts_of(wave, repeats, draws, anchor):
        rows.extend(_rows(cut, wave))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def segment_differences(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    *,
    anchor: NPSEstimate | None = None,
) -> pd.DataFrame:
    """Return differences between the silent customers of two segments, in points, with intervals.

    One row per pair of segments of a segmentation (of more than 20 segments: each against all silent customers):
    segmentation, segment, other, difference (segment less other), low, high, standard_error, confidence_level.
    Segments that are suppressed or have no silent customers are left out. Both sides share a model and a draw, so
    the interval of a difference is shorter than two separate intervals suggest.
    """
    level = wave.estimation.confidence_level
    rows: list[dict[str, Any]] = []
    for cut in cuts_of(wave, repeats, draws, anchor):
        usable = cut.usable(wave.estimation.min_segment_n)
        pairs: list[tuple[int, int | None]] = [(code, None) for code in usable]
        if len(usable) <= _MOST_PAIRED:
            pairs = list(combinations(usable, 2))
        rows.extend(difference_of(cut, first, second, level) for first, second in pairs)
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def difference_of(cut: CutWave, first: int, second: int | None, level: float) -> dict[str, Any]:
    """Return one row of `segment_differences`: of two segments by position, or of one and all silent customers."""
    position = -1 if second is None else second
    value = cut.composite[first] - (cut.total if second is None else cut.composite[second])
    unseen = cut.unseen[first] + (0.0 if second is None else cut.unseen[second])
    error = float(np.sqrt((cut.draws[:, first] - cut.draws[:, position]).var(ddof=1) + unseen))
    half = t_quantile(0.5 + level / 2, len(cut.draws) - 1) * error
    return {
        "segmentation": cut.segmentation.name,
        "segment": cut.segmentation.labels[first],
        "other": _REST if second is None else cut.segmentation.labels[second],
        "difference": value,
        "low": max(value - half, -200.0),
        "high": min(value + half, 200.0),
        "standard_error": error,
        "confidence_level": level,
    }


def cuts_of(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    anchor: NPSEstimate | None,
) -> list[CutWave]:
    """Gather every segmentation of a wave; arguments as of `segment_table`."""
    total, weights = None if anchor is None else anchor.value, segment_weights(wave, repeats)
    by_repeat = [segment_estimates(repeat, wave, weights=weights, total=total) for repeat in repeats]
    nps, totals = (
        float(np.mean([repeat.point.nps for repeat in repeats])),
        np.array([draw.by_assumption[wave.headline] for draw in draws]),
    )
    return [
        _cut(
            wave,
            segmentation,
            [estimates[i] for estimates in by_repeat],
            np.array([draw.segments[i] for draw in draws]),
            (nps, totals),
            anchor,
            sampling_variance_of_segments(wave, repeats, segmentation),
        )
        for i, segmentation in enumerate(wave.segmentations)
    ]


def _cut(
    wave: CrossFittedWave,
    segmentation: Segmentation,
    estimates: list[SegmentEstimates],
    draws: Floats,
    of_all: tuple[float, Floats],
    anchor: NPSEstimate | None,
    sampling: Floats,
) -> CutWave:
    """Gather one segmentation; `of_all` is the NPS of all silent customers, and its draws.

    `sampling` is the variance that comes from a sample of silent customers.
    """
    between = np.mean([estimate.between_variance for estimate in estimates])
    unseen = (1.0 - estimates[0].weight) ** 2 * between + estimates[0].own_variance + sampling
    (total, totals), of_total = of_all, 0.0
    n_silent = segmentation.n_silent(wave.silent)
    n_answers = np.bincount(segmentation.codes[~wave.silent], minlength=len(segmentation.labels))
    if anchor is not None:  # draws say how segments differ from the total, the calls where that is
        draws, total = draws - totals[:, None], anchor.value
        totals, of_total = np.zeros_like(totals), anchor.standard_error**2
    return CutWave(
        segmentation=segmentation,
        composite=np.asarray(np.mean([estimate.composite for estimate in estimates], axis=0)),
        total=total,
        draws=np.column_stack([draws, totals]),
        unseen=unseen,
        of_total=of_total,
        n=n_answers + n_silent,
        n_silent=n_silent,
    )


def _rows(cut: CutWave, wave: CrossFittedWave) -> list[dict[str, Any]]:
    level, min_n = wave.estimation.confidence_level, wave.estimation.min_segment_n
    errors = np.sqrt(cut.draws[:, :-1].var(axis=0, ddof=1) + cut.unseen + cut.of_total)
    rows = []
    for code, label in enumerate(cut.segmentation.labels):
        classes = wave.sample.classes[cut.segmentation.codes == code]
        row: dict[str, Any] = {
            "segmentation": cut.segmentation.name,
            "segment": label,
            "n": int(cut.n[code]),
            "n_respondents": int((classes >= 0).sum()),
            "confidence_level": level,
            "suppressed": bool(cut.n[code] < min_n),
        }
        if not row["suppressed"]:
            silent = normal_estimate(
                float(cut.composite[code]),
                float(errors[code]),
                n=int(cut.n_silent[code]),
                confidence_level=level,
                degrees=len(cut.draws) - 1,
            )
            row |= _numbers(silent, classes[classes >= 0])
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
