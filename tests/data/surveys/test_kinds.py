"""Answers of several kinds of surveys stop the work until somebody declares which of them count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from answers_of_surveys import answers, checked

from silentnps.config import SurveyConfig
from silentnps.data.findings import Finding
from silentnps.errors import ConfigError


def errors_of(*responses: pd.DataFrame, survey: SurveyConfig = SurveyConfig()) -> list[Finding]:
    return [
        found for found in checked(*responses, survey=survey)["responses"].findings if found.severity == "error"
    ]


def offered(finding: Finding) -> list[SurveyConfig]:
    """Return the configurations that a finding offers."""
    lines = [part for part in finding.cure.split("`") if part.startswith("survey: {")]
    return [SurveyConfig.model_validate(yaml.safe_load(line)["survey"]) for line in lines]


def two_types() -> list[pd.DataFrame]:
    rng = np.random.default_rng(0)
    return [
        answers(rng, 80, "2025-03-01", survey_type=" Relational"),
        answers(rng, 50, "2025-03-01", survey_type="transactional"),
    ]


def test_two_types_stop_the_work_and_are_listed_with_counts() -> None:
    (error,) = errors_of(*two_types())
    assert (error.column, error.rows, error.first_rows) == ("survey_type", 50, (81, 82, 83, 84, 85))
    assert "80 of relational, 50 of transactional" in error.cure


def test_the_lines_that_the_error_offers_are_right() -> None:
    (error,) = errors_of(*two_types())
    one, both = (checked(*two_types(), survey=line)["responses"] for line in offered(error))
    assert (one.n_used, both.n_used) == (80, 130)
    assert sum(one.aside.values()) == 50
    assert not [found for found in (*one.findings, *both.findings) if found.severity == "error"]


@pytest.mark.parametrize("other", [None, "", "csat", "Transactional"])
def test_whatever_stands_beside_relational_is_not_mixed_silently(other: str | None) -> None:
    rng = np.random.default_rng(1)
    frames = [
        answers(rng, 30, "2025-03-01", survey_type="relational"),
        answers(rng, 9, "2025-03-01", survey_type=other),
    ]
    (error,) = errors_of(*frames)
    assert [checked(*frames, survey=line)["responses"].n_used for line in offered(error)] == [30, 39]


def test_one_type_needs_no_declaration_and_one_of_contacts_is_said() -> None:
    rng = np.random.default_rng(2)
    assert checked(answers(rng, 40, "2025-03-01", survey_type="relational"))["responses"].findings == ()
    (note,) = checked(answers(rng, 40, "2025-03-01", survey_type="transactional"))["responses"].findings
    assert (note.effect, note.rows) == ("note", 40)


def test_surveys_at_the_same_time_by_the_same_customers_are_two_programmes() -> None:
    rng = np.random.default_rng(3)
    frames = [
        answers(rng, 400, "2025-01-05", days=80, survey_id="nps-2025-q1"),
        answers(rng, 300, "2025-04-05", days=80, survey_id="nps-2025-q2"),
        answers(rng, 300, "2025-01-05", days=170, survey_id="after-delivery"),
    ]
    (error,) = errors_of(*frames)
    assert (error.column, error.rows) == ("survey_id", 300)
    one, every = (checked(*frames, survey=line)["responses"] for line in offered(error))
    assert (one.n_used, every.n_used) == (700, 1000)


@pytest.mark.parametrize(
    "names",
    [
        ("nps-2025-q1", "nps-2025-q2"),
        ("NPS January 2025", "NPS February 2025"),
        ("SV_a8Kd", "SV_zzPq"),
        ("spring wave", "summer wave"),
    ],
)
def test_waves_of_one_programme_are_one_survey(names: tuple[str, str]) -> None:
    rng = np.random.default_rng(4)
    frames = [
        answers(rng, 400, start, days=30, survey_id=name)
        for start, name in zip(("2025-01-05", "2025-02-20"), names, strict=True)
    ]
    assert checked(*frames)["responses"].findings == ()


def test_languages_of_one_survey_are_noted_and_count() -> None:
    rng = np.random.default_rng(5)
    table = checked(
        answers(rng, 400, "2025-01-05", survey_id="nps-deutsch", who=slice(0, 1000)),
        answers(rng, 300, "2025-01-05", survey_id="nps-english", who=slice(1000, 2000)),
    )["responses"]
    (note,) = table.findings
    assert (note.effect, note.rows, table.n_used) == ("note", 300, 700)


def test_an_id_of_each_answer_is_no_survey() -> None:
    rng = np.random.default_rng(6)
    frame = answers(rng, 400, "2025-01-05", days=80)
    assert (
        checked(frame.assign(survey_id=[f"resp{chr(97 + i % 26)}x{i}" for i in range(400)]))["responses"].findings
        == ()
    )


def invitations_of(frames: list[pd.DataFrame], **columns) -> pd.DataFrame:
    sent = pd.concat(frames, ignore_index=True)
    return pd.DataFrame(
        {
            "customer_id": sent.customer_id,
            "invited_at": sent.responded_at,
            **{name: sent[of] for name, of in columns.items()},
        }
    )


def test_invitations_are_filtered_by_the_type_of_the_answers_to_their_survey() -> None:
    frames = [frame.assign(survey_id=name) for frame, name in zip(two_types(), ("a", "b"), strict=True)]
    tables = checked(
        *frames,
        survey=SurveyConfig(type="relational"),
        invitations=invitations_of(frames, survey_id="survey_id"),
    )
    assert (tables["responses"].n_used, tables["invitations"].n_used) == (80, 80)


def test_invitations_with_a_type_are_filtered_by_it() -> None:
    frames = two_types()
    tables = checked(
        *frames,
        survey=SurveyConfig(type="relational"),
        invitations=invitations_of(frames, survey_type="survey_type"),
    )
    assert tables["invitations"].n_used == 80


def test_invitations_that_do_not_tell_are_named() -> None:
    frames = two_types()
    table = checked(*frames, survey=SurveyConfig(type="relational"), invitations=invitations_of(frames))[
        "invitations"
    ]
    (note,) = table.findings
    assert (note.effect, note.rows, table.n_used) == ("note", 130, 130)


def test_a_declared_column_must_be_there() -> None:
    rng = np.random.default_rng(7)
    for survey in (SurveyConfig(type="relational"), SurveyConfig(id="a"), SurveyConfig(exclude={"tags": "test"})):
        with pytest.raises(ConfigError, match="must go with a column"):
            checked(answers(rng, 40, "2025-03-01"), survey=survey)
