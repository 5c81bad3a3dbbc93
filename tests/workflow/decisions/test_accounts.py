"""Accounts of a trained project: the numbers of its estimate, files that are safe, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from silentnps.config import AccountsConfig
from silentnps.errors import ConfigError
from silentnps.storage.spreadsheet_csv import read_csv
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.accounts import accounts, accounts_folder, in_order
from silentnps.workflow.decisions.roll_up.account_files import write_accounts


@pytest.fixture
def copied(project: Project, tmp_path: Path) -> Project:
    """Return the project with an output folder of its own."""
    for name in ("model", "out_of_fold"):
        shutil.copytree(project.output / name, tmp_path / name)
    return Project(project.config.model_copy(update={"output": tmp_path}))


def declared(project: Project, **accounts: Any) -> Project:
    return Project(project.config.model_copy(update={"accounts": AccountsConfig(**accounts)}))


def test_large_accounts_have_the_nps_of_the_estimate_by_segment(project: Project, copied: Project) -> None:
    got = accounts(declared(copied, column="region")).table.set_index("account_id")
    segments = read_csv(project.estimate / "segments.csv").query("segmentation == 'region'").set_index("segment")
    assert set(got.index) == set(segments.index)
    for name, row in segments.iterrows():
        assert got.loc[name, "customers"] == row["n"]
        assert got.loc[name, "answers"] == row["n_respondents"]
        assert got.loc[name, "nps"] == pytest.approx(row["base_value"], abs=1e-6)
        assert got.loc[name, "nps_low"] < row["base_value"] < got.loc[name, "nps_high"]
    assert got["spend"].sum() > 0


@pytest.mark.slow
def test_roles_and_spend_weigh_and_files_tell_it(copied: Project) -> None:
    plain = accounts(declared(copied, column="region")).table.set_index("account_id")
    role = declared(copied, column="region", role="tier", weights={"gold": 5})
    got = accounts(role)
    assert (got.table.set_index("account_id").loc[plain.index, "nps"] != plain["nps"]).all()
    assert any("gold 5, and 1 of" in note for note in got.notes)
    by_spend = accounts(declared(copied, column="region", weights="spend"))
    assert "Shares and NPS count each customer by spend." in by_spend.notes
    told = json.loads((accounts_folder(copied) / "accounts.json").read_text())
    assert told["notes"] == list(by_spend.notes)
    assert told["accounts"] == len(plain)
    kept = read_csv(accounts_folder(copied) / "accounts.csv")
    pd.testing.assert_frame_equal(kept, by_spend.table, check_dtype=False)


def test_accounts_are_declared_and_there(copied: Project) -> None:
    with pytest.raises(ConfigError, match=r"accounts must be declared; got none\. Write"):
        accounts(copied)
    with pytest.raises(ConfigError, match=r"accounts\.column must be an attribute of customers; got 'firm'"):
        accounts(declared(copied, column="firm"))


def test_silent_accounts_come_first_by_what_is_at_risk() -> None:
    table = pd.DataFrame(
        {
            "account_id": ["a", "b", "c", "d"],
            "silent": [False, True, True, False],
            "customers": [1, 2, 3, 4],
            "detractor_share": [0.5, 0.5, 0.5, 0.5],
            "at_risk": [9.0, 1.0, 3.0, 10.0],
        }
    )
    assert list(in_order(table)["account_id"]) == ["c", "b", "d", "a"]
    assert list(in_order(table.assign(at_risk=np.nan))["account_id"]) == ["c", "b", "d", "a"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    table = pd.DataFrame({"account_id": ["=cmd()", "b"], "silent": [True, False], "customers": [1, 2]})
    write_accounts(tmp_path, table, {"notes": ["=1+1"]})
    assert "'=cmd()" in (tmp_path / "accounts.csv").read_text()
    sheet = CalamineWorkbook.from_path(tmp_path / "accounts.xlsx").get_sheet_by_name("Accounts")
    assert sheet.to_python() == [["account id", "silent", "customers"], ["=cmd()", "silent", 1.0], ["b", "", 2.0]]
