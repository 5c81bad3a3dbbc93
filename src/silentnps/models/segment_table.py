"""The table of segments: composites of all repeats with intervals from the replicates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.nps import Floats, Integers, NPSEstimate, census, mix, normal_estimate
from silentnps.estimation.segments import SegmentEstimates
from silentnps.models.analysis import Repeat
from silentnps.models.bootstrap import Plan, Replicate, Segmentation, cut_into_segments

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


def segment_table(
    plan: Plan, repeats: list[Repeat], replicates: list[Replicate], *, confidence_level: float, min_n: int
) -> pd.DataFrame:
    """Return one row per segment; see `NPSReport.segments` for the columns.

    Segments of fewer than `min_n` customers are listed with `suppressed` true and no numbers.

    Notes
    -----
    Squared error of a composite: variance over replicates, plus (1 - weight)^2 times the variance between
    segments (what the synthetic part cannot see), plus the customers' own draws.
    """
    every = [cut_into_segments(repeat, plan.wave, plan) for repeat in repeats]
    rows: list[dict[str, Any]] = []
    for i, cut in enumerate(plan.segmentations):
        estimates = [one[i] for one in every]
        spread = np.array([replicate.segments[i] for replicate in replicates])
        rows.extend(_rows(plan, cut, estimates, spread, confidence_level, min_n))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    plan: Plan,
    cut: Segmentation,
    estimates: list[SegmentEstimates],
    spread: Floats,
    confidence_level: float,
    min_n: int,
) -> list[dict[str, Any]]:
    composite = np.mean([one.composite for one in estimates], axis=0)
    between = np.mean([one.between_variance for one in estimates])
    weight, own = estimates[0].weight, estimates[0].own_variance
    errors = np.sqrt(spread.var(axis=0, ddof=1) + (1.0 - weight) ** 2 * between + own)
    classes = plan.wave.sample.classes
    rows = []
    for code, label in enumerate(cut.labels):
        mine = classes[cut.codes == code]
        row: dict[str, Any] = {
            "segmentation": cut.name,
            "segment": label,
            "n": len(mine),
            "n_respondents": int((mine >= 0).sum()),
            "confidence_level": confidence_level,
            "suppressed": len(mine) < min_n,
        }
        if len(mine) >= min_n:
            silent = normal_estimate(
                float(composite[code]),
                float(errors[code]),
                n=int((mine < 0).sum()),
                confidence_level=confidence_level,
                degrees=len(spread) - 1,
            )
            row |= _numbers(silent, mine[mine >= 0])
        rows.append(row)
    return rows


def _numbers(silent: NPSEstimate, answers: Integers) -> dict[str, float | None]:
    known = census(answers, confidence_level=silent.confidence_level)
    base = mix(known, silent) if silent.n else known
    return {
        "survey_nps": known.value if len(answers) else None,
        **(_interval(silent) if silent.n else {}),
        "base_value": base.value,
        "base_low": base.low,
        "base_high": base.high,
    }


def _interval(silent: NPSEstimate) -> dict[str, float]:
    return {"value": silent.value, "low": silent.low, "high": silent.high, "standard_error": silent.standard_error}
