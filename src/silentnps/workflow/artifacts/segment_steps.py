"""The steps of segments, fitted at the estimate and read by scoring."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.bundle.segment_steps import NO_SEGMENT_STEPS, SegmentSteps, fit_segment_steps
from silentnps.errors import DataError
from silentnps.estimation.wave.report import NPSReport
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.survey_data import SurveyData
from silentnps.workflow.artifacts.project import Project

_ROWS_AT_ONCE = 50_000


def segment_steps_of(bundle: Bundle, data: SurveyData, segments: pd.DataFrame, report: NPSReport) -> SegmentSteps:
    """Fit the steps of the segments of an estimate.

    `segments` has the columns of the segmentations, one row a row of the wave; what is published is in `report`.
    """
    if segments.columns.empty:
        return NO_SEGMENT_STEPS
    silent = np.flatnonzero(data.target & ~data.answered)
    of_wave = ~data.answered[data.target]
    return fit_segment_steps(report.segments, segments[of_wave], _scores(bundle, data, silent), report.silent.value)


def described(project: Project, bundle: Bundle, segment_steps: SegmentSteps) -> dict[str, Any]:
    """Return segment steps as plain values with the digests of the model and of the features of its wave."""
    return {**_made_of(project, bundle), **segment_steps.to_dict()}


def read_segment_steps(project: Project, bundle: Bundle) -> SegmentSteps:
    """Return the segment steps that the last estimate wrote.

    Raises
    ------
    DataError
        If there are none, they are damaged, or of another model.
    """
    path, made_of = project.segment_steps, _made_of(project, bundle)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if {name: values[name] for name in made_of} != made_of:
            raise DataError(f"{path} must be of this model; got that of another. Run `silentnps estimate` again.")
        return SegmentSteps.from_dict(values)
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Run `silentnps estimate` (with `--by COLUMN`) first.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise DataError(f"{path} is damaged. Run `silentnps estimate` again.") from None


def _made_of(project: Project, bundle: Bundle) -> dict[str, str]:
    """Return by what steps know the scores that they were fitted on: every number of the model is in its file."""
    text = (project.model / "bundle.json").read_bytes()
    digest = hashlib.sha256(text).hexdigest()[:16]
    return {"bundle_digest": digest, "features_digest": str(bundle.info["features_digest"])}


def _scores(bundle: Bundle, data: SurveyData, rows: Integers) -> Floats:
    """Return expected NPS of silent rows as they are scored, some at a time: their designs take memory."""
    found = [np.zeros(0)]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        law = bundle.silent_probabilities(data.features.iloc[some], data.invited[some])
        found.append(expected_nps(law))
    return np.concatenate(found)
