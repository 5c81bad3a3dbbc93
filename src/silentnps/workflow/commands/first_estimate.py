"""The first estimate of a model, made by the first command that needs it."""

from __future__ import annotations

from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.watch import QUIET, Watch


def ensure_estimate(project: Project, *, tracker: Tracker = IN_THIS_PROCESS, watch: Watch = QUIET) -> None:
    """Make the estimate with the segments of the configuration, if none was made; an older one stays."""
    if project.estimate.exists() or not (project.model.exists() and project.out_of_fold.exists()):
        return
    from silentnps.workflow.commands.estimate import estimate  # it alone loads what estimates

    estimate(project, tracker=tracker, watch=watch)
