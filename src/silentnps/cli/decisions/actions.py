"""Lists of customers to contact, what was done, what it changed, and scores for other systems."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import ERR, OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    import pandas as pd

    from silentnps.workflow.decisions.lists.actions import Listed
    from silentnps.workflow.decisions.lists.read_back import ReadBack


class GoalChoice(StrEnum):
    """The goals of lists."""

    recover = "recover"
    engage = "engage"
    advocate = "advocate"
    survey = "survey"


class FormatChoice(StrEnum):
    """The formats of lists."""

    xlsx = "xlsx"
    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"


class SystemChoice(StrEnum):
    """The systems that scores are written for."""

    salesforce = "salesforce"
    profile = "profile"


_Goal = Annotated[
    GoalChoice | None,
    typer.Option("--goal", help="What the list is for: detractors, passives, promoters, or answers."),
]
_Top = Annotated[
    int | None, typer.Option("--top", help="Most customers on the list; else the configuration's.", min=1)
]
_On = Annotated[
    datetime | None,
    typer.Option("--on", help="Day of the list, or of read-back; else that of the data.", formats=["%Y-%m-%d"]),
]
_Formats = Annotated[
    list[FormatChoice] | None, typer.Option("--format", help="Of the list; may be repeated. Default: xlsx.")
]
_Log = Annotated[Path | None, typer.Option("--log", help="Read what was done: CSV or the filled-in workbook.")]
_ReadBack = Annotated[bool, typer.Option("--read-back", help="Measure what acting did, against the held out.")]
_System = Annotated[
    SystemChoice | None, typer.Option("--write-back", help="Write everybody's scores for a system.")
]


def actions(
    config: ConfigOption,
    goal: _Goal = None,
    top: _Top = None,
    on: _On = None,
    formats: _Formats = None,
    log: _Log = None,
    read_back: _ReadBack = False,
    write_back: _System = None,
) -> None:
    """List customers to contact for a goal, with reasons and what to do; read back what that changed.

    Give one of --goal, --log, --read-back and --write-back.

    Example: silentnps actions -c configs/demo.yaml --goal recover --top 200
    """
    if sum((goal is not None, log is not None, read_back, write_back is not None)) != 1:
        raise typer.BadParameter("give one of --goal, --log, --read-back and --write-back")
    day = None if on is None else on.date()
    if goal is not None:
        _list(config, goal, top, day, formats)
    elif log is not None:
        _log(config, log)
    elif write_back is not None:
        _write_back(config, write_back)
    else:
        _read_back(config, day)


def _list(
    config: Path, goal: GoalChoice, top: int | None, day: date | None, formats: list[FormatChoice] | None
) -> None:
    with screen("actions") as watch:
        from silentnps.workflow.decisions.lists.actions import list_actions

        kinds = [kind.value for kind in formats or [FormatChoice("xlsx")]]
        listed = list_actions(open_project(config), goal.value, top=top, on=day, formats=kinds, watch=watch)
    show_list(listed)


def show_list(listed: Listed) -> None:
    """Print what a list has by driver, who is not on it and why, and where it is; never an id."""
    table = titled_table(f"To {listed.goal.name}, on {listed.on}")
    for name in ("key driver", "owner", "what to do"):
        table.add_column(name)
    for name in ("customers", "value"):
        table.add_column(name, justify="right")
    by = listed.table.fillna({"driver": ""}).groupby(["driver", "owner", "action"], sort=False)
    grouped = by.agg(n=("value", "size"), value=("value", "sum")).reset_index()
    for row in grouped.sort_values("n", ascending=False, kind="stable").to_dict("records"):
        value = "" if listed.value is None else f"{row['value']:,.0f}"
        table.add_row(row["driver"], row["owner"], row["action"], f"{row['n']:,}", value)
    OUT.print(table)
    OUT.print(f"{len(listed.table):,} customers of {listed.n_eligible:,} who may be contacted{_worth(listed)}")
    if listed.goal.nps_class is not None:
        OUT.print(f"held out at random: {listed.n_held_out:,} more, in {listed.holdout}")
    for words, n in listed.left_out.items():
        OUT.print(f"left out: {n:,} {words}")
    for path in listed.files:
        OUT.print(f"list: {path}")


def _worth(listed: Listed) -> str:
    if listed.value is None:
        return ""
    return f"; probability times spend {listed.spend_from}: {listed.value:,.0f} together"


def _log(config: Path, log: Path) -> None:
    with screen("actions") as watch:
        from silentnps.workflow.decisions.lists.log import log_actions

        done = log_actions(open_project(config), log, watch=watch)
    OUT.print(f"{done.n_rows:,} rows read, {done.n_changed:,} entries changed")
    OUT.print("of all lists: " + ", ".join(f"{n:,} {status}" for status, n in done.by_status.items()))


def _write_back(config: Path, system: SystemChoice) -> None:
    with screen("actions") as watch:
        from silentnps.workflow.decisions.lists.write_back import write_back

        written = write_back(open_project(config), system.value, watch=watch)
    for words, n in written.left_out.items():
        ERR.print(f"note: left out: {n:,} {words}")
    OUT.print(f"{written.n:,} customers: {written.path}")


def _read_back(config: Path, day: date | None) -> None:
    with screen("actions") as watch:
        from silentnps.workflow.decisions.lists.read_back import read_back

        found = read_back(open_project(config), on=day, watch=watch)
    show_read_back(found)


def show_read_back(found: ReadBack) -> None:
    """Print what acting did, what was done, and what cannot be told yet."""
    for goal, rows in found.effects.groupby("goal", sort=False):
        _show_effects(str(goal), rows, found.days)
    for row in found.work.to_dict("records"):
        interval = f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %"
        OUT.print(
            f"{row['goal']}: {row['n_done']:,} of {row['n_listed']:,} done; within 48 hours of the planned day"
            f" {100 * row['in_time_share']:.0f} % ({100 * row['confidence_level']:g} % interval {interval})"
        )
    for name, end in found.waiting.items():
        OUT.print(f"not yet: {name}, whose days are over on {end}")
    if any(found.n_opted_out):
        OUT.print(f"left out: {found.n_opted_out[0]:,} listed and {found.n_opted_out[1]:,} held out, who opted out")
    OUT.print("In brackets: customers. Each interval may miss: among several outcomes one may differ by chance.")
    OUT.print(f"tables: {found.files[0]}, {found.files[1]}")


_SHORT = {
    "orders": "orders",
    "spend": "spend",
    "returns": "returns",
    "no_order": "share without an order",
    "answered": "share who answered",
    "nps": "NPS, if answered",
    "recovered": "no detractor, if answered",
}


def _show_effects(goal: str, rows: pd.DataFrame, days: int) -> None:
    level = f"{100 * rows['confidence_level'].iloc[0]:g} %"
    table = titled_table(f"What lists to {goal} changed in {days} days, per customer")
    table.add_column("outcome", no_wrap=True)
    for name in ("listed", "held out", "difference", f"{level} interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        told = row["difference"] == row["difference"]
        known = row["low"] == row["low"]
        table.add_row(
            _SHORT[row["outcome"]],
            *(f"{row[f'mean_{arm}']:.3g} ({row[f'n_{arm}']:,})" for arm in ("treated", "holdout")),
            f"{row['difference']:+.3g}" if told else "",
            f"{row['low']:+.3g} to {row['high']:+.3g}" if known else "",
        )
    OUT.print(table)
    for row in rows.to_dict("records"):
        OUT.print(f"{_SHORT[row['outcome']]}: {row['verdict']}")
