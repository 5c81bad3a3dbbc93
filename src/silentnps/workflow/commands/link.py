"""Link: how many rows of each table match a customer, by which key, and whether they are enough."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.data.checking.unmatched import too_many_unmatched
from silentnps.data.identity.link_tables import KeyCounts
from silentnps.data.identity.linked_tables import read_linked_tables
from silentnps.data.identity.match_report import ALL, Period, SurveyCustomers, match_by_period, survey_customers
from silentnps.storage.atomic import replace_file
from silentnps.storage.duckdb_memory import limited_memory
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class Link:
    """What links the tables of a project.

    `matches` is that of `match_by_period`. `failures` says, for each table of which too few rows match, why.
    """

    matches: pd.DataFrame
    surveys: list[SurveyCustomers]
    keys: tuple[KeyCounts, ...]
    failures: list[str]


def link(project: Project, *, period: Period = "quarter", watch: Watch = QUIET) -> Link:
    """Count the rows of each table that match a customer, and write link.csv.

    Raises
    ------
    ConfigError, DataError
        As `read_linked_tables`.
    """
    project.prepare_output()
    watch.step("reading the tables")
    linked = read_linked_tables(project.config)
    with limited_memory(linked.tables["customers"].get_backend()):
        watch.step("matching rows with customers")
        matches = match_by_period(linked, period)
        surveys = survey_customers(linked)
    replace_file(project.link, lambda path: write_csv(matches, path))
    return Link(matches, surveys, linked.keys, _failures(linked.config, matches))


def _failures(config: ProjectConfig, matches: pd.DataFrame) -> list[str]:
    totals = matches[matches["period"] == ALL].to_dict("records")
    judged = (
        too_many_unmatched(
            config,
            row["table"],
            n_rows=row["rows"],
            n_unmatched=row["orphans"] + row["several"],
            n_without_key=row["without_key"],
        )
        for row in totals
    )
    return [words for words in judged if words is not None]
