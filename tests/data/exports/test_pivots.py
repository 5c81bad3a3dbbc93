"""Answers of one question per row become one row per response: Medallia's feedback."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from exported import aside, read, rows, said

from silentnps.errors import ConfigError, DataError

ANSWERS = """\
feedback_id,question_id,value,rank,_fivetran_deleted,_fivetran_synced
1,q_recommend,9,,false,2025-02-01 00:00:00
1,e_customer_id,c1,,false,2025-02-01 00:00:00
1,q_reasons,price,1,false,2025-02-01 00:00:00
1,q_reasons,service,2,false,2025-02-01 00:00:00
2,q_recommend,3,,true,2025-02-02 00:00:00
2,q_recommend,4,,false,2025-02-02 00:00:00
2,e_customer_id,c2,,false,2025-02-01 00:00:00
3,e_customer_id,c3,,false,2025-02-01 00:00:00
4,q_recommend,7,,false,2025-02-03 00:00:00
4,q_recommend,8,,false,2025-02-01 00:00:00
4,e_customer_id,c4,,false,2025-02-01 00:00:00
5,q_recommend,2,,false,2025-02-01 00:00:00
,q_recommend,1,,false,2025-02-01 00:00:00
6,q_recommend,5,,false,2025-02-01 00:00:00
"""

HISTORY = """\
id,a_unit_identifier,e_creationdate,e_responsedate,e_expirationdate,_fivetran_active,_fivetran_synced
1,store,2025-01-01T10:00:00Z,2025-01-02T10:00:00Z,,true,2025-02-01 00:00:00
2,store,2025-01-01T10:00:00Z,2025-01-03T10:00:00Z,,true,2025-02-01 00:00:00
3,store,2025-01-01T10:00:00Z,2025-01-03T10:00:00Z,,true,2025-02-01 00:00:00
4,store,2025-01-01T10:00:00Z,2025-01-04T10:00:00Z,,true,2025-02-01 00:00:00
4,store,2025-01-01T10:00:00Z,2025-01-05T10:00:00Z,,false,2025-02-02 00:00:00
5,store,2025-01-01T10:00:00Z,,2025-02-01T10:00:00Z,true,2025-02-01 00:00:00
"""

FILES = {"joined": {"feedback_history": HISTORY}, "question": "q_recommend"}


def test_the_rating_is_the_answer_to_the_named_question(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", ANSWERS, "medallia_feedback", **FILES)
    frame = rows(found).set_index("customer_id")
    assert frame["rating"].dropna().to_dict() == {"c1": 9, "c2": 4, "c4": 7}
    assert frame.loc["c4", "responded_at"] == pd.Timestamp("2025-01-04 10:00")
    assert frame.loc["c1", "invited_at"] == pd.Timestamp("2025-01-01 10:00")
    assert set(frame) == {"responded_at", "rating", "invited_at"}


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", ANSWERS, "medallia_feedback", **FILES)
    assert aside(found) == {
        "one that the source still has": 1,
        "filled, as it tells responses apart": 1,
        "an answer whose feedback is in feedback_history": 1,
        "a feedback with an answer (e_responsedate)": 1,
    }
    assert "12 rows are the answers of 6 responses" in said(found)
    assert "of 6 rows the preset medallia_feedback gives 4; 2 are set aside" in said(found)
    assert "1 responses have several answers to 'q_recommend'; the latest of each counts" in said(found)
    assert "1 rows are earlier versions of one with the same id" in said(found)


def test_another_question_gives_other_ratings(tmp_path: Path) -> None:
    other = ANSWERS.replace("1,q_reasons,price,1", "1,q_again,0,1")
    found = read(tmp_path, "responses", other, "medallia_feedback", **FILES | {"question": "q_again"})
    assert rows(found).set_index("customer_id")["rating"].dropna().to_dict() == {"c1": 0}


def test_the_customer_may_be_the_answer_to_any_question(tmp_path: Path) -> None:
    text = ANSWERS.replace("e_customer_id", "k_guest_number")
    with pytest.raises(DataError, match="must have a column that identifies the customer"):
        read(tmp_path, "responses", text, "medallia_feedback", **FILES)
    own = {"customer_id": "k_guest_number"}
    found = read(tmp_path, "responses", text, "medallia_feedback", columns=own, **FILES)
    assert rows(found)["customer_id"].dropna().tolist() == ["c1", "c2", "c3", "c4"]


def test_questions_are_named_without_regard_to_case(tmp_path: Path) -> None:
    text = ANSWERS.replace("2,q_recommend,4", "2,Q_Recommend,4").replace("1,q_reasons,price", "1,feedback_id,price")
    found = read(tmp_path, "responses", text, "medallia_feedback", **FILES | {"question": "Q_RECOMMEND"})
    assert rows(found).set_index("customer_id")["rating"].dropna().to_dict() == {"c1": 9, "c2": 4, "c4": 7}


def test_without_a_question_those_with_ratings_are_named(tmp_path: Path) -> None:
    many = ANSWERS + "".join(f"{n},q_recommend,{n % 11},,false,\n" for n in range(20, 40))
    with pytest.raises(ConfigError, match=r"q_recommend \(2\d up to 10\)\. Name it: question: q_recommend"):
        read(tmp_path, "responses", many, "medallia_feedback", **FILES | {"question": None})


def test_a_file_without_questions_is_no_file_of_answers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must have a column question_id"):
        read(tmp_path, "responses", HISTORY.replace("id,a_", "feedback_id,a_"), "medallia_feedback", **FILES)


TYPEFORM = """\
form_id,field_id,response_id,type,number,text,email,_fivetran_synced
F1,nps,r1,number,9,,,2025-02-01 00:00:00
F1,staff,r1,number,3,,,2025-02-01 00:00:00
F1,mail,r1,email,,,p1@m.example,2025-02-01 00:00:00
F1,nps,r2,choice,,Not at all likely,,2025-02-01 00:00:00
F1,mail,r2,email,,,p2@m.example,2025-02-01 00:00:00
F1,nps,r3,number,8,,,2025-02-01 00:00:00
F1,nps,r4,number,7,,,2025-02-01 00:00:00
"""

TYPEFORM_RESPONSES = """\
id,form_id,landed_at,submitted_at,hidden_email
r1,F1,2025-01-02 09:59:00+00,2025-01-02 10:00:00+00,
r2,F1,2025-01-03 09:59:00+00,2025-01-03 10:00:00+00,
r3,F1,2025-01-03 09:59:00+00,0001-01-01 00:00:00+00,
"""


@pytest.mark.parametrize("hidden", [False, True])
def test_fivetrans_answers_of_typeform_have_their_times_and_addresses_beside_them(
    hidden: bool, tmp_path: Path
) -> None:
    responses, people = TYPEFORM_RESPONSES.replace(",hidden_email", ",remark"), ["p1@m.example", "p2@m.example"]
    if hidden:
        responses = TYPEFORM_RESPONSES.replace("10:00:00+00,\n", "10:00:00+00,h@m.example\n")
        people = ["h@m.example", "h@m.example"]
    joined = {"response": responses}
    found = read(tmp_path, "responses", TYPEFORM, "fivetran_typeform", joined=joined, question="nps")
    assert rows(found)[["customer_id", "rating"]].values.tolist() == [[people[0], 9], [people[1], 0]]
    assert rows(found)["responded_at"].iloc[0] == pd.Timestamp("2025-01-02 10:00")
    assert aside(found) == {
        "an answer whose response is in response and was submitted": 1,
        "a response that was submitted": 1,
    }


SURVEYMONKEY = """\
index,question_id,response_id,response_page_id,choice_id,row_id,col_id,text
0,q_nps,s1,p1,c10,row1,,
0,q_why,s1,p1,,,,all was fine
0,q_nps,s2,p1,c0,row1,,
0,q_nps,s3,p1,c8,row1,,
0,q_nps,s4,p1,c8,row1,,
0,q_number,s1,p1,,,,7
"""

CHOICES = """\
id,question_id,position,text
c0,q_nps,1,Not at all likely - 0
c8,q_nps,9,8
c10,q_nps,11,10 - Extremely likely
"""

HISTORY_OF_RESPONSES = """\
id,collector_id,recipient_id,survey_id,collection_mode,response_status,created_at,updated_at,custom_value,total_time
s1,k,m1,S,default,completed,2025-01-02 09:59:00+00,2025-01-02 10:00:00+00,,61
s2,k,m2,S,default,completed,2025-01-03 09:59:00+00,2025-01-03 10:00:00+00,,30
s3,k,m3,S,default,partial,2025-01-03 09:59:00+00,2025-01-03 10:00:00+00,,5
s4,k,m4,S,preview,completed,2025-01-03 09:59:00+00,2025-01-03 10:00:00+00,,5
"""

RECIPIENTS = "id,message_id,email,mail_status\n" + "".join(f"m{n},x,p{n}@m.example,sent\n" for n in range(1, 5))


def test_fivetrans_answers_of_surveymonkey_are_the_texts_of_choices(tmp_path: Path) -> None:
    joined = {"choice": CHOICES, "response_history": HISTORY_OF_RESPONSES, "recipient": RECIPIENTS}
    options = {"joined": joined, "identified_by": "email"}
    found = read(tmp_path, "responses", SURVEYMONKEY, "fivetran_surveymonkey", question="q_nps", **options)
    frame = rows(found)
    assert frame[["customer_id", "rating"]].values.tolist() == [["p1@m.example", 10], ["p2@m.example", 0]]
    assert frame["responded_at"].iloc[0] == pd.Timestamp("2025-01-02 10:00")
    assert frame["duration_seconds"].tolist() == [61, 30]
    assert aside(found) == {
        "a completed answer (response_status)": 1,
        "an answer of a respondent, no preview or test": 1,
    }
    with pytest.raises(ConfigError, match="joined must name the file choice, which has the columns id"):
        read(tmp_path, "responses", SURVEYMONKEY, "fivetran_surveymonkey", question="q_nps")
