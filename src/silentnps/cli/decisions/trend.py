"""How NPS changed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from silentnps.cli.screen import ERR, OUT, ConfigOption, open_project, titled_table, tracked_screen

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from silentnps.estimation.trend.report import TrendReport

_Freq = Annotated[
    Literal["wave", "quarter", "month"],
    typer.Option("--freq", help="A period: each wave, or all waves of a calendar quarter or month."),
]
_By = Annotated[list[str] | None, typer.Option("--by", help="Segment by this column; may be repeated.")]
_NAMES = {"survey": "survey", "silent": "silent", "base": "whole base"}


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
    _show_segments(report)
    _show_why(report)
    for sentence in sentences(report):
        OUT.print(sentence)
    for note in report.notes:
        ERR.print(f"note: {note}")
    OUT.print(f"tables: {project.trend}")


def _show_levels(report: TrendReport) -> None:
    level = f"{100 * report.levels['confidence_level'].iloc[0]:g} %"
    for name_of_cut, rows in report.levels.groupby("segmentation", sort=False):
        segmentation = str(name_of_cut)
        by = f", by {segmentation}" if segmentation else ""
        table = titled_table(f"NPS by period{by}, in points, with {level} intervals")
        for name in ([segmentation] if segmentation else []) + ["period"]:
            table.add_column(name)
        shown = ("survey", "base") if segmentation else tuple(_NAMES)
        for name in ("answers", *(_NAMES[of] for of in shown)):
            table.add_column(name, justify="right", no_wrap=True)
        for row in rows.sort_values("segment", kind="stable").to_dict("records"):
            cells = [_range(row[of], row[f"{of}_low"], row[f"{of}_high"]) for of in shown]
            names = [row["segment"]] if segmentation else []
            table.add_row(*names, row["period"], _answers(row), *cells)
        OUT.print(table)


def _answers(row: dict[Any, Any]) -> str:
    if row["suppressed"]:
        return f"{row['n']:,} customers:\ntoo few"
    rate = f"\n{100 * row['answer_rate']:.1f} %" if row["answer_rate"] == row["answer_rate"] else ""
    return f"{row['n_answers']:,}{rate}"


def _range(value: float, low: float, high: float) -> str:
    return f"{value:+.1f}\n{low:+.1f} to {high:+.1f}" if value == value else ""


def _show_changes(report: TrendReport) -> None:
    changes = report.changes[report.changes["segmentation"] == ""]
    if len(changes):
        OUT.print(_table_of_changes("Changes between periods, in points", changes, ("before", "after", "of")))


def _show_segments(report: TrendReport) -> None:
    """Print the last change of the base of each segment."""
    changes = report.changes[(report.changes["segmentation"] != "") & (report.changes["of"] == "base")]
    changes = changes[~changes["suppressed"]]
    if changes.empty:
        return
    last = changes[changes["after"] == report.levels["period"].iloc[-1]]
    last = last[last["before"] == last["before"].iloc[0]] if len(last) else last
    for segmentation, rows in last.groupby("segmentation", sort=False):
        before, after = rows["before"].iloc[0], rows["after"].iloc[0]
        title = f"Change of the whole base from {before} to {after}, by {segmentation!s}"
        OUT.print(_table_of_changes(title, rows, ("segment",)))
    OUT.print("More in changes.csv; among so many segments some differ by chance.")


def _table_of_changes(title: str, changes: pd.DataFrame, names: tuple[str, ...]) -> Table:
    table = titled_table(title)
    for name in names:
        table.add_column({"before": "from", "after": "to"}.get(name, name))
    for name in ("change", "p-value", "visible from"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in changes.to_dict("records"):
        cells = [_NAMES.get(str(row[name]), str(row[name])) for name in names]
        change = _range(row["change"], row["low"], row["high"])
        table.add_row(*cells, change, f"{row['p_value']:.3f}", f"{row['smallest_change']:.1f}")
    return table


def _show_why(report: TrendReport) -> None:
    from silentnps.estimation.trend.words import ABOUT_PARTS, story

    if report.why.empty:
        return
    for before, after, rows in story(report.why):
        table = titled_table(f"Why NPS moved from {before} to {after}, in points")
        table.add_column("part")
        for name in ("points", "interval"):
            table.add_column(name, justify="right")
        for row in rows.to_dict("records"):
            table.add_row(row["words"], f"{row['points']:+.1f}", f"{row['low']:+.1f} to {row['high']:+.1f}")
        OUT.print(table)
    OUT.print(ABOUT_PARTS)
