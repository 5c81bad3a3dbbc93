"""What a newcomer waits for is read off the files and the processes themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import psutil
import pytest
from projects import ROOT

import first_run

HOLDS_MEMORY = """
import subprocess, sys
held = bytearray({own})
child = subprocess.Popen([sys.executable, "-c", "held = bytearray({of_child}); print(flush=True); input()"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(flush=True)
input()
child.communicate(b"\\n")
"""
"""Holds bytes here and in a child until a line comes."""


def test_memory_is_that_of_a_process_and_its_descendants() -> None:
    own, of_child = 60_000_000, 90_000_000
    code = HOLDS_MEMORY.format(own=own, of_child=of_child)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = first_run.used_memory(psutil.Process(process.pid))
        alone = psutil.Process(process.pid).memory_info().rss
        process.communicate(b"\n")
    assert own < alone
    assert alone + of_child < used


def test_a_command_that_fails_ends_the_measurement_with_what_it_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such table')"]
    with pytest.raises(SystemExit, match="no such table"):
        first_run.watched(command, folder=tmp_path)


def write_results(directory: Path, *, low: float, high: float, n: int) -> Path:
    """Write what a demonstration leaves of 3 silent customers in its last wave, whose NPS is 100/3."""
    wave = pd.Categorical(["2025-Q3", "2025-Q4", "2025-Q4", "2025-Q4", "2025-Q4"])
    nps_class = pd.Categorical(["detractor", "promoter", "promoter", "detractor", "detractor"])
    answered = [False, False, False, False, True]
    (directory / "data").mkdir(parents=True)
    truth = pd.DataFrame({"wave": wave, "nps_class": nps_class, "answered": answered})
    truth.to_parquet(directory / "data" / "truth.parquet")
    (directory / "out" / "estimate").mkdir(parents=True)
    silent = {"value": (low + high) / 2, "low": low, "high": high, "n": n}
    (directory / "out" / "estimate" / "estimate.json").write_text(json.dumps({"silent": silent}), encoding="utf-8")
    return directory


@pytest.mark.parametrize(("low", "high", "covered"), [(30.0, 40.0, 1.0), (34.0, 40.0, 0.0), (20.0, 33.0, 0.0)])
def test_an_interval_covers_when_the_truth_of_the_last_wave_lies_in_it(
    tmp_path: Path, low: float, high: float, covered: float
) -> None:
    result = first_run.result_of(write_results(tmp_path, low=low, high=high, n=3))
    assert result == pytest.approx({"truth": 100 / 3, "low": low, "high": high, "covered": covered})


def test_an_estimate_of_other_customers_is_not_judged(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="4 silent customers"):
        first_run.result_of(write_results(tmp_path, low=0, high=1, n=4))


def test_a_package_weighs_what_its_files_weigh() -> None:
    joblib = distribution("joblib")
    folder = Path(str(joblib.locate_file("joblib")))
    size = first_run.bytes_of(joblib)
    sources = sum(
        path.stat().st_size for path in folder.rglob("*") if "__pycache__" not in path.parts and path.is_file()
    )
    everything = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    facts = sum(path.stat().st_size for path in folder.parent.glob("joblib-*/**/*") if path.is_file())
    assert sources < size <= everything + facts


def test_weight_names_the_largest_of_the_pinned_packages() -> None:
    rows = {metric: value for _, metric, value, _ in first_run.weight(Path(pd.__file__).parents[1])}
    pinned = first_run.pinned(ROOT / first_run.PINS)
    sizes = {
        metric.removeprefix("size of "): value for metric, value in rows.items() if metric.startswith("size of ")
    }
    assert len(sizes) == 5
    assert set(sizes) <= pinned
    assert "pyspark" not in sizes  # of an extra
    assert sum(sizes.values()) < rows["size"]
    assert 0 < rows["number"] <= len(pinned)
