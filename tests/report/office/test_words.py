"""What every form of the report begins with: the message with its interval, and what must be read before it."""

from __future__ import annotations

from dataclasses import replace

from written_report import DIAGNOSTICS, content, estimate, page

from silentnps.estimation.formulas.nps_estimate import of_none
from silentnps.report.office.words import answers, headline, notices


def test_the_message_has_the_number_with_its_interval_beside_the_survey() -> None:
    assert headline(content()) == "The NPS of the whole base is +10.8 (+5.0 to +16.6); the survey says +26.5"


def test_where_everybody_answered_the_message_says_so() -> None:
    report = estimate(silent=of_none(0.95), base=estimate().respondents)
    assert headline(content(report)) == "The NPS is +26.5: everybody answered"


def test_every_sentence_is_one_of_the_page() -> None:
    text = page().text
    for line in answers(content()):
        assert " ".join(line.text.split()) in text


def test_what_must_be_read_first_is_there_where_the_page_has_it() -> None:
    assert notices(content()) == []
    assert [line.label for line in notices(content(truth=4.0))] == ["Simulated data"]
    assert [line.label for line in notices(content(estimate(headline="mar")))] == ["Missing at random"]
    hardly = estimate(diagnostics=DIAGNOSTICS | {"outside_overlap_share": 0.9, "effective_sample_size": 3.0})
    told = notices(content(hardly))
    assert [line.text for line in told] == [hardly.caution]
    assert "Do not rely on this number" in told[0].text
    assert all(line.tone == "notice" for line in notices(replace(content(), truth=4.0)))
