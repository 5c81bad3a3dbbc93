"""A base of marked values through every command: where do marks come out?

    python benchmarks/canary.py --json canary.json

Every file of the output and of MLflow is opened (Parquet, SQLite, arrays, pictures) and searched, and so is every
line that the commands print. Marks may be only where docs/privacy.md says that they belong; elsewhere the script
ends with 1.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import sqlite3
import struct
import sys
import tempfile
import traceback
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from typer.testing import CliRunner

from figures import Row, show
from marked_base import IDS, MARK, damages, kind_of, tables, write_base
from silentnps.cli import app

WITH_IDS = re.compile(
    r"out/(features(_as_of)?\.parquet|out_of_fold/rows\.parquet|scores(_as_of)?|actions|events"
    r"|(calls|at_risk(_as_of)?)\.csv)(/|$)"
    r"|printed by explain CUSTOMER|name of out/explained/|printed by init --check"
)
"""Where docs/privacy.md says that ids are: files of one row a customer, and the answer to a question about one."""

WITH_ACCOUNTS = re.compile(r"out/accounts/|printed by accounts")
"""Where the names of accounts are."""

NEEDS_ATTENTION = (3, 4)
"""The exit codes of a command that did its work and found something that a person should look at, or act on."""

SHOWN = "printed by init --check"
"""Where values are shown on request: of columns that are not personal."""

NOT_PERSONAL = frozenset({"associate", "category", "channel", "kind", "rare", "reason", "store"})
"""Kinds of marks in columns of which `init --check` shows values."""

FORGOTTEN = "cnryid00007"
"""The customer who is forgotten after all other commands."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "init --check": ("init", "--check"),
    "validate": ("validate",),
    "validate --json": ("validate", "--json"),
    "link": ("link",),
    "features": ("features",),
    "train": ("train",),
    "estimate": ("estimate",),
    "estimate --by": ("estimate", "--by", "plan"),
    "score": ("score",),
    "score --csv": ("score", "--csv"),
    "explain": ("explain",),
    "explain CUSTOMER": ("explain", "cnryid00003"),
    "trend": ("trend", "--by", "plan"),
    "compare": ("compare", "--by", "plan", "--by", "class"),
    "accounts": ("accounts",),
    "monitor": ("monitor",),
    "actions": ("actions", "--goal", "recover", "--format", "csv"),
    "actions --write-back": ("actions", "--write-back", "profile"),
    "report": ("report",),
    "plan": ("plan", "--width", "60"),
    "promote": ("promote", "--force"),
    "models": ("models",),
    "features --as-of": ("features", "--as-of", "2025-08-01", "--since", "2025-08-01"),
    "score --as-of": ("score", "--as-of", "2025-08-01"),
    "forget --dry-run": ("forget", FORGOTTEN, "--dry-run"),
    "forget": ("forget", FORGOTTEN),
}
MISTAKES: dict[str, tuple[str, ...]] = {
    "backtest of one wave": ("backtest",),
    "explain CUSTOMER nobody": ("explain", "cnryid99998"),
    "estimate --by email": ("estimate", "--by", "email"),
    "estimate --by nothing": ("estimate", "--by", "nothing"),
    "train with a personal driver": ("train",),
}

Found = Counter[tuple[str, str]]
"""How many marks of a kind there are in a place."""


def text_of(path: Path) -> Iterator[str]:
    """Yield everything that a file holds as text."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield from (str(name) for name in table.column_names)
        yield from (str(value) for value in (table.schema.metadata or {}).values())
        for column in table.columns:
            yield _joined(column.unique().to_pylist())
            yield from (_joined(chunk.dictionary.to_pylist()) for chunk in column.chunks if _is_coded(chunk))
    elif path.suffix == ".npy":
        yield _joined(np.unique(np.load(path)).tolist())
    elif path.suffix == ".db":
        yield from _text_of_database(path)
    else:
        content = path.read_bytes()
        yield from _text_of_bytes(content)
        for picture in re.findall(rb"data:image/png;base64,([A-Za-z0-9+/=]+)", content):
            yield from _text_of_bytes(base64.b64decode(picture))


def _is_coded(chunk: pa.Array) -> bool:
    """Return whether a column has a dictionary, which may hold values that no row has."""
    return isinstance(chunk, pa.DictionaryArray)


def _text_of_bytes(content: bytes) -> Iterator[str]:
    if content.startswith(b"\x89PNG"):
        yield from _text_of_picture(content)
    yield content.decode("utf-8", errors="replace")


def _text_of_picture(content: bytes) -> Iterator[str]:
    """Yield the texts in a PNG, also those that are compressed."""
    place = 8
    while place < len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        chunk = content[place + 8 : place + 8 + size]
        if kind in (b"zTXt", b"iTXt"):
            start = chunk.find(b"\x78")
            try:
                yield zlib.decompress(chunk[start:]).decode("utf-8", errors="replace")
            except zlib.error:
                yield chunk.decode("utf-8", errors="replace")
        place += size + 12


def _text_of_database(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield from connection.iterdump()
    finally:
        connection.close()


def _joined(values: list[object]) -> str:
    whole = (int(v) if isinstance(v, float) and v.is_integer() else v for v in values)
    return "\n".join(str(value) for value in whole)


def search(found: Found, place: str, texts: Iterator[str]) -> None:
    """Count the marks in texts."""
    for text in texts:
        for mark in MARK.finditer(text.lower()):
            found[place, kind_of(mark)] += 1


def search_folder(found: Found, folder: Path, *, under: str = "") -> int:
    """Count the marks in every file of a project but its tables and configuration; return the number of files.

    `under` is where the folder is in the project.
    """
    n = 0
    for path in sorted(folder.rglob("*")):
        place = under + path.relative_to(folder).as_posix()
        if path.is_file() and not place.startswith("data/") and place != "config.yaml":
            n += 1
            search(found, place, text_of(path))
            search(found, f"name of {re.sub(MARK, '...', place)}", iter([place]))
    return n


def run(found: Found, name: str, words: tuple[str, ...], config: Path | None) -> int:
    """Run a command, count the marks in what it prints and in its traceback, and return its exit code."""
    result = CliRunner().invoke(app, [*words, *([] if config is None else ["-c", str(config)])])
    raised = "" if result.exc_info is None else "".join(traceback.format_exception(*result.exc_info))
    search(found, f"printed by {name}", iter([result.stdout, result.stderr, raised]))
    return result.exit_code


def proposed(found: Found, folder: Path) -> int:
    """Let `init` write proposed.yaml from the tables, and return its exit code."""
    files = sorted(str(path) for path in (folder / "data").glob("*.csv"))
    words = ("init", *files, "--yes", "--timezone", "UTC", "--output", str(folder / "proposed.yaml"))
    return run(found, "init", words, None)


def left_of(folder: Path, mark: str) -> list[str]:
    """Return the files below the output, MLflow's included, that have a mark in their content or name."""
    paths = [path for path in sorted((folder / "out").rglob("*")) if path.is_file()]
    return [
        str(path)
        for path in paths
        if mark in path.name.lower() or any(mark in text.lower() for text in text_of(path))
    ]


def journey(found: Found, folder: Path, *, n: int, small: bool) -> tuple[int, int]:
    """Run every command on a marked base; return how many failed and how many files were searched."""
    light = {"candidates": ["signals", "logistic", "ordinal"], "learning_curve": False, "trees": 20}
    changes: dict[str, object] = {"explanation": {"refits": 2, "reference_rows": 10}} if small else {}
    model = {"fairness": ["region"], "repeats": 1, "folds": 3, **(light if small else {})}
    config = write_base(folder, tables(n, 0), model=model, **changes)
    failed = _commands(found, folder, config)
    for name, words in MISTAKES.items():
        if name.startswith("train"):
            config = write_base(folder, {}, **_of(config) | {"features": {"response_drivers": ["email"]}})
        if run(found, name, words, config) != 1:
            failed.append(name)
            print(f"{name} must fail with one line", file=sys.stderr)
    return len(failed), search_folder(found, folder)


def _commands(found: Found, folder: Path, config: Path) -> list[str]:
    """Run every command, and return those that failed."""
    failed = []
    for name, words in COMMANDS.items():
        if run(found, name, words, config) not in (0, *NEEDS_ATTENTION):
            failed.append(name)
        if words[0] == "score":  # before the next scores take the place of these
            search_folder(found, folder / "out" / "scores", under="out/scores/")
    if proposed(found, folder):
        failed.append("init")
    failed += [f"forget (in {place})" for place in left_of(folder, FORGOTTEN)]
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return failed


def _of(config: Path) -> dict[str, object]:
    import yaml

    content: dict[str, object] = yaml.safe_load(config.read_text(encoding="utf-8"))
    return content


def damaged(found: Found, folder: Path, n: int) -> int:
    """Run the checks and the features on tables with marked damages; return how many files were searched."""
    files = 0
    for place, (name, damage) in enumerate(damages().items()):
        own = folder / f"damaged{place}"
        base = tables(n, 1)
        damage(base)
        config = write_base(own, base)
        for command in ("validate", "features"):
            run(found, f"{command} with {name}", (command,), config)
        files += search_folder(found, own)
    return files


def judged(found: Found) -> pd.DataFrame:
    """Return where marks were found, how many of which kind, and whether they belong there."""
    rows = [(_place(place), kind, count, _is_allowed(place, kind)) for (place, kind), count in found.items()]
    table = pd.DataFrame(rows, columns=["place", "kind", "marks", "allowed"])
    return table.groupby(["place", "kind", "allowed"], as_index=False)["marks"].sum()


def _is_allowed(place: str, kind: str) -> bool:
    if kind == "firm":
        return WITH_ACCOUNTS.match(place) is not None
    return (kind in IDS and WITH_IDS.match(place) is not None) or (place == SHOWN and kind in NOT_PERSONAL)


def _place(place: str) -> str:
    """Return a place without the names of parts and runs, which differ."""
    place = re.sub(r"silentnps_bucket=\d+/.*", "...", place)
    return re.sub(r"[0-9a-f]{32}|m-[0-9a-f]{32}|part-\d+", "*", place)


def measure(folder: Path, *, small: bool) -> tuple[list[Row], pd.DataFrame]:
    """Return the figures, and the table of where marks were found."""
    found: Found = Counter()
    n = 400 if small else 1_500
    failed, files = journey(found, folder / "whole", n=n, small=small)
    files += damaged(found, folder, 60)
    table = judged(found)
    rows: list[Row] = [
        ("canary", "files searched", files, "files"),
        ("canary", "commands", 1 + len(COMMANDS) + len(MISTAKES) + 2 * len(damages()), "commands"),
        ("canary", "commands that failed", failed, "commands"),
        ("canary", "places where marks belong", int(table["allowed"].sum()), "places"),
        ("canary", "places where marks do not belong", int((~table["allowed"]).sum()), "places"),
        ("canary", "marks that do not belong", int(table.loc[~table["allowed"], "marks"].sum()), "marks"),
    ]
    return rows, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--small", action="store_true", help="a small base and small models, under a minute")
    parser.add_argument("--folder", type=Path, help="keep the projects here")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="canary"))
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    rows, table = measure(folder, small=options.small)
    print(table.assign(allowed=np.where(table["allowed"], "allowed", "NOT ALLOWED")).to_string(index=False))
    show(rows, options.json)
    if options.folder is None:
        shutil.rmtree(folder)
    if any(value for _, metric, value, _ in rows if "do not belong" in metric or "failed" in metric):
        sys.exit(1)


if __name__ == "__main__":
    main()
