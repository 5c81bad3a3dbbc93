"""Answers to many questions in one file: SurveyMonkey, Typeform and Google Forms."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from exported import aside, read, reordered, rows, said

from silentnps.errors import ConfigError, DataError

NPS = "How likely is it that you would recommend us to a friend or colleague?"

SURVEYMONKEY = f"""\
Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,{NPS},\
Why would you recommend us?,Which do you use?,,Rate our staff
,,,,,,,,,,Open-Ended Response,Shop,App,Response
1140001,400,01/15/2025 10:00:00 AM,01/15/2025 10:03:00 AM,192.0.2.1,a@x.example,A,S,c1,10 - Extremely likely,ok,,,5
1140002,400,01/16/2025 10:00:00 PM,01/16/2025 10:03:00 PM,192.0.2.2,b@x.example,B,S,c2,Not at all likely - 0,,,App,2
1140003,400,01/17/2025 10:00:00 AM,01/17/2025 10:03:00 AM,192.0.2.3,a@x.example,A,S,c1,7,,,,4
1140004,400,01/17/2025 11:00:00 AM,01/17/2025 11:03:00 AM,192.0.2.4,d@x.example,D,S,c4,,,,,4
1140005,400,01/18/2025 11:00:00 AM,01/18/2025 11:03:00 AM,192.0.2.4,e@x.example,E,S,c5,Extremely likely,,,,4
"""


def test_the_second_header_row_of_surveymonkey_is_no_answer(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", SURVEYMONKEY, "surveymonkey", zone="UTC")
    frame = rows(found)
    assert aside(found)["an answer (with a Respondent ID), not the second header row"] == 1
    assert frame["responded_at"].max() == pd.Timestamp("2025-01-18 11:03")
    assert pd.Timestamp("2025-01-16 22:03") in frame["responded_at"].tolist()
    rated = frame.dropna(subset=["rating"])
    assert rated[["customer_id", "rating"]].values.tolist() == [["c1", 10], ["c2", 0], ["c1", 7], ["c5", 10]]
    assert len(frame) + sum(aside(found).values()) == 6


def test_addresses_names_and_other_answers_of_surveymonkey_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", SURVEYMONKEY, "surveymonkey", zone="UTC")
    assert set(rows(found)) == {"customer_id", "responded_at", "rating"}
    assert "192.0.2" not in rows(found).to_string() + said(found)


def test_repeated_respondents_stay_and_one_exported_twice_counts_once(tmp_path: Path) -> None:
    again = SURVEYMONKEY + SURVEYMONKEY.splitlines()[2] + "\n"
    found = read(tmp_path, "responses", again, "surveymonkey", zone="UTC")
    assert rows(found)["customer_id"].tolist().count("c1") == 2
    assert aside(found)["the latest version of what it describes"] == 1


def test_of_several_questions_on_recommending_the_named_one_is_the_rating(tmp_path: Path) -> None:
    text = SURVEYMONKEY.replace("Rate our staff", "How likely would you recommend our app?")
    with pytest.raises(ConfigError, match="question must be the question that the ratings answer"):
        read(tmp_path, "responses", text, "surveymonkey", zone="UTC")
    found = read(tmp_path, "responses", text, "surveymonkey", zone="UTC", question=NPS)
    assert rows(found)["rating"].dropna().tolist() == [10, 0, 7, 10]
    assert rows(found)["customer_id"].tolist() == ["c1", "c2", "c1", "c4", "c5"]


def test_words_without_numbers_in_between_are_no_ratings(tmp_path: Path) -> None:
    text = SURVEYMONKEY.replace(",7,,,,4", ",Somewhat likely,,,,4").replace(
        "Not at all likely - 0", "Not at all likely"
    )
    with pytest.raises(DataError, match="a whole number from 0 to 10"):
        read(tmp_path, "responses", text, "surveymonkey", zone="UTC")
    words = {"Somewhat likely": "passive", "Extremely likely": "promoter", "Not at all likely": "detractor"}
    scale = {"to": words | {"10 - Extremely likely": "promoter"}}
    found = read(tmp_path, "responses", text, "surveymonkey", zone="UTC", scale=scale)
    assert rows(found)["rating"].dropna().tolist() == [9, 3, 7, 9]


ANSWER = {"choice_id": "1", "choice_metadata": {"weight": "9"}}
PAGES = [{"id": "1", "questions": [{"id": "76", "answers": []}, {"id": "77", "answers": [ANSWER]}]}]


def test_answers_of_the_api_of_surveymonkey_are_inside_a_list(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": ["1", "1", "2", "3"],
            "analyze_url": ["u"] * 4,
            "collector_id": ["4"] * 4,
            "date_created": ["2025-01-15T10:00:00+00:00"] * 4,
            "date_modified": ["2025-01-15T10:05:00+00:00"] * 4,
            "ip_address": ["192.0.2.1"] * 4,
            "response_status": ["partial", "completed", "partial", "completed"],
            "custom_value": ["c1", "c1", "c2", "c3"],
            "pages": [json.dumps(PAGES)] * 3 + ["[]"],
            "_airbyte_extracted_at": ["2025-02-01", "2025-02-02", "2025-02-01", "2025-02-01"],
        }
    )
    found = read(tmp_path, "responses", frame.to_csv(index=False), "surveymonkey", question="77")
    assert rows(found)["customer_id"].tolist() == ["c1", "c3"]
    assert rows(found)["rating"].dropna().tolist() == [9]
    assert sum(aside(found).values()) == 2


TYPEFORM = """\
#,On a scale how likely are you to recommend us?,What should we do better?,customer_id,Response Type,\
Start Date (UTC),Stage Date (UTC),Submit Date (UTC),Network ID,Tags
aa1,10,,c1,completed,2025-01-15 10:00:00,,2025-01-15 10:01:00,1f,
aa2,3,more,c2,completed,2025-01-15 10:00:00,,2025-01-15 10:02:00,1f,
aa3,7,,c3,partial,2025-01-15 10:00:00,2025-01-15 10:02:00,,1f,
"""


def test_times_of_typeform_are_utc_and_partial_responses_do_not_count(tmp_path: Path) -> None:
    for text in (TYPEFORM, reordered(TYPEFORM)):
        found = read(tmp_path, "responses", text, "typeform", zone="Asia/Tokyo")
        assert rows(found)[["customer_id", "rating"]].values.tolist() == [["c1", 10], ["c2", 3]]
        assert rows(found)["responded_at"].min() == pd.Timestamp("2025-01-15 10:01")
        assert aside(found) == {"a completed response (Response Type)": 1}
        assert set(rows(found)) == {"customer_id", "responded_at", "rating", "tags"}


def test_answers_of_the_api_of_typeform_are_found_by_id_or_ref(tmp_path: Path) -> None:
    answers = [
        {"field": {"id": "X1", "ref": "why", "type": "short_text"}, "type": "text", "text": "10"},
        {"field": {"id": "X2", "ref": "nps", "type": "opinion_scale"}, "type": "number", "number": 8},
    ]
    frame = pd.DataFrame(
        {
            "response_id": ["r1", "r1", "r2"],
            "landed_at": ["2025-01-15T10:00:00Z"] * 3,
            "submitted_at": ["2025-01-15T10:01:00Z"] * 2 + ["0001-01-01T00:00:00Z"],
            "hidden": ['{"customer_id": "c1"}'] * 3,
            "answers": ["[]", json.dumps(answers), json.dumps(answers)],
            "_airbyte_extracted_at": ["2025-02-01", "2025-02-02", "2025-02-02"],
        }
    )
    for asked in ("X2", "nps"):
        found = read(tmp_path, "responses", frame.to_csv(index=False), "airbyte_typeform", question=asked)
        assert rows(found)[["customer_id", "rating"]].values.tolist() == [["c1", 8]]
        assert sum(aside(found).values()) == 2


GOOGLE = """\
Timestamp,Email Address,Customer number,How likely are you to recommend us to a friend?,Would you recommend the app?
1/15/2025 10:00:00,a@x.example,c1,10,Yes
1/16/2025 22:00:00,b@x.example,c2,0,No
,,,,
"""


def test_google_forms_asks_by_the_text_of_the_question(tmp_path: Path) -> None:
    for text in (GOOGLE, reordered(GOOGLE)):
        found = read(tmp_path, "responses", text, "google_forms", zone="Europe/Berlin", day_first=False)
        assert rows(found)[["customer_id", "rating"]].values.tolist() == [["c1", 10], ["c2", 0]]
        assert rows(found)["responded_at"].max() == pd.Timestamp("2025-01-16 21:00")
        assert set(rows(found)) == {"customer_id", "responded_at", "rating"}


def test_five_steps_of_google_forms_are_refused_as_ratings(tmp_path: Path) -> None:
    header = GOOGLE.splitlines()[0]
    lines = [f"1/15/2025 10:{n % 60:02d}:00,a@x.example,c{n},{1 + n % 5},Yes" for n in range(100)]
    with pytest.raises(DataError, match=r"scale: \{from: 1-5"):
        read(tmp_path, "responses", "\n".join([header, *lines]), "google_forms", zone="UTC", day_first=False)
