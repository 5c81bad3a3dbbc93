"""Plan what to ask next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    from silentnps.estimation.follow_up.call_plan import CallPlan

_Width = Annotated[
    float, typer.Option("--width", help="Target width of the interval, in points.", min=0.1, max=200.0)
]
_AnswerRate = Annotated[
    float | None,
    typer.Option(
        "--answer-rate",
        help="Share of calls that are answered; else that of calls so far, or 0.4.",
        min=0.01,
        max=1.0,
    ),
]
_Assurance = Annotated[
    float | None,
    typer.Option(
        "--assurance", help="Probability with which the width is kept; else it is expected.", min=0.5, max=0.9
    ),
]
_Confidence = Annotated[
    float | None,
    typer.Option("--confidence", help="Confidence level; else the configuration's.", min=0.5, max=0.999),
]


def plan(
    config: ConfigOption,
    width: _Width,
    answer_rate: _AnswerRate = None,
    assurance: _Assurance = None,
    confidence: _Confidence = None,
) -> None:
    """Plan how many silent customers to call for a target interval width, and draw them.

    Calls that were made already (table `follow_up`) count: the plan says how many more it takes.

    Example: silentnps plan -c configs/demo.yaml --width 10
    """
    with screen("plan") as watch:
        from silentnps.workflow.commands.plan import plan as run

        project = open_project(config)
        planned = run(
            project,
            width=width,
            answer_rate=answer_rate,
            assurance=assurance,
            confidence_level=confidence,
            watch=watch,
        )
    _show(planned.plan)
    OUT.print(planned.sentence)
    OUT.print(f"table: {project.output / 'plan.csv'}")
    if planned.to_call:
        OUT.print(f"whom to call, in this order: {project.output / 'calls.csv'}")


def _show(plan: CallPlan) -> None:
    table = titled_table("Length of the interval by number of calls, in points")
    for name in ("calls", "answers, about", "median", f"at most, in {100 * plan.assurance:g} of 100"):
        table.add_column(name, justify="right")
    for calls, answers, *widths in plan.table.itertuples(index=False):
        table.add_row(f"{calls:,}", f"{answers:,}", *(f"{width:.1f}" for width in widths))
    OUT.print(table)
