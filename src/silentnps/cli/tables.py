"""Tables of results on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from silentnps.cli.screen import OUT

if TYPE_CHECKING:
    from silentnps.estimation.result import NPSReport
    from silentnps.models.training import Training

_MOST_SEGMENTS = 20


def show_candidates(training: Training) -> None:
    """Print the candidates' cross-validated metrics beside the baselines."""
    table = Table(title="Candidates, cross-validated on those who answered", title_justify="left")
    shown = ("rps", "log_loss", "macro_f1", "auc_detractor", "lift_at_10_detractor")
    table.add_column("candidate")
    for name in shown:
        table.add_column(name.replace("_", " "), justify="right")
    for row in training.metrics.to_dict("records"):
        name = f"{row['candidate']}{' (chosen)' if row['candidate'] == training.candidate else ''}"
        table.add_row(name, *(f"{row[key]:.3f}" if key in row else "" for key in shown))
    OUT.print(table)


def show_assumptions(report: NPSReport) -> None:
    """Print the NPS of the silent under each assumption."""
    table = Table(title="Silent customers, by assumption", title_justify="left")
    table.add_column("assumption")
    for name in ("NPS", "low", "high"):
        table.add_column(name, justify="right")
    table.add_column("what it takes for granted")
    for row in report.by_assumption.to_dict("records"):
        mark = " (headline)" if row["assumption"] == report.headline else ""
        numbers = [f"{row[key]:+.1f}" if row[key] == row[key] else "" for key in ("value", "low", "high")]
        table.add_row(f"{row['assumption']}{mark}", *numbers, str(row["note"]))
    OUT.print(table)


def show_segments(report: NPSReport) -> None:
    """Print the largest segments of each segmentation."""
    for name, rows in report.segments.groupby("segmentation", sort=False):
        table = Table(title=f"Silent customers, by {name}", title_justify="left")
        table.add_column(str(name))
        for heading in ("customers", "answers", "survey", "NPS", "low", "high"):
            table.add_column(heading, justify="right")
        largest = rows.sort_values("n", ascending=False, kind="stable").head(_MOST_SEGMENTS)
        for row in largest.to_dict("records"):
            numbers = [row[key] for key in ("survey_nps", "value", "low", "high")]
            shown = [f"{x:+.1f}" if x is not None and x == x else "" for x in numbers]
            mark = " (too few: suppressed)" if row["suppressed"] else ""
            table.add_row(f"{row['segment']}{mark}", f"{row['n']:,}", f"{row['n_respondents']:,}", *shown)
        OUT.print(table)
