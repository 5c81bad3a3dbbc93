"""Exports of several files: Salesforce's surveys, and Qualtrics as Fivetran writes it to a warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from exported import aside, read, rows, said
from written_tables import project

from silentnps.config import TableConfig, load_config
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError

ANSWERS = """\
Id,InvitationId,ResponseId,QuestionId,NumberValue,ChoiceValue
a1,i1,r1,q1,9,
a2,i1,r1,q2,,good
a3,i2,r2,q1,4,
a4,i3,r3,q1,10,
a5,i9,r9,q1,1,
"""

RESPONSES = """\
Id,CompletionDateTime,InvitationId,Status,SubmitterId
r1,2025-01-02T10:00:00.000Z,i1,Completed,u1
r2,2025-01-03T10:00:00.000Z,i2,Completed,u1
r3,,i3,Paused,u1
"""

INVITATIONS = """\
Id,ParticipantId,SurveyId,CreatedDate,ResponseStatus,IsDeleted,IsDefault
i1,p1,s1,2025-01-01T10:00:00.000Z,Completed,false,false
i2,p2,s1,2025-01-01T10:00:00.000Z,Completed,false,false
i3,p3,s1,2025-01-01T10:00:00.000Z,Paused,false,false
i4,p4,s1,2025-01-01T10:00:00.000Z,NotStarted,false,false
i5,,s1,2025-01-01T10:00:00.000Z,NotStarted,false,true
"""

JOINED = {"survey_response": RESPONSES, "survey_invitation": INVITATIONS}
SALESFORCE: dict[str, Any] = {"question": "q1", "joined": JOINED}


def test_files_of_one_export_may_have_ids_of_both_lengths(tmp_path: Path) -> None:
    short, long = "0Qx3000001ABcdE", "0Qx3000001ABcdECAT"
    joined = {name: text.replace("r1,", f"{short},") for name, text in JOINED.items()}
    answers = ANSWERS.replace(",r1,", f",{long},")
    found = read(tmp_path, "responses", answers, "salesforce_surveys", question="q1", joined=joined)
    assert rows(found)["customer_id"].tolist() == ["p1", "p2"]


def test_an_answer_finds_its_response_and_through_it_its_invitation(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", ANSWERS, "salesforce_surveys", **SALESFORCE)
    frame = rows(found)
    assert frame[["customer_id", "rating", "survey_id"]].values.tolist() == [["p1", 9, "s1"], ["p2", 4, "s1"]]
    assert frame["responded_at"].dt.strftime("%d %H").tolist() == ["02 10", "03 10"]
    assert frame["invited_at"].tolist() == [pd.Timestamp("2025-01-01 10:00")] * 2
    assert aside(found) == {
        "an answer whose response is in SurveyResponse": 1,
        "a completed response (Status)": 1,
    }
    assert "5 rows are the answers of 4 responses" in said(found)
    assert "of 4 rows the preset salesforce_surveys gives 2" in said(found)


def test_invitations_are_a_table_too(tmp_path: Path) -> None:
    found = read(tmp_path, "invitations", INVITATIONS, "salesforce_survey_invitations")
    assert rows(found, "invitations")["customer_id"].tolist() == ["p1", "p2", "p3", "p4"]
    assert aside(found) == {"an invitation of one person, not the survey's link": 1}


def test_a_further_file_that_is_needed_must_be_named_and_no_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must name the file survey_response, which has the columns Id, Co"):
        read(tmp_path, "responses", ANSWERS, "salesforce_surveys", question="q1")
    with pytest.raises(ConfigError, match=r"joined must be one of survey_response, survey_invitation; got answers"):
        read(tmp_path, "responses", ANSWERS, "salesforce_surveys", question="q1", joined={"answers": ANSWERS})
    with pytest.raises(ConfigError, match="joined must be left out, as the preset reads one file; got second"):
        read(tmp_path, "responses", ANSWERS, "google_forms", joined={"second": ANSWERS})


def test_a_file_without_the_column_that_joins_is_refused(tmp_path: Path) -> None:
    joined = JOINED | {"survey_response": RESPONSES.replace("InvitationId", "Invited")}
    with pytest.raises(DataError, match=r"must have a column survey_response\.InvitationId or"):
        read(tmp_path, "responses", ANSWERS, "salesforce_surveys", question="q1", joined=joined)


def test_of_several_versions_of_a_partner_the_latest_counts_and_rows_stay_single(tmp_path: Path) -> None:
    header, *lines = RESPONSES.splitlines()
    older = "r1,2025-01-09T10:00:00.000Z,i1,Completed,u1,2025-01-01"
    text = "\n".join([f"{header},_fivetran_synced", *(f"{line},2025-02-01" for line in lines), older]) + "\n"
    joined = JOINED | {"survey_response": text}
    found = read(tmp_path, "responses", ANSWERS, "salesforce_surveys", question="q1", joined=joined)
    assert rows(found)["responded_at"].dt.day.tolist() == [2, 3]
    assert "1 rows are earlier versions" in said(found)


QUESTION_RESPONSE = """\
_fivetran_id,response_id,question_id,question,question_option_key,sub_question_key,loop_id,value,_fivetran_synced
f1,R_1,QID1,How likely?,,,,10,2025-02-01
f2,R_1,QID2,Why?,,,,fine,2025-02-01
f3,R_2,QID1,How likely?,,,,Not at all likely,2025-02-01
f4,R_3,QID1,How likely?,,,,5,2025-02-01
f5,R_4,QID1,How likely?,,,,5,2025-02-01
"""

SURVEY_RESPONSE = """\
id,survey_id,recorded_date,finished,status,distribution_channel,recipient_email,duration_in_seconds,ip_address
R_1,S1,2025-01-02 10:00:00+00,1,0,email,p1@m.example,61,192.0.2.1
R_2,S1,2025-01-03 10:00:00+00,1,0,email,P2@m.example,62,192.0.2.1
R_3,S1,2025-01-03 10:00:00+00,0,0,email,p3@m.example,62,192.0.2.1
R_4,S1,2025-01-03 10:00:00+00,1,1,preview,p4@m.example,62,192.0.2.1
"""

EMBEDDED = "response_id,key,value,import_id\nR_1,customer_id,c1,x\nR_1,tier,gold,y\nR_2,customer_id,c2,x\n"


def test_qualtrics_in_a_warehouse_finds_the_customer_in_embedded_data(tmp_path: Path) -> None:
    joined = {"survey_response": SURVEY_RESPONSE, "survey_embedded_data": EMBEDDED}
    found = read(tmp_path, "responses", QUESTION_RESPONSE, "fivetran_qualtrics", question="QID1", joined=joined)
    assert rows(found)[["customer_id", "rating"]].values.tolist() == [["c1", 10], ["c2", 0]]
    assert sum(aside(found).values()) == 2
    del joined["survey_embedded_data"]
    found = read(tmp_path, "responses", QUESTION_RESPONSE, "fivetran_qualtrics", question="QID1", joined=joined)
    assert rows(found)["customer_id"].tolist() == ["p1@m.example", "P2@m.example"]
    assert found.config.tables["responses"].identified_by == "email"


def test_further_tables_of_a_database_need_their_name_only(tmp_path: Path) -> None:
    for name, text in (("question_response", QUESTION_RESPONSE), ("survey_response", SURVEY_RESPONSE)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as base:
            base.execute(f"CREATE TABLE {name} AS FROM read_csv('{tmp_path / name}.csv')")
    project(tmp_path)
    (tmp_path / "config.yaml").write_text(
        "{name: x, output: out, timezone: UTC, tables: {customers: {path: customers.csv}, responses: {path:"
        " warehouse.duckdb, table: question_response, preset: fivetran_qualtrics, question: QID1,"
        " joined: {survey_response: {table: survey_response}}}}}",
        encoding="utf-8",
    )
    config = load_config(tmp_path / "config.yaml")
    assert config.tables["responses"].joined["survey_response"].path == tmp_path / "warehouse.duckdb"
    assert rows(read_tables(config))["rating"].tolist() == [10, 0]


def test_the_place_of_a_further_file_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one of the keys path and url"):
        TableConfig.model_validate({"path": "a.csv", "joined": {"b": {"path": "b.csv", "url": "duckdb://x"}}})
    with pytest.raises(ValueError, match="path"):
        TableConfig.model_validate({"path": "a.csv", "joined": {"b": {"encoding": "latin-1"}}})
