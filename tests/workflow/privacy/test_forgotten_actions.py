"""A forgotten customer is in no file of actions any more, and those files stay whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from acted_project import write_acted

from silentnps.actions.list_files import FORMATS, read_table
from silentnps.workflow.decisions.lists.actions import list_actions
from silentnps.workflow.decisions.lists.files import read_ledger
from silentnps.workflow.decisions.lists.write_back import write_back
from silentnps.workflow.privacy.forgotten_actions import forget_actions
from silentnps.workflow.privacy.forgotten_rows import Removal


@pytest.mark.parametrize("dry_run", [True, False])
def test_lists_ledger_and_files_for_other_systems_are_without_the_customer(tmp_path: Path, dry_run: bool) -> None:
    project = write_acted(tmp_path)
    made = list_actions(project, "recover", top=10, formats=FORMATS)
    for system in ("salesforce", "profile"):
        write_back(project, system)
    person, folder = str(made.table["customer_id"].iloc[3]), project.output / "actions"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    n = len(read_ledger(project))
    removal = Removal(project, person, dry_run)
    forget_actions(removal)
    names = {*(f"actions/recover.{kind}" for kind in FORMATS), "actions/ledger.parquet"}
    assert removal.removed == dict.fromkeys({*names, "actions/salesforce.csv", "actions/profile.jsonl"}, 1)
    if dry_run:
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        return
    rest = [each for each in made.table["customer_id"] if each != person]
    for name in ("recover.xlsx", "recover.csv"):
        assert read_table(folder / name)["customer_id"].tolist() == rest
    assert pd.read_parquet(folder / "recover.parquet")["customer_id"].tolist() == rest
    assert len(read_ledger(project)) == n - 1
    for name in ("recover.csv", "recover.jsonl", "salesforce.csv", "profile.jsonl"):
        assert person not in (folder / name).read_text(encoding="utf-8")
