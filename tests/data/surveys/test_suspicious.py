"""Answers that look like tests are named and kept; declared ones are set aside with their number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from answers_of_surveys import PEOPLE, answers, checked

from silentnps.config import SurveyConfig


def survey(column: str, values: list[str | None]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = answers(rng, 60, "2025-03-01")
    return frame.assign(**{column: [*values, *(["email"] * (60 - len(values)))]})


@pytest.mark.parametrize("column", ["channel", "survey_id", "tags"])
@pytest.mark.parametrize("word", ["test", "Preview", "internal", "NPS_TEST_2", "staging-eu", "email (test)"])
def test_words_of_tests_are_flagged_and_kept_and_their_line_leaves_them_out(column: str, word: str) -> None:
    frame = survey(column, ["email", word, None, word])
    table = checked(frame)["responses"]
    (note,) = table.findings
    assert (note.column, note.rows, note.first_rows, note.effect) == (column, 2, (2, 4), "note")
    assert table.n_used == 60
    line = next(part for part in note.cure.split("`") if part.startswith("survey: "))
    declared = SurveyConfig.model_validate(yaml.safe_load(line)["survey"])
    without = checked(frame, survey=declared)["responses"]
    assert (without.n_used, sum(without.aside.values())) == (58, 2)


@pytest.mark.parametrize("word", ["latest", "contest", "international", "protest", "internally"])
def test_words_that_only_contain_such_a_word_are_not(word: str) -> None:
    assert checked(survey("channel", [word, word]))["responses"].findings == ()


def test_one_tag_of_several_excludes_an_answer() -> None:
    tags = ["vip; test", "['test', 'vip']", "vip|TEST", "testing", "retest", None]
    table = checked(survey("tags", tags), survey=SurveyConfig(exclude={"tags": ["test"]}))["responses"]
    assert table.n_used == 57


def test_values_have_patterns_and_characters_are_meant_as_they_are() -> None:
    frame = survey("survey_id", ["qa-1", "qa-22", "qb-1", "q.a"])
    assert checked(frame, survey=SurveyConfig(exclude={"survey_id": ["QA-*"]}))["responses"].n_used == 58
    assert checked(frame, survey=SurveyConfig(exclude={"survey_id": "q.a"}))["responses"].n_used == 59


def test_excluded_answers_break_no_other_rule() -> None:
    frame = survey("channel", ["test"] * 10)
    frame.loc[:9, "customer_id"] = "nobody"
    frame.loc[:3, "rating"] = 99
    table = checked(frame, survey=SurveyConfig(exclude={"channel": "test"}))["responses"]
    assert table.n_used == 50
    assert [(found.rule, found.rows) for found in table.findings] == [("none of survey.exclude.channel", 10)]


def test_invitations_of_excluded_channels_do_not_count() -> None:
    frame = survey("channel", ["test"] * 10)
    invited = pd.DataFrame(
        {
            "customer_id": PEOPLE[:20],
            "invited_at": frame.responded_at[:20],
            "channel": ["test"] * 5 + ["email"] * 15,
        }
    )
    tables = checked(frame, survey=SurveyConfig(exclude={"channel": "test"}), invitations=invited)
    assert tables["invitations"].n_used == 15
