"""Programs that run beside a test and are ended with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


WITHOUT_JOBS = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
"""A server of MLflow without the four processes that wait for jobs, of which each imports MLflow."""


def outside(**variables: str) -> dict[str, str]:
    """Return the environment of a process that finds the programs of this Python and no checkout."""
    here = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "MLFLOW_TRACKING_URI"}}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return {**here, "PATH": path, **WITHOUT_JOBS, **variables}


@contextmanager
def running(*words: str | Path, url: str, env: Mapping[str, str], cwd: Path, seconds: float = 600) -> Iterator[str]:
    """Run Python with these words until the block ends; begin the block when `url` answers."""
    log = cwd / f"log-{free_port()}.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *(str(word) for word in words)],
            stdout=out,
            stderr=out,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    try:
        _wait(url, process, log, seconds)
        yield url
    finally:
        _end(process)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no answer at {url}:\n{log.read_text()[-3000:]}") from None
            time.sleep(0.5)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            break
