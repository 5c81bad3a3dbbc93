"""Scores for other systems: names as declared, everybody but who objects, ids that are found there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from acted_project import scores_of, write_acted

from silentnps.actions.write_back import TRAIT_NAMES
from silentnps.config import WRITE_BACK_COLUMNS
from silentnps.errors import ConfigError
from silentnps.workflow.decisions.lists.write_back import write_back
from silentnps.workflow.privacy.forgotten import remember_to_forget


def test_salesforce_gets_fields_by_the_external_id(tmp_path: Path) -> None:
    fields = {"nps_class": "Klasse__c", "expected_nps": "NPS__c"}
    project = write_acted(tmp_path, actions={"salesforce": {"id_field": "Ref__c", "fields": fields}})
    written = write_back(project, "salesforce")
    table = pd.read_csv(written.path)
    assert table.columns[0] == "Ref__c"
    assert set(table.columns) == {"Ref__c", "Klasse__c", "NPS__c"}
    assert table["Klasse__c"].tolist() == scores_of(400)["nps_class"].tolist()
    assert table["NPS__c"].tolist() == pytest.approx(scores_of(400)["expected_nps"].round(1).tolist())


def test_by_default_all_columns_have_a_field(tmp_path: Path) -> None:
    table = pd.read_csv(write_back(write_acted(tmp_path), "salesforce").path)
    assert len(table.columns) == 1 + len(WRITE_BACK_COLUMNS)
    assert all(name.endswith("__c") for name in table.columns)
    assert table["NPS_As_Of__c"].iloc[0] == "2025-06-30T12:00:00.000Z"


def test_a_profile_gets_a_line_of_json_per_customer(tmp_path: Path) -> None:
    project = write_acted(tmp_path, ids={0: "=1+1"})
    lines = [json.loads(line) for line in write_back(project, "profile").path.read_text("utf-8").splitlines()]
    assert lines[0]["userId"] == "=1+1"
    assert {line["type"] for line in lines} == {"identify"}
    assert set(lines[0]["traits"]) == set(TRAIT_NAMES.values())
    assert isinstance(lines[0]["traits"]["nps_p_detractor"], float)


def test_who_objects_and_who_was_forgotten_is_left_out(tmp_path: Path) -> None:
    project = write_acted(tmp_path, opted_out=(1, 2))
    remember_to_forget(project, "C00003", now=datetime(2025, 1, 1, tzinfo=UTC), models=())
    for system in ("salesforce", "profile"):
        written = write_back(project, system)
        assert written.left_out == {"opted out": 2, "forgotten": 1}
        text = written.path.read_text("utf-8")
        assert "C00004" in text
        assert not [name for name in ("C00001", "C00002", "C00003") if name in text]


def test_an_id_that_a_spreadsheet_would_compute_is_counted_and_in_no_csv(tmp_path: Path) -> None:
    written = write_back(write_acted(tmp_path, ids={0: "=1+1", 1: "+49"}), "salesforce")
    assert list(written.left_out.values()) == [2]
    assert "1+1" not in written.path.read_text("utf-8")


def test_fields_of_unknown_columns_are_refused(tmp_path: Path) -> None:
    for fields, words in (({"nps": "A"}, "'nps' must be one of"), ({"source": "A", "as_of": "A"}, "of its own")):
        (tmp_path / words[1:3]).mkdir()
        with pytest.raises(ConfigError, match=words):
            write_acted(tmp_path / words[1:3], actions={"salesforce": {"fields": fields}})
