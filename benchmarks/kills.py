"""A nightly job that is killed at random moments: nothing lost, nothing doubled, the same bytes.

    python benchmarks/kills.py --customers 200000 --kills 20 --folder /tmp/scale --json kills.json

`features --since` and `score` are run once undisturbed; then each is started, killed (SIGKILL) and started again
so many times. A run that finishes before its kill is begun anew. `SOURCE_DATE_EPOCH` fixes the time.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import nightly
import scale
from figures import Row, show

SCORE = ("score", "--as-of", nightly.TONIGHT, "--reasons", "0")
FEATURES = ("features", "--as-of", nightly.TONIGHT, "--since", nightly.SINCE)


def command(config: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start the command."""
    call = [str(Path(sys.executable).with_name("silentnps")), *arguments, "-c", str(config)]
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1772323200"}
    return subprocess.Popen(call, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def whole(config: Path, arguments: tuple[str, ...]) -> float:
    """Run the command undisturbed and return its seconds."""
    start = time.perf_counter()
    if command(config, arguments).wait():
        sys.exit(f"{arguments[0]} failed")
    return time.perf_counter() - start


def digests(folder: Path) -> set[tuple[str, str]]:
    """Return name and digest of every file."""
    return {(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in folder.iterdir()}


def disturbed(config: Path, arguments: tuple[str, ...], made: Path, kills: int, seconds: float) -> int:
    """Kill the command at random moments, then let it finish; return how many kills found it at work."""
    rng, n, writing = np.random.default_rng(0), 0, 0
    while n < kills:
        child = command(config, arguments)
        time.sleep(float(rng.uniform(0.3, 1.0)) * seconds)
        child.send_signal(signal.SIGKILL)
        if child.wait() == -signal.SIGKILL:
            n += 1
            writing += any(each.is_dir() for each in made.parent.glob(f".{made.name}.*"))
        else:  # it was done before the kill
            shutil.rmtree(made)
    whole(config, arguments)
    return writing


def measure(folder: Path, customers: int, kills: int) -> list[Row]:
    """Compare what a job that was killed has made with what one has made that was not."""
    config, output = nightly.write_project(folder), folder / "nightly"
    shutil.rmtree(output, ignore_errors=True)
    (folder / "orders_late.parquet").unlink(missing_ok=True)
    rows: list[Row] = []
    for arguments, made in ((FEATURES, output / "features_as_of.parquet"), (SCORE, output / "scores_as_of")):
        whole(config, arguments)
        nightly.give_a_model(folder)
        expected = digests(made)
        shutil.rmtree(made)
        seconds = whole(config, arguments)
        shutil.rmtree(made)
        writing = disturbed(config, arguments, made, kills, seconds)
        ids = pd.read_parquet(made, columns=["customer_id"])["customer_id"]
        name = f"{arguments[0]}, {kills} kills, {customers:,} customers"
        rows += [
            (name, "lost", float(customers - ids.nunique()), "customers"),
            (name, "doubled", float(ids.duplicated().sum()), "customers"),
            (name, "files that differ", float(len(expected ^ digests(made))), "files"),
            (name, "kills while it worked on them", float(writing), "kills"),
            (name, "undisturbed", seconds, "s"),
        ]
    return rows


def main() -> None:
    """Generate, kill, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "silentnps_scale")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 customers, 3 kills")
    options = parser.parse_args()
    customers, kills = (20_000, 3) if options.small else (options.customers, options.kills)
    show(measure(scale.base(options.folder, customers), customers, kills), options.json)


if __name__ == "__main__":
    main()
