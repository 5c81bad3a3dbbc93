"""The log of what a team did, written into the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from silentnps.actions.done_log import read_log
from silentnps.actions.goals import STATUSES, TREATED
from silentnps.actions.ledger import with_log
from silentnps.errors import DataError
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.decisions.lists.files import ledger_path, read_ledger, write_ledger
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class Logged:
    """How many rows a log has, how many entries of the ledger it changed, and how many have each status now."""

    n_rows: int
    n_changed: int
    by_status: dict[str, int]


@one_at_a_time
def log_actions(project: Project, path: Path, *, watch: Watch = QUIET) -> Logged:
    """Write what was done into the ledger; the same log again changes nothing.

    Raises
    ------
    DataError
        If the log has a value that is none, a customer who is on no list, or there is no list yet.
    """
    watch.step("reading the log")
    ledger = read_ledger(project)
    if ledger.empty:
        raise DataError(
            f"{ledger_path(project)} must have a list; got none. Make one: `silentnps actions --goal recover`."
        )
    log = read_log(path, zone=project.config.timezone)
    changed, n_changed = with_log(ledger, log)
    write_ledger(project, changed)
    counts = changed.loc[changed["arm"] == TREATED, "status"].value_counts()
    return Logged(len(log), n_changed, {status: int(counts.get(status, 0)) for status in STATUSES})
