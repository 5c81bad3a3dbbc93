"""What damaged inputs end in: a number that accounts for every row, or one line that says what is wrong.

    python benchmarks/damaged.py --inputs 2000 --seed 0 --json damaged.json

Counted are tracebacks (anything but a SilentNPSError of one line), hangs, silent losses (rows of a file that are
neither used nor set aside by a finding, and files that `init` does not mention) and personal values in messages,
findings and validation.csv. Every one is shown with its kind and number, so that `--only KIND:NUMBER` repeats it.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import damages
import damages_of_exports
import damages_of_files
import damages_of_settings
from damages import MARK, Project
from figures import Row, show
from silentnps import estimate_nps
from silentnps.config import load_config
from silentnps.data.findings import Finding, Note
from silentnps.errors import SilentNPSError
from silentnps.workflow import base
from silentnps.workflow.artifacts import project as project_module
from silentnps.workflow.checked_tables import TableChecks, run_checks
from silentnps.workflow.commands.init import Written, init
from silentnps.workflow.commands.link import link
from silentnps.workflow.commands.validate import validate
from silentnps.workflow.left_out import AsTrained
from silentnps.workflow.onboarding.became import what_columns_became
from silentnps.workflow.onboarding.questions import Answers

FAULTS = ("traceback", "hang", "silent loss", "personal value")
SECONDS = 60.0
LONGEST = 4_000
"""Characters of a message that somebody reads."""


class Hang(BaseException):
    """An input took longer than it may."""


@dataclass
class Heard:
    """What a person is told while a project is worked on."""

    said: list[str]

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, name: str) -> None:
        self.said.append(name)

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        return lambda steps: None


Result = tuple[str, str]
"""One of FAULTS, `read` or `refused`, and what was told."""


def of_project(make: Callable[[random.Random, Path], Project]) -> Callable[[random.Random, Path], Result]:
    """Return a trial: write a damaged project, open and check its tables, and find who is in its waves."""

    def trial(rng: random.Random, folder: Path) -> Result:
        made = make(rng, folder)
        path = made.folder / "config.yaml"
        return open_and_count(path if path.exists() else made.write(), made, rng)

    return trial


def open_and_count(path: Path, made: Project, rng: random.Random) -> Result:
    project = project_module.Project(load_config(path))
    checks = run_checks(project.config, AsTrained())
    heard = Heard([str(finding) for finding in checks.findings])
    if lost := losses(made, checks):
        return "silent loss", lost
    if rng.random() < 0.25:
        as_of = damages_of_settings.moment(rng) if rng.random() < 0.5 else None
        validate(project, watch=heard)
        heard.say(project.findings.read_text(encoding="utf-8"))
        if any(table.identified_by for table in project.config.tables.values()):
            heard.say(str(link(project, watch=heard)))
        base.open_base(project, as_of=as_of, watch=heard)
    told = "\n".join(heard.said)
    return ("personal value" if MARK in told else "read"), told


def losses(made: Project, checks: TableChecks) -> str:
    """Return where rows are neither used nor counted."""
    for name, one in checks.checked.items():
        expected, by_preset = made.rows.get(name), not_given(name, checks.findings)
        if expected is not None and one.n_rows + by_preset != expected:
            return f"{name}: {one.n_rows} rows read and {by_preset} left by a preset of {expected}"
        if one.n_rows - one.n_used != sum(one.aside.values()):
            return f"{name}: {one.n_rows - one.n_used} rows not used, {one.aside} counted"
        aside = sum(each.rows for each in checks.findings if each.table == name and each.effect in ("row", "stop"))
        if one.n_rows - one.n_used > aside:
            return f"{name}: {one.n_rows - one.n_used} rows not used, {aside} in findings"
    return ""


def not_given(table: str, findings: list[Finding]) -> int:
    """Return how many rows a preset says that it set aside, or joined to others."""
    words = " ".join(str(each) for each in findings if each.table == table and isinstance(each, Note))
    numbers = re.findall(r"([\d,]+) (?:are set aside\.|further rows with)", words)
    return sum(int(number.replace(",", "")) for number in numbers)


def of_init(rng: random.Random, folder: Path) -> Result:
    """Pass files to `init`: each is read or named with a reason; then open and check what it wrote."""
    files = damages_of_exports.files_of_init(rng, folder)
    heard = Heard([])
    answers = Answers(rng.choice(["UTC", "UTC", None]), rng.choice([True, None]), rng.choice([".", ",", None]))
    written = init(files, output=folder / "config.yaml", answers=answers, watch=heard)
    if lost := unmentioned(files, written):
        return "silent loss", f"init says nothing of {lost}"
    heard.said += [*written.proposal.unused.values(), *written.proposal.unsure]
    heard.said += [table.error or "" for table in what_columns_became(written.path, watch=heard)]
    what, told = open_and_count(written.path, Project(folder, {}), rng)
    told = "\n".join([*heard.said, told])
    return ("personal value" if what == "read" and MARK in told else what), told


def unmentioned(files: list[str], written: Written) -> str:
    """Return a file that is neither in the configuration nor among those that are not used."""
    sections = written.proposal.tables.values()
    named = " ".join(
        [*(str(section.get("path") or section["url"]) for section in sections), *written.proposal.unused]
    )
    return next((file for file in files if not is_named(Path(file), named)), "")


def is_named(path: Path, named: str) -> bool:
    """Return whether a file is named; of a folder it is enough that all files in it are."""
    inside = [file for file in path.rglob("*") if file.is_file() and file.suffix != ".yaml"]
    return path.name in named or (bool(inside) and all(file.name in named for file in inside))


def of_arguments(rng: random.Random, folder: Path) -> Result:
    """Pass arguments to `estimate_nps`: too few answers for an estimate, so that each ends in an error."""
    estimate_nps(**damages_of_settings.arguments(rng))
    return "traceback", "an estimate was made of twenty answers"


TRIALS: dict[str, Callable[[random.Random, Path], Result]] = {
    "settings": of_project(damages_of_settings.settings),
    "bytes of settings": of_project(damages_of_settings.bytes_of_settings),
    "CSV as written": of_project(damages.csv_dialect),
    "broken CSV": of_project(damages.csv_broken),
    "bytes of CSV": of_project(damages.bytes_of_csv),
    "bytes of gzip": of_project(damages.bytes_of_gzip),
    "bytes of Parquet": of_project(damages.bytes_of_parquet),
    "bytes of DuckDB": of_project(damages.bytes_of_duckdb),
    "values": of_project(damages.odd_values),
    "types": of_project(damages.odd_types),
    "names": of_project(damages.odd_names),
    "bytes of workbooks": of_project(damages_of_files.bytes_of_workbook),
    "cells of workbooks": of_project(damages_of_files.cells_of_workbook),
    "bytes of SQLite": of_project(damages_of_files.bytes_of_sqlite),
    "values of SQLite": of_project(damages_of_files.values_of_sqlite),
    "bytes of zip": of_project(damages_of_files.bytes_of_zip),
    "encodings": of_project(damages_of_files.encodings),
    "parts": of_project(damages_of_files.parts),
    "huge fields": of_project(damages_of_files.huge_fields),
    "random bytes": of_project(damages_of_files.random_bytes),
    "exports": of_project(damages_of_exports.exports),
    "keys": of_project(damages_of_exports.keys),
    "init": of_init,
    "arguments": of_arguments,
}


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End a block that takes more seconds of all processors together, or ten times as many by the clock."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    timers = {signal.SIGPROF: (signal.ITIMER_PROF, seconds), signal.SIGALRM: (signal.ITIMER_REAL, 10 * seconds)}
    before = {number: signal.signal(number, stop) for number in timers}
    for timer, limit in timers.values():
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def outcome(kind: str, seed: int, number: int, seconds: float = SECONDS) -> Result:
    """Return what one input ends in."""
    rng = random.Random(f"{kind} {seed} {number}")
    outer = Path(tempfile.mkdtemp(prefix="damaged"))  # what an input says of its `..` is its own as well
    folder = outer / "project"
    folder.mkdir()
    try:
        with limited(seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TRIALS[kind](rng, folder)
    except SilentNPSError as error:
        return of_message(str(error))
    except Hang:
        return "hang", ""
    except BaseException:
        return "traceback", traceback.format_exc()
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def of_message(text: str) -> Result:
    if MARK in text:
        return "personal value", text
    is_line = 0 < len(text) <= LONGEST and not any(end in text for end in "\n\r")
    return ("refused" if is_line else "traceback"), text


def run(inputs: int, seed: int, kinds: list[str], *, loud: bool = True) -> list[Row]:
    """Try so many inputs of the kinds in turn, and count what they end in."""
    counts: Counter[tuple[str, str]] = Counter()
    start = time.perf_counter()
    for number in range(inputs):
        kind = kinds[number % len(kinds)]
        what, told = outcome(kind, seed, number)
        counts[kind, what] += 1
        if what in FAULTS and loud:
            print(f"{what}: {kind}:{number}: {told[-1500:]}", file=sys.stderr)
    rows: list[Row] = [("all", what, float(sum(n for (_, each), n in counts.items() if each == what)), "inputs")
                       for what in (*FAULTS, "refused", "read")]  # fmt: skip
    rows += [(kind, what, float(n), "inputs") for (kind, what), n in sorted(counts.items())]
    return [*rows, ("all", "time", time.perf_counter() - start, "s")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="60 inputs")
    parser.add_argument("--only", help="a kind, or KIND:NUMBER for one input of it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kind, _, number = (options.only or "").partition(":")
    if number:
        print(*outcome(kind, options.seed, int(number)), sep="\n")
        return
    rows = run(60 if options.small else options.inputs, options.seed, [kind] if kind else list(TRIALS))
    show(rows, options.json)
    if any(value for name, what, value, _ in rows if name == "all" and what in FAULTS):
        sys.exit(1)


if __name__ == "__main__":
    main()
