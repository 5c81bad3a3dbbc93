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
