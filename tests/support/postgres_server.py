"""A PostgreSQL server of the tests' own, in a temporary folder, that listens to a socket there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SECRET = "canary-pässword/@:7"
"""The password of the user `analyst`, which nothing may write down."""


@dataclass(frozen=True)
class Server:
    """A server: `url` of the database `shop` for its owner, who needs no password."""

    folder: Path

    @property
    def url(self) -> str:
        return self.as_user("postgres")

    def as_user(self, user: str) -> str:
        return f"postgresql://{user}@/shop?host={self.folder}"

    def run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, None where there is no server."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("pg_ctl")
    folders = [*([Path(on_path).resolve().parent] if on_path else []), *known]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server and stop it in the end; skip the test where none is installed."""
    bin_ = programs()
    if bin_ is None:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="snps-pg-", dir="/tmp"))  # the path of a socket must be short
    as_user = _as_another_user(folder)
    data, log = folder / "data", folder / "log"
    try:
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=8MB"
        run = [*as_user, str(bin_ / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*run, "--locale=C", "--no-sync"], check=True, capture_output=True, cwd="/")
        rules = "local all analyst scram-sha-256\nlocal all all trust\n"
        subprocess.run(
            [*as_user, "tee", str(data / "pg_hba.conf")], input=rules.encode(), check=True, capture_output=True
        )
        start = [*as_user, str(bin_ / "pg_ctl"), "-D", str(data), "-l", str(log), "-o", options, "-w", "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        server = Server(folder)
        _make_shop(server)
        yield server
    finally:
        stop = [*as_user, str(bin_ / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def _make_shop(server: Server) -> None:
    import psycopg

    with psycopg.connect(server.url.replace("/shop?", "/postgres?"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop")
    server.run(
        f"CREATE ROLE analyst LOGIN PASSWORD '{SECRET}'",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO analyst",
    )


def _as_another_user(folder: Path) -> list[str]:
    """Return what runs a program as a user whom the server accepts: it refuses root."""
    if os.geteuid() != 0:
        return []
    import pwd

    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
