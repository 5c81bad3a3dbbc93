"""Compare segments and classes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silentnps.cli.screen import OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    import pandas as pd

    from silentnps.workflow.decisions.compare import Compared

_By = Annotated[
    list[str],
    typer.Option(
        "--by",
        help="A feature, a segmentation by events such as orders_main_channel, or class; may be repeated.",
        show_default=False,
    ),
]
_Against = Annotated[
    str, typer.Option("--against", metavar="base|pairs|SEGMENT", help="What each segment is compared with.")
]
_Level = Annotated[
    float | None,
    typer.Option("--level", help="Confidence level; else the configuration's.", min=0.5, max=0.999),
]
_Top = Annotated[int, typer.Option("--top", help="Rows of each class, key drivers of each difference.", min=1)]
_MOST_LEVELS, _MOST_DIFFERENCES = 30, 20


def compare(
    config: ConfigOption,
    by: _By,
    against: _Against = "base",
    level: _Level = None,
    top: _Top = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say which segments differ, by how much and why; with --by class, what each class has more of and less.

    Example: silentnps compare -c configs/demo.yaml --by region --by orders_main_channel
    """
    with screen("compare") as watch:
        from silentnps.workflow.decisions.compare import compare as run

        project = open_project(config)
        compared = run(project, by=by, against=against, confidence_level=level, watch=watch)
    if as_json:
        typer.echo(json.dumps(compared.to_dict(), indent=1, ensure_ascii=False))
        return
    show_comparison(compared, top)
    OUT.print(f"tables: {project.comparison}")


def show_comparison(compared: Compared, top: int = 5) -> None:
    """Print the tables of a comparison, `top` rows of drivers and of each class, and what they say."""
    for name, rows in compared.levels.groupby("segmentation", sort=False):
        _show_levels(str(name), rows)
        _show_differences(compared.differences[compared.differences["segmentation"] == name])
    for sentence in compared.sentences:
        OUT.print(sentence)
    for key, rows in compared.drivers.groupby(["segmentation", "segment", "other"], sort=False):
        _show_drivers(key, rows, top)
    if len(compared.classes):
        _show_classes(compared.classes)
        for name, rows in compared.personas.groupby("nps_class", sort=False):
            _show_persona(str(name), rows, top)
    for note in compared.notes:
        OUT.print(note)


def _show_levels(name: str, rows: pd.DataFrame) -> None:
    table = titled_table(f"Silent customers, by {name}")
    table.add_column(name)
    for heading in ("customers", "answered", "survey", "NPS", "low", "high"):
        table.add_column(heading, justify="right")
    shown = rows if len(rows) <= _MOST_LEVELS else rows.nlargest(_MOST_LEVELS, "n")
    for row in shown.to_dict("records"):
        mark = " (too few)" if row["suppressed"] else ""
        numbers = (_points(row[key]) for key in ("survey_nps", "value", "low", "high"))
        table.add_row(f"{row['segment']}{mark}", f"{row['n']:,}", f"{100 * row['answer_rate']:.0f} %", *numbers)
    OUT.print(table)
    if len(rows) > len(shown):
        OUT.print(f"{len(rows) - len(shown):,} more in levels.csv")


def _show_differences(rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    level = f"{100 * rows['confidence_level'].iloc[0]:g} %"
    table = titled_table("Differences between silent customers, the largest first")
    table.add_column("segment less other")
    for heading in ("points", f"{level} interval", "all at once", "p"):
        table.add_column(heading, justify="right")
    for row in rows.head(_MOST_DIFFERENCES).to_dict("records"):
        spans = (f"{_points(row[f'{of}low'])} to {_points(row[f'{of}high'])}" for of in ("", "joint_"))
        names = f"{row['segment']} less {row['other']}"
        table.add_row(names, _points(row["difference"]), *spans, f"{row['p_adjusted']:.3f}")
    OUT.print(table)
    if len(rows) > _MOST_DIFFERENCES:
        OUT.print(f"{len(rows) - _MOST_DIFFERENCES:,} more in differences.csv")


def _show_drivers(key: Any, rows: pd.DataFrame, top: int) -> None:
    segmentation, segment, other = key
    title = f"Why: {segmentation} {segment} less {other}, {rows['difference'].iloc[0]:+.1f} points"
    table = titled_table(title)
    table.add_column("key driver")
    for heading in ("points", "low", "high"):
        table.add_column(heading, justify="right")
    *drivers, rest = rows.to_dict("records")
    for row in [*drivers[:top], rest]:
        table.add_row(row["words"], *(_points(row[name]) for name in ("points", "low", "high")))
    OUT.print(table)


def _show_classes(classes: pd.DataFrame) -> None:
    table = titled_table("Classes in the whole base")
    table.add_column("class")
    for heading in ("answers", "share", "low", "high"):
        table.add_column(heading, justify="right")
    for row in classes.to_dict("records"):
        shares = (f"{100 * row[name]:.1f} %" for name in ("share", "low", "high"))
        table.add_row(row["nps_class"], f"{row['n_respondents']:,}", *shares)
    OUT.print(table)


def _show_persona(name: str, rows: pd.DataFrame, top: int) -> None:
    table = titled_table(f"{name.capitalize()}s, against the whole base")
    table.add_column("")
    table.add_column("what")
    for heading in ("sd", "low", "high"):
        table.add_column(heading, justify="right")
    ranked = rows[rows["rank"] <= top].sort_values("rank", kind="stable")
    for word, part in (("more", ranked[ranked["difference"] > 0]), ("less", ranked[ranked["difference"] < 0])):
        for row in part.to_dict("records"):
            numbers = (f"{row[key]:+.2f}" for key in ("difference", "joint_low", "joint_high"))
            table.add_row(word, row["words"], *numbers)
    if ranked.empty:
        OUT.print(f"{name}s: nothing can be told from chance.")
        return
    OUT.print(table)


def _points(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:+.1f}"
