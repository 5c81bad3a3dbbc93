"""What a team did gets into the ledger."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from acted_project import write_acted

from silentnps.errors import DataError
from silentnps.workflow.decisions.lists.actions import list_actions
from silentnps.workflow.decisions.lists.files import read_ledger
from silentnps.workflow.decisions.lists.log import log_actions


def test_a_filled_in_list_is_read_and_the_list_is_closed(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    made = list_actions(project, "recover", top=10)
    filled = made.table.assign(status=["done"] * 6 + ["skipped"] + ["open"] * 3)
    filled["done_at"] = ["2025-07-01 10:00"] * 6 + [""] * 4
    filled.to_csv(tmp_path / "log.csv", index=False)
    done = log_actions(project, tmp_path / "log.csv")
    assert (done.n_rows, done.n_changed) == (10, 7)
    assert done.by_status == {"open": 3, "done": 6, "skipped": 1}
    assert log_actions(project, tmp_path / "log.csv").n_changed == 0
    ledger = read_ledger(project).set_index("customer_id")
    assert ledger.loc[made.table["customer_id"].iloc[0], "done_at"] == pd.Timestamp("2025-07-01 10:00")
    with pytest.raises(DataError, match="7 of its customers done or skipped"):
        list_actions(project, "recover", top=10)


def test_without_a_list_there_is_nothing_to_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("customer_id,status,done_at\na,open,\n")
    with pytest.raises(DataError, match="Make one"):
        log_actions(write_acted(tmp_path), tmp_path / "log.csv")
