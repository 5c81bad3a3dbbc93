"""Small projects, and commands run on them as a user would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import yaml
from empty_store import add_store
from typer.testing import CliRunner

from silentnps.cli import app

ROOT = Path(__file__).resolve().parents[2]
CANDIDATES = ["prior", "signals", "logistic", "ordinal", "stack"]
SMALL = {"model": {"repeats": 2, "folds": 3, "trees": 20, "candidates": CANDIDATES, "learning_curve": False}}


FEW_TABLES = {
    name: {"path": f"data/{name}.parquet"} for name in ("customers", "invitations", "responses", "orders")
}
"""`tables` of a project of which not every table matters: most of the time goes to each table alike."""


def write_project(folder: Path, **changes: object) -> Path:
    """Write configs/demo.yaml into `folder` with small sizes, its tables in `folder`/data; return the file.

    MLflow's store is there too, without runs.
    """
    config = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
    config["output"] = "out"
    for name, table in config["tables"].items():
        table["path"] = f"data/{name}.parquet"
    config |= SMALL
    config["explanation"] = {"refits": 3, "reference_rows": 30}
    config["privacy"] = {"opted_out": {"score": True}}  # scores of everybody average to the estimate
    config["estimation"] = {"replicates": 10, "segments": ["region", "tier"]}
    config |= changes
    if "tracking" not in changes:
        add_store(folder / config["output"])
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


Change = Callable[[pd.DataFrame], pd.DataFrame]


def change(folder: Path, table: str, how: Change) -> None:
    path = folder / "data" / f"{table}.parquet"
    how(pd.read_parquet(path)).to_parquet(path, index=False)


def fails(folder: Path, *words: str, command: str = "train") -> str:
    code, _, err = run(command, "-c", folder / "config.yaml")
    assert code == 1
    lines = [line for line in err.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    for word in words:
        assert word in lines[0]
    hidden = [path for path in (folder / "out").glob(".*") if path.name != ".duckdb"]
    assert not hidden, "something was left half written"
    return lines[0]
