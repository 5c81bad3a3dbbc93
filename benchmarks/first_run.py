"""What a newcomer waits for: installation, the demonstration, its memory, start-up, and what it all weighs.

    python benchmarks/first_run.py --seeds 5 --json first_run.json

The last commit of this checkout is cloned, its packages are fetched into a folder (not timed), and `make .venv/run`
installs from that folder, without a network. Then the command of `make demo` is run in the clone, once for each
seed; the first one compiles modules as well, as a newcomer's does. Memory is that of the command and its workers
together, read ten times a second. Whether the interval holds the truth is read in the files of the results.
Processor seconds hardly grow when something else runs on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from statistics import fmean, median

import pandas as pd
import psutil

from figures import Row, show
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.schema import NPS_CLASSES

ROOT = Path(__file__).resolve().parents[1]
PINS = "constraints-run.txt"
_SECONDS_BETWEEN_READINGS = 0.1
_TIMES = ("seconds", "processor seconds")
_LARGEST = 5


def used_memory(process: psutil.Process) -> int:
    """Return the resident bytes of a process and all its descendants; pages that they share are counted in each."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:  # it ended after it was listed
            continue
    return total


def watched(command: list[str], *, folder: Path, **variables: str) -> dict[str, float]:
    """Run a command; return its seconds, the processor seconds and the peak in GB of it and its descendants.

    `variables` are added to its environment, and Python keeps what it compiles, as under `make`.
    """
    hidden = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | variables
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = psutil.Popen(command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)
        peak = _peak_until_end(child)
        seconds = time.perf_counter() - start
        if child.wait() != 0:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode(errors='replace')[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "processor seconds": processor, "peak": peak / 1e9}


def _peak_until_end(child: psutil.Popen) -> int:
    """Return the most bytes that a child and its descendants held at one of the readings until its end."""
    peak, ended = 0, threading.Event()
    waiter = threading.Thread(target=lambda: (child.wait(), ended.set()))
    waiter.start()
    while not ended.wait(_SECONDS_BETWEEN_READINGS):
        try:
            peak = max(peak, used_memory(child))
        except psutil.NoSuchProcess:
            break
    waiter.join()
    return peak


def install(folder: Path) -> tuple[Path, list[Row]]:
    """Clone the checkout, fetch its packages, install them; return the clone and the rows of the installation."""
    clone, wheels = folder / "clone", folder / "wheels"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    pip = [sys.executable, "-m", "pip"]
    fetch = [*pip, "download", "--quiet", "--no-deps", "--require-hashes", "-r", PINS, "-d", str(wheels)]
    subprocess.run(fetch, cwd=clone, check=True, stderr=subprocess.DEVNULL)
    used = watched(["make", ".venv/run"], folder=clone, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    fetched = sum(path.stat().st_size for path in wheels.iterdir()) / 1e6
    return clone, [("installation", "download, not timed", fetched, "MB"), *seconds_of("installation", used)]


def seconds_of(name: str, used: Mapping[str, float]) -> list[Row]:
    """Return the two rows of time of a watched command."""
    return [(name, metric, used[metric], "s") for metric in _TIMES]


def pinned(pins: Path) -> set[str]:
    """Return the names of the packages of a file of pins, in their normal form."""
    return set(re.findall(r"^([a-z0-9-]+)==", pins.read_text(encoding="utf-8"), re.MULTILINE))


def bytes_of(package: Distribution) -> int:
    """Return the bytes of an installed package's files, with those of its modules as far as they are compiled."""
    files = [Path(str(package.locate_file(file))) for file in package.files or []]
    recorded = {path for path in files if path.is_file()}
    caches = {path.parent / "__pycache__" for path in recorded if path.suffix == ".py"}
    stems = {(path.parent, path.stem) for path in recorded if path.suffix == ".py"}
    compiled = {path for cache in caches if cache.is_dir() for path in cache.iterdir()}
    own = {path for path in compiled if (path.parents[1], path.name.split(".")[0]) in stems}
    return sum(path.stat().st_size for path in recorded | own)


def weight(site: Path) -> list[Row]:
    """Return the size of the packages that the run time needs, and that of the largest ones, in MB."""
    wanted = pinned(ROOT / PINS)
    sizes = {
        name: bytes_of(package) / 1e6
        for package in distributions(path=[str(site)])
        if (name := re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()) in wanted
    }
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:_LARGEST]
    rows = [("run-time packages", "number", float(len(sizes)), "packages")]
    rows.append(("run-time packages", "size", sum(sizes.values()), "MB"))
    return rows + [("run-time packages", f"size of {name}", sizes[name], "MB") for name in largest]


def result_of(directory: Path) -> dict[str, float]:
    """Return the estimate of silent customers, its interval and the simulated truth from the files of a demo."""
    report = json.loads((directory / "out" / "estimate" / "estimate.json").read_text(encoding="utf-8"))
    silent = report["silent"]
    truth = pd.read_parquet(directory / "data" / "truth.parquet", columns=["wave", "nps_class", "answered"])
    wave = truth["wave"].astype(str)
    ours = truth.loc[~truth["answered"] & (wave == wave.max()), "nps_class"].astype(str)
    if len(ours) != silent["n"]:
        raise SystemExit(
            f"the estimate is of {silent['n']} silent customers; the last wave's truth has {len(ours)}."
        )
    known = float(ours.map(dict(zip(NPS_CLASSES, CLASS_VALUES, strict=True))).mean())
    low, high = silent["low"], silent["high"]
    return {"truth": known, "low": low, "high": high, "covered": float(low <= known <= high)}


def demos(folder: Path, command: list[str], *, customers: int, seeds: int) -> list[Row]:
    """Run the demonstration with every seed and return its rows; the last one's files stay in `folder`/demo_0."""
    used, results = [], []
    for seed in range(seeds):
        directory = folder / f"demo_{seed}"
        options = ["demo", str(directory), "--customers", str(customers), "--seed", str(seed)]
        used.append(watched([*command, *options], folder=folder))
        results.append(result_of(directory))
        print(json.dumps({"seed": seed, **used[-1], **results[-1]}), flush=True)
    name = f"demo, {customers:,} customers"
    rows = [*seconds_of(name, used[0]), (name, "peak of the first", used[0]["peak"], "GB")]
    if seeds > 1:
        later = {metric: median(each[metric] for each in used[1:]) for metric in _TIMES}
        rows += [(name, f"median {metric} of later ones", value, "s") for metric, value in later.items()]
    rows.append((name, "highest peak", max(each["peak"] for each in used), "GB"))
    rows.append((name, "intervals that cover the truth", sum(each["covered"] for each in results), "intervals"))
    rows.append((name, "intervals", float(seeds), "intervals"))
    rows.append((name, "mean width", fmean(each["high"] - each["low"] for each in results), "points"))
    return rows


def starts(folder: Path, command: list[str], *, times: int) -> list[Row]:
    """Return the median seconds of `--help`, and of `validate` of the first demonstration, of `times` runs."""
    rows: list[Row] = []
    for name, options in {
        "--help": ["--help"],
        "validate of the demo": ["validate", "-c", str(folder / "demo_0" / "config.yaml")],
    }.items():
        used = [watched([*command, *options], folder=folder) for _ in range(times)]
        rows += [(name, f"median {metric}", median(each[metric] for each in used), "s") for metric in _TIMES]
    return rows


def measure(folder: Path, *, customers: int, seeds: int, fresh: bool) -> list[Row]:
    """Return all rows: of a fresh clone, or of the Python that runs this where `fresh` is false."""
    rows: list[Row] = []
    command = ["env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-m", "silentnps"]
    site = Path(pd.__file__).parents[1]
    if fresh:
        clone, rows = install(folder)
        command = [str(clone / ".venv" / "bin" / "silentnps")]
        site = next((clone / ".venv" / "lib").glob("python*/site-packages"))
    rows += demos(folder, command, customers=customers, seeds=seeds)
    if fresh:
        total = sum(value for _, metric, value, _ in rows if metric == "seconds")
        rows.append(("make demo, installation and demo", "seconds", total, "s"))
    return rows + starts(folder, command, times=3 if fresh else 1) + weight(site)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=1, help="number of demonstrations, seeds 0, 1, ...")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="nothing installed; one seed, 600 customers")
    options = parser.parse_args()
    if options.small:
        options.customers, options.seeds = 600, 1
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), customers=options.customers, seeds=options.seeds, fresh=not options.small)
    show(rows, options.json)


if __name__ == "__main__":
    main()
