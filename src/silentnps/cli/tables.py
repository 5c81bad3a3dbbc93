"""Tables of results on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from silentnps.cli.screen import OUT, titled_table
from silentnps.report.sections import largest_differences
from silentnps.report.wording.bands import band_sentences, country_note

if TYPE_CHECKING:
    from silentnps.estimation.wave.nps_report import NPSReport
    from silentnps.training.train import Training

_MOST_SEGMENTS = 20


def show_candidates(training: Training) -> None:
    """Print the candidates' cross-validated metrics beside the baselines."""
    table = titled_table("Candidates, cross-validated on those who answered")
    shown = ("rps", "log_loss", "macro_f1", "auc_detractor", "lift_at_10_detractor")
    table.add_column("candidate", no_wrap=True)
    for name in shown:
        table.add_column(name.replace("_", " "), justify="right")
    for row in training.metrics.to_dict("records"):
        name = f"{row['candidate']}{' (chosen)' if row['candidate'] == training.candidate else ''}"
        table.add_row(name, *(f"{row[key]:.3f}" if key in row else "" for key in shown))
    OUT.print(table)


def show_estimate(report: NPSReport) -> None:
    """Print the tables behind an estimate."""
    for sentence in band_sentences(report.base):
        OUT.print(sentence.replace("−", "-"))
    if report.silent.n:
        show_assumptions(report)
        OUT.print(report.disagreement)
        show_shadows(report)
        show_tipping_points(report)
    show_segments(report)
    show_differences(report)
    if note := country_note(map(str, report.segments.get("segmentation", ()))):
        OUT.print(note)
    show_early_late(report)


def show_assumptions(report: NPSReport) -> None:
    """Print the NPS of silent customers under each assumption."""
    table = titled_table("Silent customers, by assumption")
    table.add_column("assumption")
    for name in ("NPS", "low", "high"):
        table.add_column(name, justify="right")
    table.add_column("what it takes for granted")
    for row in report.by_assumption.to_dict("records"):
        mark = " (headline)" if row["assumption"] == report.headline else ""
        numbers = [f"{row[key]:+.1f}" if row[key] == row[key] else "" for key in ("value", "low", "high")]
        table.add_row(f"{row['assumption']}{mark}", *numbers, str(row["note"]))
    OUT.print(table)


def show_shadows(report: NPSReport) -> None:
    """Print the NPS of silent customers with each family of shadows taken as a response driver."""
    if report.shadow_test.empty:
        return
    table = titled_table("Silent customers, with one family of shadows taken as a driver")
    table.add_column("shadow")
    for name in ("NPS", "low", "high", "p-value"):
        table.add_column(name, justify="right")
    table.add_column("what it says")
    for row in report.shadow_test.to_dict("records"):
        numbers = [f"{row[key]:+.1f}" for key in ("nps_silent", "low", "high")]
        table.add_row(row["shadow"], *numbers, f"{row['p_holm']:.3f}", row["words"])
    OUT.print(table)


def show_tipping_points(report: NPSReport) -> None:
    """Print how strongly satisfaction would have to drive answering for the answer to change."""
    for sentence in report.tipping_points["words"]:
        OUT.print(sentence.replace("−", "-"))


def show_differences(report: NPSReport) -> None:
    """Print the largest differences between segments, and how many more there are."""
    shown = largest_differences(report)
    if shown.empty:
        return
    table = titled_table("Silent customers, differences between segments")
    for name in ("by", "segment", "less"):
        table.add_column(name)
    for name in ("difference", "low", "high"):
        table.add_column(name, justify="right")
    for row in shown.to_dict("records"):
        names = (str(row[key]) for key in ("segmentation", "segment", "other"))
        table.add_row(*names, *(f"{row[key]:+.1f}" for key in ("difference", "low", "high")))
    OUT.print(table)
    n_more = len(report.segment_differences) - len(shown)
    if n_more:
        OUT.print(f"{n_more:,} more in segment_differences.csv; among so many some differ by chance")


def show_early_late(report: NPSReport) -> None:
    """Print the NPS of early and of late answers, with what they say."""
    if report.early_late.empty:
        return
    table = titled_table("Those who answered, by reminders before the answer")
    table.add_column("answers after")
    for name in ("answers", "NPS", "low", "high"):
        table.add_column(name, justify="right")
    known = report.early_late[report.early_late["value"].notna()]
    for row in known.to_dict("records"):
        table.add_row(row["group"], f"{row['n']:,}", *(f"{row[key]:+.1f}" for key in ("value", "low", "high")))
    OUT.print(table)
    for sentence in report.early_late["words"].dropna():
        if sentence:
            OUT.print(sentence)


def show_segments(report: NPSReport) -> None:
    """Print the largest segments of each segmentation."""
    for name, rows in report.segments.groupby("segmentation", sort=False):
        table = titled_table(f"Silent customers, by {name}")
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
