"""What an estimate of a large base needs of every silent customer: their segments beside their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError, DataError
from silentnps.estimation.formulas.selection import tilt
from silentnps.estimation.value.spend import Spend
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.features.large_base.feature_reader import feature_columns
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.segmentation import Segmentation, SilentBySegment, segmentation_of
from silentnps.numerics.silent_population import SilentPopulation
from silentnps.outcome.outcome_model import OutcomeDesign
from silentnps.outcome.survey_data import SurveyData
from silentnps.training.control import EverySilent
from silentnps.workflow.artifacts.every_silent import read_every_silent
from silentnps.workflow.artifacts.features_digest import digest_of_features
from silentnps.workflow.artifacts.project import Project

_ROWS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Everybody:
    """All silent customers of a wave: what training knows of them, and the columns of their segments."""

    population: SilentPopulation
    silent: EverySilent
    segments: pd.DataFrame

    def segmentations(self, held: pd.DataFrame) -> tuple[Segmentation, ...]:
        """Return how the rows that are held are cut, with what is known of all silent customers of each segment.

        `held` has the columns of the segments for the rows of the wave that are held.
        """
        before_step = expected_nps_in_batches(self.silent.probabilities, np.zeros(3))
        return tuple(self._cut(held[name], self.segments[name], before_step) for name in self.segments)

    def _cut(self, held: pd.Series, silent: pd.Series, expected: Floats) -> Segmentation:
        of_held, of_silent = segmentation_of(held), segmentation_of(silent)
        labels = tuple(sorted({*of_held.labels, *of_silent.labels}))
        codes = _recoded(of_silent, labels)
        groups = (self.silent.invited, ~self.silent.invited)
        n = np.array([np.bincount(codes[group], minlength=len(labels)) for group in groups])
        sums = np.array([np.bincount(codes[group], expected[group], len(labels)) for group in groups])
        everybody = SilentBySegment(n, sums / np.maximum(n, 1))
        return replace(of_held, codes=_recoded(of_held, labels), labels=labels, everybody=everybody)


def read_everybody(project: Project, bundle: Bundle, segmentations: Sequence[str]) -> Everybody | None:
    """Return all silent customers of a bundle's wave with their segments; None where training held every one.

    Raises
    ------
    ConfigError
        If a segmentation is a column that the model computes.
    DataError
        If the features were built again since the training.
    """
    found = read_every_silent(project, bundle)
    if found is None:
        return None
    wave, computed = str(bundle.info["wave"]), set(bundle.learned.names) & set(segmentations)
    if computed:
        raise ConfigError(
            f"segments of a large base must be columns of features.parquet; got {min(computed)!r}, which the model "
            "computes. Choose others."
        )
    if digest_of_features(project, wave) != bundle.info["features_digest"]:
        raise DataError(
            f"{project.features} must hold the features of the training; got others. Run `silentnps train` again."
        )
    rows = feature_columns(project.features, wave, ["respondent", *segmentations])
    silent = rows[~rows["respondent"].to_numpy(dtype=np.bool_)]
    return Everybody(*found, silent[list(segmentations)].reset_index(drop=True))


def with_everybody(data: SurveyData, everybody: Everybody | None) -> SurveyData:
    """Return the data of training's rows, which know all silent customers if these are a sample."""
    return data if everybody is None else replace(data, population=everybody.population)


def wave_of_training(
    bundle: Bundle,
    config: ProjectConfig,
    data: SurveyData,
    margins: Floats,
    segments: pd.DataFrame,
    everybody: Everybody | None,
    *,
    spend: Spend | None = None,
    confidence_level: float | None = None,
) -> CrossFittedWave:
    """Return the wave of a training, ready to be estimated again without a fit.

    Parameters
    ----------
    data, margins
        Of the training's rows; margins as its cross-fitting left them.
    segments
        The columns that cut the wave into segments, one row per row of it that training holds; `everybody` has
        those of a large base's silent customers.
    spend
        What the customers of these rows spent.
    confidence_level
        In place of that of the configuration.
    """
    level = confidence_level or config.estimation.confidence_level
    by = tuple(str(name) for name in segments.columns)
    known = with_everybody(data, everybody)
    return CrossFittedWave.of(
        known,
        OutcomeDesign(known),
        margins,
        components=bundle.components,
        model=config.model.model_copy(update=bundle.info["trees"]),
        estimation=config.estimation.model_copy(update={"segments": by, "confidence_level": level}),
        segments=segments if everybody is None else None,
        segmentations=() if everybody is None else everybody.segmentations(segments),
        spend=spend,
        random_state=config.random_state,
    )


def expected_nps_in_batches(probabilities: Floats, step: Floats) -> Floats:
    """Return the expected NPS of rows after a step, shape (n,), in points; the probabilities may lie on disk."""
    expected = np.empty(len(probabilities))
    for start in range(0, len(probabilities), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        expected[rows] = expected_nps(tilt(probabilities[rows], step))
    return expected


def _recoded(cut: Segmentation, labels: tuple[str, ...]) -> Integers:
    """Return the codes of a cut by more labels, both in order."""
    return np.searchsorted(np.array(labels, dtype=str), np.array(cut.labels, dtype=str))[cut.codes]
