"""The wave of a training, cut by any columns, ready to be estimated again without a fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.workflow.artifacts.bootstrap import KeptBootstrap, read_bootstrap
from silentnps.workflow.artifacts.out_of_fold import OutOfFold, read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.estimate import check_unchanged, follow_up_of
from silentnps.workflow.decisions.comparison.segment_columns import SegmentColumns, read_segment_columns
from silentnps.workflow.large_base.everybody import Everybody, read_everybody, wave_of_training
from silentnps.workflow.left_out import refuse_use
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import settled_data


@dataclass(frozen=True)
class TrainedWave:
    """A wave with what its training kept, and its customers' segments."""

    wave: CrossFittedWave
    handed_over: OutOfFold
    kept: KeptBootstrap
    columns: SegmentColumns

    @property
    def of_wave(self) -> pd.DataFrame:
        """Return the rows of the wave in the training."""
        return self.handed_over.rows[self.wave.data.target]


def read_trained_wave(
    project: Project,
    bundle: Bundle,
    by: Sequence[str],
    *,
    confidence_level: float | None = None,
    watch: Watch = QUIET,
) -> TrainedWave:
    """Read the wave of a bundle's training, cut by the columns `by`, see `read_segment_columns`.

    Errors are those of `silentnps.workflow.commands.estimate.estimate` and of `read_segment_columns`.
    """
    handed_over, kept, config = read_out_of_fold(project, bundle), read_bootstrap(project, bundle), project.config
    data = settled_data(handed_over.rows, bundle.info, config.features)
    of_wave = handed_over.rows[data.target]
    data = replace(data, follow_up=follow_up_of(project, of_wave, watch))
    check_unchanged(data, config, bundle.info)
    refuse_use({"--by": by}, bundle.info.get("left_out", {}))
    everybody = read_everybody(project, bundle, ())
    columns = read_segment_columns(project, bundle, of_wave, by, watch=watch)
    cut = everybody if everybody is None else _with_segments(everybody, columns)
    wave = wave_of_training(
        bundle, config, data, handed_over.margins, columns.held, cut, confidence_level=confidence_level
    )
    return TrainedWave(wave, handed_over, kept, columns)


def _with_segments(everybody: Everybody, columns: SegmentColumns) -> Everybody:
    return everybody if columns.silent is None else replace(everybody, segments=columns.silent)
