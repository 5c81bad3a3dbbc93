"""How NPS changed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from silentnps.cli.screen import ERR, OUT, ConfigOption, open_project, tracked_screen

if TYPE_CHECKING:
    from silentnps.estimation.trend.report import TrendReport

_Freq = Annotated[
    Literal["wave", "quarter", "month"],
    typer.Option("--freq", help="A period: each wave, or all waves of a calendar quarter or month."),
]
_By = Annotated[list[str] | None, typer.Option("--by", help="Segment by this column; may be repeated.")]


def trend(config: ConfigOption, freq: _Freq = "wave", by: _By = None) -> None:
    """Say how NPS changed from period to period, whether that is more than chance, and why it moved.

    Example: silentnps trend -c configs/demo.yaml --by region
    """
    with tracked_screen("trend") as (watch, tracker):
        from silentnps.estimation.trend.words import sentences
        from silentnps.workflow.decisions.trend import trend as run

        project = open_project(config)
        report = run(project, freq=freq, by=by or (), tracker=tracker, watch=watch)
    _show_levels(report)
    _show_changes(report)
    _show_why(report)
    for sentence in sentences(report):
        OUT.print(sentence)
    for note in report.notes:
        ERR.print(f"note: {note}")
    OUT.print(f"tables: {project.trend}")


def _show_levels(report: TrendReport) -> None:
    for (segmentation, segment), rows in report.levels.groupby(["segmentation", "segment"], sort=False):
        of = f", {segmentation} {segment}" if segmentation else ""
        table = Table(title=f"NPS by period{of}, in points", title_justify="left")
        table.add_column("period", no_wrap=True)
        for name in ("customers", "answers", "answer rate", "survey", "silent", "whole base"):
            table.add_column(name, justify="right")
        for row in rows.to_dict("records"):
            rate = f"{100 * row['answer_rate']:.1f} %" if row["answer_rate"] == row["answer_rate"] else ""
            cells = (_interval(row, of) for of in ("survey", "silent", "base"))
            mark = " (too few: suppressed)" if row["suppressed"] else ""
            table.add_row(f"{row['period']}{mark}", f"{row['n']:,}", f"{row['n_answers']:,}", rate, *cells)
        OUT.print(table)


def _interval(row: dict, of: str) -> str:  # type: ignore[type-arg]
    if row[of] != row[of]:
        return ""
    return f"{row[of]:+.1f} ({row[f'{of}_low']:+.1f} to {row[f'{of}_high']:+.1f})"


def _show_changes(report: TrendReport) -> None:
    if report.changes.empty:
        return
    table = Table(title="Changes between periods, in points", title_justify="left")
    for name in ("from", "to", "segment", "of"):
        table.add_column(name)
    for name in ("change", "interval", "p-value", "would have shown from"):
        table.add_column(name, justify="right")
    for row in report.changes[~report.changes["suppressed"]].to_dict("records"):
        segment = f"{row['segmentation']} {row['segment']}".strip() or "all"
        of = "whole base" if row["of"] == "base" else row["of"]
        interval = f"{row['low']:+.1f} to {row['high']:+.1f}"
        numbers = (f"{row['change']:+.1f}", interval, f"{row['p_value']:.3f}", f"{row['smallest_change']:.1f}")
        table.add_row(row["before"], row["after"], segment, of, *numbers)
    OUT.print(table)


def _show_why(report: TrendReport) -> None:
    from silentnps.estimation.trend.words import ABOUT_PARTS, story

    if report.why.empty:
        return
    for before, after, rows in story(report.why):
        table = Table(title=f"Why NPS moved from {before} to {after}, in points", title_justify="left")
        table.add_column("part")
        for name in ("points", "interval"):
            table.add_column(name, justify="right")
        for row in rows.to_dict("records"):
            table.add_row(row["words"], f"{row['points']:+.1f}", f"{row['low']:+.1f} to {row['high']:+.1f}")
        OUT.print(table)
    OUT.print(ABOUT_PARTS)
