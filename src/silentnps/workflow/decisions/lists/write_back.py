"""The scores of everybody, written for another system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from silentnps.actions.goals import GOALS
from silentnps.actions.write_back import profile_lines, salesforce_rows
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.decisions.lists.actions import barred_from, newest_scores
from silentnps.workflow.decisions.lists.files import actions_folder, write_table
from silentnps.workflow.privacy.permissions import not_to_be_scored
from silentnps.workflow.watch import QUIET, Watch

SYSTEMS = ("salesforce", "profile")


@dataclass(frozen=True)
class WrittenBack:
    """The file, how many customers it has, and how many are left out by reason."""

    path: Path
    n: int
    left_out: dict[str, int]


@one_at_a_time
def write_back(project: Project, system: str, *, watch: Watch = QUIET) -> WrittenBack:
    """Write actions/salesforce.csv, for an upsert by external id, or actions/profile.jsonl, for a profile's traits.

    The newest scores count. Who opted out since they were made, or was forgotten, is left out.

    Raises
    ------
    DataError
        If there are no scores, or they are damaged.
    """
    watch.step("reading the scores")
    scores = newest_scores(project).table
    barred = barred_from(project, GOALS["recover"], scores["customer_id"])
    causes = {"opted out": not_to_be_scored(project.config), "forgotten": barred["forgotten"]}
    left_out = {words: int(scores["customer_id"].isin(ids).sum()) for words, ids in causes.items()}
    kept = scores[~scores["customer_id"].isin(causes["opted out"] | causes["forgotten"])]
    watch.step("writing the scores for the system")
    folder = actions_folder(project)
    if system == "profile":
        path = write_table(folder / "profile.jsonl", _lines(profile_lines(kept)))
        n = len(kept)
    else:
        rows, n_unsafe = salesforce_rows(kept, project.config.actions.salesforce)
        path, n = write_table(folder / "salesforce.csv", lambda new: write_csv(rows, new)), len(rows)
        left_out["with an id that a spreadsheet would compute"] = n_unsafe
    return WrittenBack(path, n, {words: count for words, count in left_out.items() if count})


def _lines(lines: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)  # type: ignore[attr-defined]

    return write
