"""Is the model still good?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import ERR, OUT, AsOfOption, ConfigOption, open_project, titled_table, tracked_screen

if TYPE_CHECKING:
    from silentnps.workflow.decisions.monitor import Monitoring


def monitor(
    config: ConfigOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for a scheduler.")] = False,
    as_of: AsOfOption = None,
) -> None:
    """Say whether the model is still good: drift, answer rate, new answers against predictions, age of labels.

    Features are read as `silentnps features` built them last. Exit code 0: fine. 3: attention. 4: act.

    Example: silentnps monitor -c configs/demo.yaml
    """
    with tracked_screen("monitor") as (watch, tracker):
        from silentnps.workflow.decisions.monitor import monitor as run

        project = open_project(config)
        result = run(project, as_of=as_of, tracker=tracker, watch=watch)
    if as_json:
        typer.echo(result.text, nl=False)
    else:
        _show(result)
    ERR.print(f"page: {project.monitor / 'monitor.html'}", style="dim")
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _show(result: Monitoring) -> None:
    OUT.print(result.content["headline"], style="bold")
    table = titled_table("Checks")
    for name in ("check", "level", "what was found"):
        table.add_column(name, overflow="fold")
    for check in result.checks:
        table.add_row(check.name, check.level, check.text)
    OUT.print(table)
    for line in result.content["advice"]:
        OUT.print(line)
