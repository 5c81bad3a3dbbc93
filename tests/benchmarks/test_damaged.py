"""Damaged inputs end in a number that accounts for every row, or in one line; and the benchmark can tell."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import damaged
import damages
from silentnps.config import load_config
from silentnps.data.checking.checks import clean_tables
from silentnps.data.reading.sources import read_tables
from silentnps.errors import DataError


@pytest.mark.slow
@pytest.mark.parametrize("kind", damaged.TRIALS)
def test_an_input_of_each_kind_ends_well(kind: str) -> None:
    assert damaged.outcome(kind, 0, 0)[0] in ("read", "refused")


def test_a_parquet_file_over_which_arrow_ends_the_process_is_refused() -> None:
    what, told = damaged.outcome(
        "bytes of Parquet", 0, 12
    )  # its column statistics have a histogram of another size
    assert (what, "responses.parquet must be readable" in told) == ("refused", True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", damaged.TRIALS)
def test_more_inputs_of_each_kind_end_well(kind: str) -> None:
    found = [damaged.outcome(kind, 0, number) for number in range(1, 6)]
    assert [each for each in found if each[0] in damaged.FAULTS] == []


def test_every_fault_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def ending(error: BaseException) -> damaged.Result:
        def trial(rng: random.Random, folder: Path) -> damaged.Result:
            raise error

        monkeypatch.setitem(damaged.TRIALS, "values", trial)
        return damaged.outcome("values", 0, 0)

    two_lines = DataError("one")
    two_lines.args = ("one\ntwo",)
    assert ending(ValueError("x"))[0] == "traceback"
    assert ending(two_lines)[0] == "traceback"
    assert ending(DataError(f"got {damages.MARK}"))[0] == "personal value"
    assert ending(damaged.Hang())[0] == "hang"
    assert ending(DataError("a column must be a number; got 2 bad rows."))[0] == "refused"


def test_a_folder_is_named_by_its_files(tmp_path: Path) -> None:
    for name in ("crm.csv", "survey.csv"):
        (tmp_path / name).touch()
    assert damaged.is_named(tmp_path, "customers crm.csv survey.csv")
    assert not damaged.is_named(tmp_path, "customers crm.csv")
    assert not damaged.is_named(tmp_path / "gone.csv", "crm.csv")


def test_ratings_of_a_type_that_holds_none_are_refused(tmp_path: Path) -> None:
    made = damages.healthy(random.Random(0), tmp_path)
    answers = damages.typed(damages.responses(random.Random(0)))
    pq.write_table(pa.table({**answers, "rating": [[5]] * damages.N_ANSWERS}), tmp_path / "r.parquet")
    made.config["tables"]["responses"] = {"path": "r.parquet"}
    with pytest.raises(DataError, match=r"column 'rating' must be a whole number.*got 40 bad rows"):
        clean_tables(read_tables(load_config(made.write())).tables)
