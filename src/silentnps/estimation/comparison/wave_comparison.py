"""The segments of a wave compared, from what a training kept: the same numbers as its estimate by segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.estimation.comparison.segments import compare_segments
from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wave.bootstrap import Bootstrap, BootstrapDraw
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, RepeatModels, repeat_of_models
from silentnps.estimation.wave.segment_table import cuts_of, segment_table
from silentnps.estimation.wave.wave_follow_up import wave_follow_up
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.parallel import one_thread
from silentnps.numerics.segmentation import Segmentation


@dataclass(frozen=True)
class SegmentComparison:
    """The levels of the segmentations and their differences.

    `levels` has the columns of `NPSReport.segments` and `answer_rate`; of `differences` see
    `silentnps.estimation.comparison.segments.compare_segments`.
    """

    levels: pd.DataFrame
    differences: pd.DataFrame


def repeats_of(wave: CrossFittedWave, models: list[RepeatModels]) -> list[RepeatEstimate]:
    """Return the estimate of each repeat of the cross-fitting from its fitted models."""
    with one_thread():
        return [
            repeat_of_models(wave.margins_of(margins), wave, each)
            for margins, each in zip(wave.margins, models, strict=True)
        ]


def compare_wave(
    wave: CrossFittedWave, repeats: list[RepeatEstimate], drawn: Bootstrap, *, against: str
) -> SegmentComparison:
    """Compare the segments of a wave's segmentations; see `compare_segments` for `against`."""
    with one_thread():
        return comparison_of_draws(wave, repeats, drawn.draws(wave, repeats), against=against)


def comparison_of_draws(
    wave: CrossFittedWave, repeats: list[RepeatEstimate], draws: list[BootstrapDraw], *, against: str
) -> SegmentComparison:
    """Do as `compare_wave`, from draws of the bootstrap by the segments of the wave."""
    anchor = _anchor(wave, repeats)
    levels = segment_table(wave, repeats, draws, anchor=anchor)
    differences = compare_segments(
        cuts_of(wave, repeats, draws, anchor),
        [_answers(wave, cut) for cut in wave.segmentations],
        against=against,
        min_n=wave.estimation.min_segment_n,
        confidence_level=wave.estimation.confidence_level,
        seed=wave.random_state,
    )
    rate = levels["n_respondents"] / levels["n"].where(levels["n"] > 0)
    levels.insert(list(levels.columns).index("survey_nps"), "answer_rate", rate)
    return SegmentComparison(levels, differences)


def _anchor(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> NPSEstimate | None:
    follow_up = wave_follow_up(wave, repeats)
    return None if follow_up is None else follow_up.silent


def _answers(wave: CrossFittedWave, cut: Segmentation) -> Floats:
    """Return the sum of the values of the answers of each segment."""
    answered = wave.sample.answered
    values = CLASS_VALUES[wave.sample.classes[answered]]
    return np.asarray(np.bincount(cut.codes[answered], values, len(cut.labels)), dtype=np.float64)
