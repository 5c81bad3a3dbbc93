"""Look at what was made."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from silentnps.cli.screen import ERR, ConfigOption, open_project, screen
from silentnps.errors import ConfigError


def ui(
    config: ConfigOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5000,
) -> None:
    """Start the MLflow UI on the project's store.

    Example: silentnps ui -c configs/demo.yaml
    """
    with screen():
        from silentnps.tracking.runs import ui_command

        project = open_project(config)
        project.prepare_output()
        store = project.store()
        if store.uri.startswith("http"):
            raise ConfigError("tracking.uri must be a file or database; it is a server. Open it in a browser.")
        command = ui_command(store, host=host, port=port)
    ERR.print(f"MLflow UI: http://{host}:{port} (Ctrl-C ends it)")
    raise typer.Exit(subprocess.call([sys.executable, "-m", *command]))
