"""A large base from training to scores, as its user runs it: seconds and peak memory of each command.

    python benchmarks/large_base.py --customers 1000000 --answers 50000 --folder /tmp/scale --json large.json
    python benchmarks/large_base.py --customers 10000000 --answers 300000 --waves 4

`train`, `estimate`, `estimate --by region` and `score` of a generated base with a survey, each as a whole process.
Peak memory is the proportional set size of the process with all its children, looked at five times a second.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import yaml

import scale
from figures import Row, show
from generated_base import EVENT_TABLES
from generated_survey import write_survey

_OTHER_TABLES = tuple(name for name in EVENT_TABLES if name != "customers")


def write_project(folder: Path) -> Path:
    """Write the configuration of a base with its survey into its folder."""
    tables = {name: {"path": f"{name}.parquet"} for name in (*_OTHER_TABLES, "invitations", "responses")}
    tables["customers"] = {"path": "people.parquet"}
    content = {
        "name": "large",
        "output": "large",
        "timezone": "UTC",
        "tables": tables,
        "waves": {"period": "quarter"},
        "estimation": {"segments": ["region"]},
    }
    path = folder / "large.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def memory_of(pid: int) -> int:
    """Return the bytes of a process and of all its children, pages that they share being counted once."""
    total = 0
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        total = 1024 * int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
    except (OSError, StopIteration):
        return total
    return total + sum(memory_of(child) for child in children)


def run(name: str, *arguments: str | Path) -> list[Row]:
    """Run a command in a process of its own and return its seconds and peak."""
    start, peak, used = time.perf_counter(), 0, resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(
        [str(Path(sys.executable).with_name("silentnps")), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []

    def listen() -> None:
        for line in child.stdout or ():
            lines.append(line)
            print(
                f"  {time.perf_counter() - start:6.1f} s {memory_of(child.pid) / 2**30:5.2f} GiB {line.rstrip()}",
                flush=True,
            )

    reader = threading.Thread(target=listen)
    reader.start()
    while child.poll() is None:
        peak = max(peak, memory_of(child.pid))
        time.sleep(0.2)
    reader.join()
    seconds = time.perf_counter() - start
    if child.returncode:
        sys.exit("".join(lines))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(f"{name}: {seconds:.1f} s, {cores:.1f} s of cores, {peak / 2**30:.2f} GiB", flush=True)
    figures = (("seconds", seconds, "s"), ("of cores", cores, "s"), ("peak", peak / 2**30, "GiB"))
    return [(name, metric, value, unit) for metric, value, unit in figures]


def surveyed(folder: Path, customers: int, answers: int, waves: int) -> Path:
    """Return the folder of a generated base with a survey, which is made if it is not there."""
    made = scale.base(folder, customers)
    if not (made / "responses.parquet").exists():
        write_survey(made, customers=customers, answers=answers, waves=waves)
    return made


def measure(folder: Path, size: str) -> list[Row]:
    """Measure the commands on one base."""
    config = write_project(folder)
    rows = run(f"train, {size}", "train", "-c", config)
    rows += run(f"estimate, {size}", "estimate", "-c", config)
    rows += run(f"estimate by region, {size}", "estimate", "-c", config, "--by", "region")
    return rows + run(f"score, {size}", "score", "-c", config, "--reasons", "0")


def main() -> None:
    """Generate, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, default=50_000)
    parser.add_argument("--waves", type=int, default=1, choices=(1, 2, 3, 4))
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "silentnps_large")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 customers, 2,000 answers")
    options = parser.parse_args()
    if options.small:
        options.customers, options.answers = 20_000, 2_000
    folder = surveyed(options.folder, options.customers, options.answers, options.waves)
    show(measure(folder, f"{options.customers:,} customers, {options.answers:,} answers"), options.json)


if __name__ == "__main__":
    main()
