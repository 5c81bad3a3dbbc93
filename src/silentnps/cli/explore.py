"""Look at what was made."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from silentnps.cli.screen import ERR, ConfigOption, open_project, screen


def ui(
    config: ConfigOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5000,
) -> None:
    """Start the MLflow UI on the project's store.

    Example: silentnps ui -c configs/demo.yaml
    """
    with screen():
        from silentnps.tracking.runs import ui_command

        project = open_project(config)
        project.prepare_output()
        command = ui_command(project.store(), host=host, port=port)
    ERR.print(f"MLflow UI: http://{host}:{port} (Ctrl-C ends it)")
    raise typer.Exit(subprocess.call([sys.executable, "-m", *command]))
