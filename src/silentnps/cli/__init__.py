"""The command line: `silentnps COMMAND -c config.yaml`. No logic here; heavy imports happen inside commands."""

from __future__ import annotations

from typing import Annotated

import typer

import silentnps
from silentnps.cli import demo, explain, explore, plan, registry, steps


def _version(wanted: bool) -> None:
    if wanted:
        print(f"silentnps {silentnps.__version__}")
        raise typer.Exit()


app = typer.Typer(
    name="silentnps",
    help="The Net Promoter Score of customers who never answered, with an interval that holds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and end.")
    ] = False,
) -> None:
    """The Net Promoter Score of customers who never answered, with an interval that holds."""


app.command(name="demo")(demo.demo)
app.command(name="simulate")(demo.simulate)
app.command(name="validate")(steps.validate)
app.command(name="features")(steps.features)
app.command(name="train")(steps.train)
app.command(name="estimate")(steps.estimate)
app.command(name="score")(steps.score)
app.command(name="explain")(explain.explain)
app.command(name="report")(steps.report)
app.command(name="plan")(plan.plan)
app.command(name="promote")(registry.promote)
app.command(name="models")(registry.models)
app.command(name="ui")(explore.ui)
