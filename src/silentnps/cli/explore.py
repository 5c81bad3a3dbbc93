"""Look at the results."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Annotated

import typer

from silentnps.cli.screen import ERR, ConfigOption, open_project, screen
from silentnps.errors import ConfigError

_PAUSE_SECONDS = 0.2


def ui(
    config: ConfigOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5000,
) -> None:
    """Start the MLflow UI on the project's store, and print its link once it answers.

    Example: silentnps ui -c configs/demo.yaml
    """
    with screen() as watch:
        from silentnps.cli.ending import ended_by
        from silentnps.tracking.runs import experiment_page, ui_command
        from silentnps.workflow.artifacts.store import store_of

        project = open_project(config)
        project.prepare_output()
        store = store_of(project)
        if store.uri.startswith("http"):
            raise ConfigError("tracking.uri must be a file or database; it is a server. Open it in a browser.")
        page = experiment_page(store)
        command = ui_command(store, host=host, port=port)
        watch.step("starting the MLflow UI")
    with ended_by(subprocess.Popen([sys.executable, "-m", *command], start_new_session=True)) as server:
        if _answers(server, f"http://{host}:{port}/"):
            ERR.print(f"MLflow UI: http://{host}:{port}/{page} (Ctrl-C ends it)")
        raise typer.Exit(server.wait())


def _answers(server: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until a server answers; False where it ends before."""
    import urllib.error
    import urllib.request

    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(_PAUSE_SECONDS)
    return False
