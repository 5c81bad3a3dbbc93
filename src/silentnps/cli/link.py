"""Show which rows match a customer, by which key."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from silentnps.cli.screen import ERR, OUT, ConfigOption, open_project, screen, titled_table
from silentnps.counts import counted

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from silentnps.workflow.commands.link import Link

_MOST_PERIODS = 8

_PeriodOption = Annotated[Literal["month", "quarter"], typer.Option("--by", help="Count by month or by quarter.")]

_HEADINGS = ("rows", "match", "share", "of nobody", "of several", "without key")


def link(config: ConfigOption, by: _PeriodOption = "quarter") -> None:
    """Count which rows of each table match a customer, by table and period; exit code 1 where too few do.

    Example: silentnps link -c configs/demo.yaml
    """
    with screen("link") as watch:
        from silentnps.workflow.commands.link import link as run

        project = open_project(config)
        linked = run(project, period=by, watch=watch)
    _show_tables(linked.matches)
    _show_periods(linked.matches, by)
    _show_keys(linked)
    for line in _survey_lines(linked):
        OUT.print(line)
    OUT.print(f"report: {project.link}")
    for failure in linked.failures:
        ERR.print(f"error: {failure}", style="red")
    if linked.failures:
        raise typer.Exit(1)


def _show_tables(matches: pd.DataFrame) -> None:
    table = _table("Rows that match a customer", "table", "by")
    for row in matches[matches["period"] == "all"].to_dict("records"):
        table.add_row(row["table"], row["key"], *_numbers(row))
    OUT.print(table)


def _show_periods(matches: pd.DataFrame, by: str) -> None:
    """Print the last periods of tables of which some row matches no customer."""
    periods = matches[matches["period"] != "all"]
    partial = set(matches.loc[matches["matched"] < matches["rows"], "table"])
    shown = periods[periods["table"].isin(partial)].groupby("table", sort=False).tail(_MOST_PERIODS)
    if shown.empty:
        return
    table = _table(f"By {by}, the last {_MOST_PERIODS} of each table", "table", by)
    for row in shown.to_dict("records"):
        table.add_row(row["table"], row["period"] or "time unknown", *_numbers(row))
    OUT.print(table)


def _table(title: str, *names: str) -> Table:
    table = titled_table(title)
    for name in names:
        table.add_column(name, no_wrap=True, min_width=11 if name == "table" else None)
    for name in _HEADINGS:
        table.add_column(name, justify="right")
    return table


def _numbers(row: Mapping[Hashable, Any]) -> list[str]:
    share = row["match_share"]
    counts = [f"{row[name]:,}" for name in ("rows", "matched", "orphans", "several", "without_key")]
    counts.insert(2, f"{100 * share:.1f} %" if isinstance(share, float) and share == share else "")
    return counts


def _show_keys(linked: Link) -> None:
    if not linked.keys:
        return
    table = titled_table("Keys")
    table.add_column("key")
    for name in ("values", "of several customers"):
        table.add_column(name, justify="right")
    table.add_column("learned from")
    for key in linked.keys:
        sources = ", ".join(f"{name} ({n:,})" for name, n in key.n_of.items())
        table.add_row(key.key, f"{key.n_values:,}", f"{key.n_shared:,}", sources)
    OUT.print(table)


def _survey_lines(linked: Link) -> list[str]:
    return [
        f"{survey.table}: {counted(survey.customers, 'customer')}"
        + ("" if survey.without_orders is None else f", {survey.without_orders:,} of them without an order")
        + f"; {counted(survey.keys_of_nobody, 'key')} of no customer."
        for survey in linked.surveys
    ]
