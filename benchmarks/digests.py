"""Digests of what the commands make of a simulated retailer and of the airline's answers.

    python benchmarks/digests.py OUT --json before.json
    python benchmarks/digests.py OUT --json after.json --against before.json

Every table, array and JSON file of the output has a digest of its values, numbers rounded to 12 decimals; times and
names of runs are left out. With `--against` differing files are listed and the script ends with 1: a change of the
code that must leave the numbers alone is held to it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

import airline
from figures import show

VOLATILE = {"scored_at", "run_id", "model_version", "seconds", "trained_at", "commit", "version", "model_digest"}
"""Keys and columns that differ from run to run, or that are digests themselves."""

LEFT_OUT = ("ml", "run.json", "features.digest.json", "scores/_manifest.json", "model/")
"""Files that name a run, or a time, or hold how a model is written in place of what it says."""

COMMANDS = (("features",), ("train",), ("estimate",), ("score",), ("explain",), ("report",))

SMALL = {
    "model": {"repeats": 2, "learning_curve": False, "candidates": ["logistic", "ordinal", "stack"]},
    "estimation": {"replicates": 10},
    "explanation": {"refits": 3, "reference_rows": 20},
}
"""Settings that make a run short; what they leave out is a repetition of the same."""


def run(command: tuple[str, ...], config: Path | None) -> None:
    """Run a command as a user would."""
    program = [sys.executable, "-c", "from silentnps.cli import main; main()", *command]
    done = subprocess.run([*program, *(["-c", str(config)] if config else [])], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"silentnps {' '.join(command)} failed: {done.stderr}")


def retailer(folder: Path, customers: int) -> Path:
    """Simulate the retailer of the demonstration; return its configuration."""
    run(("simulate", str(folder / "data"), "--customers", str(customers)), None)
    names = sorted(path.stem for path in (folder / "data").glob("*.parquet"))
    config: dict[str, Any] = {
        "name": "retailer",
        "output": "result",
        "timezone": "UTC",
        "tables": {name: {"path": f"data/{name}.parquet"} for name in names if name != "truth"},
        "waves": {"period": "quarter"},
    }
    config |= {**SMALL, "estimation": {**SMALL["estimation"], "segments": ["region", "tier"]}}
    path = folder / "retailer.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def airline_project(folder: Path) -> Path:
    """Write the airline's answers of one draw; return their configuration."""
    survey = pd.read_parquet(airline.DATA / "southeast_airlines" / "survey_union_dedup.parquet")
    airline.write_tables(survey, folder / "data", seed=0)
    path = airline.write_config(folder)
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["model"] = {**config.get("model", {}), **SMALL["model"]}
    config["explanation"] = SMALL["explanation"]
    config["estimation"] |= SMALL["estimation"]
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def without_volatile(value: Any) -> Any:
    """Return JSON without what differs from run to run, numbers rounded."""
    if isinstance(value, dict):
        return {key: without_volatile(each) for key, each in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [without_volatile(each) for each in value]
    return f"{value:.12g}" if isinstance(value, float) else value


def frame_values(frame: pd.DataFrame) -> bytes:
    """Return the values of a frame as text."""
    kept = frame[[name for name in frame if name not in VOLATILE]]
    return kept.to_csv(index=False, float_format="%.12f").encode()


def digest(path: Path) -> str | None:
    """Return the digest of a file's values; None for a kind of file that has none."""
    if path.suffix == ".parquet":
        data = frame_values(pd.read_parquet(path))
    elif path.suffix == ".csv":
        data = frame_values(pd.read_csv(path))
    elif path.suffix == ".json":
        data = json.dumps(without_volatile(json.loads(path.read_text(encoding="utf-8")))).encode()
    elif path.suffix == ".npy":
        data = np.array2string(np.round(np.load(path), 12), threshold=sys.maxsize, precision=12).encode()
    else:
        return None
    return hashlib.sha256(data).hexdigest()


def digests(output: Path) -> dict[str, str]:
    """Return the digests of all files of a project's output that are of numbers."""
    found = {}
    for path in sorted(output.rglob("*")):
        name = path.relative_to(output).as_posix()
        if path.is_file() and not name.startswith(LEFT_OUT):
            value = digest(path)
            if value:
                found[name] = value
    return found


def measured(out: Path, *, small: bool) -> dict[str, str]:
    """Run the commands on both bases; return the digests of their files."""
    projects = {"retailer": retailer(out / "retailer", 1_000 if small else 6_000)}
    if not small and airline.DATA.is_dir():
        projects["airline"] = airline_project(out / "airline")
    found = {}
    for name, config in projects.items():
        for command in COMMANDS:
            run(command, config)
        found |= {f"{name}/{key}": value for key, value in digests(config.parent / "result").items()}
    return found


def main() -> None:
    """Run everything, write the digests, and compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path, help="digests of another commit")
    parser.add_argument("--small", action="store_true", help="a small retailer only")
    options = parser.parse_args()
    found = measured(options.out, small=options.small)
    before = {}
    if options.against:
        before = {row["name"]: row["value"] for row in json.loads(options.against.read_text(encoding="utf-8"))}
    differing = sorted(name for name in {*found, *before} if before and found.get(name) != before.get(name))
    rows: list[Any] = [(name, "digest", value, "sha256") for name, value in found.items()]
    show(rows, options.json)
    if differing:
        raise SystemExit(f"{len(differing)} of {len(before)} files differ: {', '.join(differing)}")


if __name__ == "__main__":
    main()
