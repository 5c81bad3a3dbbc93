"""What is made of a training beside it, in the process that tracks: its evaluation, and the pictures of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from silentnps.explanation.contributions.explain import explain
from silentnps.outcome.survey_data import SurveyData
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.training.train import Training
from silentnps.workflow.explain_training import ExplainedScores
from silentnps.workflow.judge import Judged

_DRAWN_ROWS = 1000


@dataclass(frozen=True)
class Beside:
    """What is written into `folder` while the training goes on; both functions wait until it is there.

    `reasons` returns the pictures of the reasons, as (artifact folder, file) pairs.
    """

    folder: Path
    evaluation: Callable[[], Judged]
    reasons: Callable[[], list[tuple[str, Path]]]


def begin_pictures(
    folder: Path,
    data: SurveyData,
    training: Training,
    explained: ExplainedScores,
    *,
    tracker: Tracker = IN_THIS_PROCESS,
) -> Callable[[], list[tuple[str, Path]]]:
    """Begin to draw the reasons for the scores of silent customers, if there are any; what is returned waits."""
    silent = np.flatnonzero(data.target & ~data.answered)
    if len(silent) == 0:
        return list
    rows = silent[:: max(len(silent) // _DRAWN_ROWS, 1)]
    frame = data.features.iloc[rows]
    explanation = explain(training.bundle, frame, data.invited[rows], background=explained.background)
    return tracker.begin("workflow.figures:draw_reasons", folder, explanation, frame, explained.dendrogram)
