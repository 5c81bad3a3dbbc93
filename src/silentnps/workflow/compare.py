"""Before scoring: do the rows still resemble those that the model was trained on?"""

from __future__ import annotations

from typing import Any

from silentnps.bundle.training_reference import Reference
from silentnps.counts import counted
from silentnps.distributed import tally_on_spark
from silentnps.errors import DataError
from silentnps.features.catalog import CATALOG
from silentnps.scoring.drift import Drift, find_drift, refusal_reasons
from silentnps.scoring.tally import Tally, sum_tallies, tally
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.scored_rows import RowsToScore
from silentnps.workflow.scoring.left_surveys import left_with_surveys, words_for_left
from silentnps.workflow.watch import QUIET, Watch

_ROWS_A_PART = 100_000


def compare(
    project: Project, reference: Reference, rows: RowsToScore, *, spark: Any = None, watch: Watch = QUIET
) -> tuple[list[Drift], dict[str, float]]:
    """Compare each column of the rows with what training saw; say how they differ, and return it.

    Also returned are the features that the rows need not have, see `left_with_surveys`.

    Parameters
    ----------
    spark
        A session on whose executors the rows are counted.

    Raises
    ------
    DataError
        If a column is missing, is empty though it was filled, or holds values of another kind.
    """
    counts = (
        tally_of_rows(reference, rows) if spark is None else tally_on_spark(spark, rows.path, rows.wave, reference)
    )
    left = left_with_surveys(reference, counts.columns, project.config.tables)
    if left:
        watch.say(words_for_left(left))
    refused = {name: text for name, text in refusal_reasons(reference, counts).items() if name not in left}
    if refused:
        (name, first), *others = refused.items()
        for _, text in others:
            watch.say(text)
        more = f" {counted(len(others), 'more column')} cannot be scored, see above." if others else ""
        raise DataError(f"{rows.path}: {first}{more} {_cure(project, name)}")
    drifts = find_drift(reference, counts, project.config.scoring)
    for drift in drifts:
        watch.say(str(drift))
    return drifts, left


def tally_of_rows(reference: Reference, rows: RowsToScore) -> Tally:
    """Count rows in this process, a part at a time."""
    before, parts = 0, []
    for frame in rows.batches(_ROWS_A_PART):
        parts.append(tally(reference, frame, before=before))
        before += len(frame)
    return sum_tallies(parts)


def _cure(project: Project, name: str) -> str:
    """Return what to do; an attribute is a column of the same name in the table of customers."""
    if name in CATALOG:
        return "Correct the tables and build the features again, or train again."
    customers = project.config.tables["customers"]
    where = customers.path.name if customers.path else customers.table
    return f"Correct the column {name!r} of customers ({where}) and build the features again, or train again."
