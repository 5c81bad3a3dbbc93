"""The log of a team is read as people fill it in, and what it cannot mean is refused by line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from silentnps.actions.done_log import read_log
from silentnps.actions.list_files import write_list
from silentnps.errors import DataError


def written(folder: Path, text: str) -> Path:
    (folder / "log.csv").write_text(text, encoding="utf-8")
    return folder / "log.csv"


def test_a_csv_with_names_and_cells_as_people_write_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Customer ID,Status,Done at\n 0012 ,Done,2025-07-01 10:00\n'=1,,2025-07-02\nb,,\nc,skipped,2025-07-03\n",
    )
    log = read_log(path)
    assert log["customer_id"].tolist() == ["0012", "=1", "b", "c"]
    assert log["status"].tolist() == ["done", "done", "open", "skipped"]
    known = log["done_at"].dropna()
    assert known.tolist() == [pd.Timestamp("2025-07-01 10:00"), pd.Timestamp("2025-07-02")]
    assert known.index.tolist() == [0, 1]
    assert log["row"].tolist() == [2, 3, 4, 5]


def test_the_workbook_of_a_list_is_a_log(tmp_path: Path) -> None:
    table = pd.DataFrame({"customer_id": ["=1", "b"], "status": ["done", "open"], "done_at": ["2025-07-01", ""]})
    typed = table.assign(done_at=[pd.Timestamp("2025-07-01"), pd.NaT])
    for each in (table, typed):
        write_list(each, tmp_path / "l.xlsx", kind="xlsx")
        log = read_log(tmp_path / "l.xlsx")
        assert log["customer_id"].tolist() == ["=1", "b"]
        assert log["done_at"].tolist()[0] == pd.Timestamp("2025-07-01")


def test_times_with_a_zone_become_local_times(tmp_path: Path) -> None:
    path = written(tmp_path, "customer_id,status,done_at\na,done,2025-07-01T23:00:00Z\n")
    assert read_log(path, zone="Europe/Berlin")["done_at"].tolist() == [pd.Timestamp("2025-07-02 01:00")]
    assert read_log(path)["done_at"].tolist() == [pd.Timestamp("2025-07-01 23:00")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("customer_id,status\na,done\n", "the column 'done_at'"),
        ("customer_id,status,done_at\na,finished,\n", "status must be one of open, done, skipped; got 1"),
        ("customer_id,status,done_at\na,open,\nb,done,\n", "done_at must be known where the status is done; got 1"),
        ("customer_id,status,done_at\na,done,soon\n", "done_at must be a date or a time; got 1"),
        ("customer_id,status,done_at\n,done,2025-07-01\n", "customer_id must be an id; got 1"),
        ("customer_id,status,done_at,goal\na,open,,win\n", "goal must be one of recover"),
    ],
)
def test_what_it_cannot_mean_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as error:
        read_log(written(tmp_path, text))
    assert words in str(error.value)
    assert "soon" not in str(error.value)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_log(tmp_path / "none.csv")
    (tmp_path / "broken.xlsx").write_bytes(b"PK")
    with pytest.raises(DataError, match="cannot be read"):
        read_log(tmp_path / "broken.xlsx")
