"""The exports of survey tools are recognised, and init ends with a configuration that can be read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from exported import crm, onboarded
from qualtrics_export import answer, export

from silentnps.config import ProjectConfig
from silentnps.data.identity.linked_tables import open_tables

pytestmark = pytest.mark.slow  # a whole init for each export; what recognises them has fast tests

NUMBERS = range(40)
EXPECTED = {f"c{n}": n % 11 for n in NUMBERS}
NPS = "How likely are you to recommend us to a friend or colleague?"


def text(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """Return a CSV file."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows(lines)
    return stream.getvalue()


def day(n: int) -> str:
    return f"2025-01-{1 + n % 28:02d}"


def mail(n: int) -> str:
    return f"P{n}@m.example"


def surveymonkey() -> dict[str, str]:
    header = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", NPS]
    header += ["Why would you recommend us?", "Rate our staff"]
    rows = [
        [
            f"11400{n}",
            4,
            f"01/{1 + n % 28:02d}/2025 10:00:00 AM",
            f"01/{1 + n % 28:02d}/2025 10:05:00 AM",
            "192.0.2.1",
            mail(n),
            n % 11,
            "it is fine",
            n % 5 + 1,
        ]
        for n in NUMBERS
    ]
    return {"survey.csv": text(header, [["", "", "", "", "", "", "", "Open-Ended Response", "Response"], *rows])}


def qualtrics() -> dict[str, str]:
    answers = [answer(n, str(n % 11), Q2=str(n % 5), ExternalReference="") for n in NUMBERS]
    return {"survey.csv": export(answers, questions=("Q1", "Q2"))}


def typeform() -> dict[str, str]:
    header = [
        "#",
        NPS,
        "Your email",
        "Response Type",
        "Start Date (UTC)",
        "Submit Date (UTC)",
        "Network ID",
        "Tags",
    ]
    rows = [
        [f"a{n}", n % 11, mail(n), "completed", f"{day(n)} 10:00:00", f"{day(n)} 10:01:00", "1f", ""]
        for n in NUMBERS
    ]
    return {"responses.csv": text(header, rows)}


def airbyte_typeform() -> dict[str, str]:
    header = ["response_id", "landed_at", "submitted_at", "hidden", "answers", "_airbyte_extracted_at"]
    rows = []
    for n in NUMBERS:
        answers = [
            {"field": {"id": "X0", "ref": "staff"}, "type": "number", "number": n % 5 + 1},
            {"field": {"id": "X1", "ref": "nps"}, "type": "number", "number": n % 11},
        ]
        hidden = json.dumps({"email": mail(n)})
        moment = f"{day(n)}T10:00:00Z"
        rows.append([f"r{n}", moment, moment, hidden, json.dumps(answers), "2025-02-01"])
    return {"responses.csv": text(header, rows)}


def google_forms() -> dict[str, str]:
    header = ["Timestamp", "Email Address", NPS, "Rate our staff"]
    rows = [[f"1/{1 + n % 28}/2025 10:00:00", mail(n), n % 11, n % 5 + 1] for n in NUMBERS]
    return {"Form Responses 1.csv": text(header, rows)}


def hubspot_feedback() -> dict[str, str]:
    header = ["hs_object_id", "hs_createdate", "hs_survey_type", "hs_survey_channel", "hs_value", "hs_contact_id"]
    header += ["hs_contact_email_rollup"]
    rows = [[n, f"{day(n)}T10:00:00Z", "NPS", "EMAIL", n % 11, 500 + n, mail(n)] for n in NUMBERS]
    return {"feedback.csv": text(header, rows)}


def wootric() -> dict[str, str]:
    header = ["id", "score", "text", "completed", "excluded_from_calculations", "created_at", "end_user_email"]
    rows = [[n, n % 11, "", "true", "false", 1736938800 + 86400 * n, mail(n)] for n in NUMBERS]
    return {"nps.csv": text(header, rows)}


def delighted() -> dict[str, str]:
    header = ["id", "person_id", "survey_type", "score", "permalink", "created_at", "_fivetran_deleted"]
    rows = [[n, f"d{n}", "nps", n % 11, "http", f"{day(n)} 10:00:00+00", "false"] for n in NUMBERS]
    people = [[f"d{n}", f"Person {n}", mail(n), 1, 1] for n in range(55)]
    return {
        "response.csv": text(header, rows),
        "person.csv": text(["id", "name", "email", "created_at", "last_sent_at"], people),
    }


def medallia_feedback() -> dict[str, str]:
    answers = [
        [n, question, value]
        for n in NUMBERS
        for question, value in (("q_staff", n % 5 + 1), ("e_email", mail(n)), ("q_recommend", n % 11))
    ]
    history = [[n, "s", f"{day(n)}T09:00:00Z", f"{day(n)}T10:00:00Z", f"{day(n)}T11:00:00Z"] for n in NUMBERS]
    names = ["id", "a_unit_identifier", "e_creationdate", "e_responsedate", "e_expirationdate"]
    return {
        "feedback_answer.csv": text(["feedback_id", "question_id", "value"], answers),
        "feedback_history.csv": text(names, history),
    }


def fivetran_qualtrics() -> dict[str, str]:
    header = ["_fivetran_id", "response_id", "question_id", "question", "question_option_key", "value"]
    answers = [
        [f"f{n}{question}", f"R_{n}", question, "", "", value]
        for n in NUMBERS
        for question, value in (("QID1", n % 11), ("QID2", "because"))
    ]
    names = ["id", "survey_id", "recorded_date", "finished", "status", "recipient_email", "duration_in_seconds"]
    responses = [[f"R_{n}", "S1", f"{day(n)} 10:00:00+00", 1, 0, mail(n), 60] for n in NUMBERS]
    return {"question_response.csv": text(header, answers), "survey_response.csv": text(names, responses)}


def fivetran_typeform() -> dict[str, str]:
    header = ["form_id", "field_id", "response_id", "type", "number", "text", "email"]
    answers = [
        ["F1", field, f"r{n}", kind, number, "", address]
        for n in NUMBERS
        for field, kind, number, address in (
            ("staff", "number", n % 5 + 1, ""),
            ("nps", "number", n % 11, ""),
            ("mail", "email", "", mail(n)),
        )
    ]
    moments = [[f"r{n}", "F1", f"{day(n)} 09:59:00+00", f"{day(n)} 10:00:00+00"] for n in NUMBERS]
    return {
        "response_answer.csv": text(header, answers),
        "response.csv": text(["id", "form_id", "landed_at", "submitted_at"], moments),
    }


def fivetran_surveymonkey() -> dict[str, str]:
    header = ["index", "question_id", "response_id", "response_page_id", "choice_id", "row_id", "text"]
    answers = [
        [0, question, f"s{n}", "p1", choice, "", said]
        for n in NUMBERS
        for question, choice, said in (("q_nps", f"c{n % 11}", ""), ("q_why", "", "because"))
    ]
    choices = [[f"c{n}", "q_nps", n + 1, f"{n}"] for n in range(11)]
    names = ["id", "collector_id", "recipient_id", "survey_id", "response_status", "created_at", "updated_at"]
    history = [[f"s{n}", "k", f"m{n}", "S", "completed", *[f"{day(n)} 10:00:00+00"] * 2] for n in NUMBERS]
    people = [[f"m{n}", "x", mail(n), "sent"] for n in range(50)]
    return {
        "response_answer.csv": text(header, answers),
        "question_choice.csv": text(["id", "question_id", "position", "text"], choices),
        "response_history.csv": text(names, history),
        "recipient.csv": text(["id", "message_id", "email", "mail_status"], people),
    }


def salesforce_surveys() -> dict[str, str]:
    header = ["Id", "InvitationId", "ResponseId", "QuestionId", "NumberValue", "ChoiceValue"]
    answers = [
        [f"a{n}{q}", f"i{n}", f"r{n}", q, v, ""] for n in NUMBERS for q, v in (("q1", n % 11), ("q2", n % 5))
    ]
    responses = [[f"r{n}", f"{day(n)}T10:00:00.000Z", f"i{n}", "Completed"] for n in NUMBERS]
    invitations = [[f"i{n}", f"c{n}", "s1", f"{day(n)}T09:00:00.000Z", "Completed"] for n in range(50)]
    return {
        "SurveyQuestionResponse.csv": text(header, answers),
        "SurveyResponse.csv": text(["Id", "CompletionDateTime", "InvitationId", "Status"], responses),
        "SurveyInvitation.csv": text(["Id", "ContactId", "SurveyId", "CreatedDate", "ResponseStatus"], invitations),
    }


def ratings(config: ProjectConfig) -> dict[str, int]:
    """Return the rating of each customer as the configuration reads it."""
    frame = open_tables(config)["responses"].execute()
    return dict(zip(frame["customer_id"], frame["rating"], strict=True))


@pytest.mark.parametrize(
    ("files", "question"),
    [
        (surveymonkey, None),
        (qualtrics, "Q1"),
        (typeform, None),
        (airbyte_typeform, "nps"),
        (google_forms, None),
        (hubspot_feedback, None),
        (wootric, None),
        (delighted, None),
        (medallia_feedback, "q_recommend"),
        (fivetran_qualtrics, "QID1"),
        (fivetran_typeform, "nps"),
        (fivetran_surveymonkey, "q_nps"),
        (salesforce_surveys, "q1"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_export_is_recognised_and_read(files: Any, question: str | None, tmp_path: Path) -> None:
    config = onboarded(tmp_path, crm(), files())
    assert (config.tables["responses"].preset, config.tables["responses"].question) == (files.__name__, question)
    assert ratings(config) == EXPECTED
    unused = [line for line in (tmp_path / "config.yaml").read_text().splitlines() if "not used" in line]
    assert not unused


def test_invitations_of_salesforce_are_a_table_and_a_further_file(tmp_path: Path) -> None:
    config = onboarded(tmp_path, crm(), salesforce_surveys())
    assert config.tables["invitations"].preset == "salesforce_survey_invitations"
    assert len(open_tables(config)["invitations"].execute()) == 50
    assert set(config.tables["responses"].joined) == {"survey_response", "survey_invitation"}


def test_requests_of_agent_connect_are_invitations_and_their_stars_no_ratings(tmp_path: Path) -> None:
    header = ["request_id", "request_sent_at", "request_delivery_status", "response_received_at", "star_rating"]
    answered = [[f"{day(n)}T12:00:00Z", n % 5 + 1] if n % 2 else ["", ""] for n in NUMBERS]
    rows = [[n, f"{day(n)}T10:00:00Z", "delivered", *answered[n], mail(n)] for n in NUMBERS]
    config = onboarded(tmp_path, crm(), {"requests.csv": text([*header, "request_sent_to"], rows)})
    assert set(config.tables) == {"customers", "invitations"}
    assert len(open_tables(config)["invitations"].execute()) == 40
    assert (
        "requests.csv as responses -- tables.responses must have a rating" in (tmp_path / "config.yaml").read_text()
    )


def test_a_further_file_that_was_forgotten_is_named(tmp_path: Path) -> None:
    files = {name: lines for name, lines in medallia_feedback().items() if "answer" in name}
    config = onboarded(tmp_path, crm(), files)
    assert "responses" not in config.tables
    assert "joined must name the file feedback_history" in (tmp_path / "config.yaml").read_text()
