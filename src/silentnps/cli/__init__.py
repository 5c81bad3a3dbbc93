"""The command line: `silentnps COMMAND -c config.yaml`. No logic here; heavy imports happen inside commands."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import Annotated

import typer

import silentnps
from silentnps.cli import demo, explain, explore, init, link, plan, presets, registry, steps
from silentnps.cli.decisions import accounts, actions, backtest, compare, impact, monitor, trend

# Matrices are small, and computations side by side use the cores: threads of a BLAS, which reads this when it is
# imported, would wait for each other, and sum in another order on another number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(50_000, 20, 20)  # nearly all of the million objects that imports make live until the end


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
    rich_markup_mode=None,  # help at once: Rich takes longer to import than all the rest
)


@app.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and end.")
    ] = False,
) -> None:
    """The Net Promoter Score of customers who never answered, with an interval that holds."""


_COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "demo": (demo.demo, "A simulated retailer, from tables to report."),
    "simulate": (demo.simulate, "Simulate the tables of a retailer, with the truth."),
    "init": (init.init, "Write a configuration from your files."),
    "presets": (presets.presets, "List the exports of other programs that are known."),
    "validate": (steps.validate, "Check the tables."),
    "link": (link.link, "Count which rows match a customer, by which key."),
    "features": (steps.features, "Build the features of every customer."),
    "train": (steps.train, "Train and compare models; register the best."),
    "estimate": (steps.estimate, "Estimate the NPS of silent customers, base and segments."),
    "trend": (trend.trend, "Say how NPS changed, whether it is real, and why."),
    "compare": (compare.compare, "Say which segments differ, by how much and why."),
    "accounts": (accounts.accounts, "Put the contacts of each company together."),
    "score": (steps.score, "Score every customer."),
    "explain": (explain.explain, "Say why a customer has this score, in NPS points."),
    "report": (steps.report, "Write the report, one HTML page."),
    "plan": (plan.plan, "Plan how many silent customers to call, and whom."),
    "monitor": (monitor.monitor, "Say whether the model is still good."),
    "backtest": (backtest.backtest, "Say how right the model would have been at earlier waves."),
    "impact": (impact.impact, "Measure what a campaign changed."),
    "actions": (actions.actions, "List customers to contact, and read back what that changed."),
    "promote": (registry.promote, "Put a model into use if it passes the gates."),
    "models": (registry.models, "List the versions of the registered model."),
    "forget": (explain.forget, "Take a customer out of all files of the project."),
    "ui": (explore.ui, "Start the MLflow UI."),
}

for _name, (_command, _short) in _COMMANDS.items():
    app.command(name=_name, short_help=_short)(_command)


def main() -> None:
    """Run the command that the arguments of the process name, and end the process; see `at_once`."""
    from silentnps.cli.ending import at_once

    with at_once():
        app(prog_name="silentnps")
