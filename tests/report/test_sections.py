"""The report: the tests of its assumption, who answered, and an estimate that rests on calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from written_report import ASSUMPTIONS, HINT, RATES, content, differences, estimate, page

from silentnps.report.page.write import render_report
from silentnps.report.sections import difference_rows, largest_differences, shadow_rows
from silentnps.report.who_answered import balance_table, early_late_rows, rate_table
from silentnps.report.wording import words

CALLED = [*ASSUMPTIONS[:3], ("follow_up", 3.5, -2.0, 9.0, "those called are a random sample"), ASSUMPTIONS[3]]


def called(**changes: object):
    """Return an estimate that rests on calls."""
    table = pd.DataFrame(CALLED, columns=["assumption", "value", "low", "high", "note"])
    silent = replace(estimate().silent, value=3.5, low=-2.0, high=9.0)
    return estimate(headline="follow_up", by_assumption=table, silent=silent, **changes)


# --- what the assumption stands on --------------------------------------------------------------------------------


def test_the_disagreement_stands_in_the_page_with_true_minus_signs() -> None:
    assert "Missing at random (+21.4) lies outside the interval" in page().text
    assert "not −3.0" in page().text


def test_the_test_of_the_shadows_names_every_family_and_the_band() -> None:
    text = page().text
    assert "−4.1 points if delivery counts: no contradiction found" in text
    assert "the interval could reach from −6.5 to +21.0; with all as declared it is +1.2 to +14.9" in text
    assert [row.p_value for row in shadow_rows(estimate())] == ["0.200", "< 0.001"]
    assert [row.range_text for row in shadow_rows(estimate())] == ["−6.5 to +14.5", "+11.0 to +21.0"]


def test_without_a_second_family_nothing_is_said_of_the_shadows_test() -> None:
    text = page(report=estimate(shadow_test=estimate().shadow_test.head(0))).text
    assert "Do the shadow features hold up?" not in text
    assert "the interval could reach from" not in text


def test_every_tipping_point_stands_beside_the_curve() -> None:
    text = page().text
    assert "change its sign if" in text
    assert "meet the target of +30.0 if" in text


def test_the_diagnostics_cover_weights_overlap_and_the_cross_check() -> None:
    text = page().text
    for wanted in (
        "as much as 7.3 average ones",
        "as 2.5 or less",
        "1.2 % of those who were asked",
        "by −1.3 points",
    ):
        assert wanted in text
    assert "odds of silence of a detractor are 1.48 times (1.11 to 2.01)" in text


# --- differences between segments ---------------------------------------------------------------------------------


def test_the_differences_of_most_standard_errors_come_first() -> None:
    """Sizes are (20 - i)(i + 1) / 200: 0.55 at i = 9 and 10, 0.1 at i = 0."""
    report = estimate(segment_differences=differences(12))
    assert largest_differences(report)["segment"].tolist()[:3] == ["s9", "s10", "s8"]
    assert difference_rows(report)[0].name == "region: s9 minus rest"
    assert len(largest_differences(report, 3)) == 3


def test_differences_beyond_ten_are_counted() -> None:
    text = page(report=estimate(segment_differences=differences(12))).text
    assert "The 10 largest, in standard errors, of 12; the other 2 are in segment_differences.csv" in text
    assert "are in segment_differences.csv" not in page().text


def test_a_difference_without_an_error_is_no_error() -> None:
    table = differences(2).assign(standard_error=[0.0, 0.0], difference=[0.0, 3.0])
    assert largest_differences(estimate(segment_differences=table))["difference"].tolist() == [3.0, 0.0]


# --- who answered -------------------------------------------------------------------------------------------------


def test_rates_are_ordered_by_what_is_sure() -> None:
    """From 14.9 % at least: gold 22.1 points (37 %), new 9.2 (5.7 %), lead none: its interval holds 14.9 %."""
    found = rate_table(content())
    assert [row.name for row in found.rows] == ["tier: gold", "days as a customer: 0 to 90", "tier: lead"]
    assert [row.rate.text for row in found.rows] == ["40 %", "5.0 %", "50 %"]
    assert found.rows[0].rate.spoken == "tier: gold: response rate 40 %, interval 37 % to 43 %"
    assert found.rows[1].rate.at < found.overall_at < found.rows[0].rate.at


def test_rates_beyond_ten_are_counted() -> None:
    many = pd.concat([estimate().response_rates] * 5, ignore_index=True)
    found = rate_table(content(estimate(response_rates=many)))
    assert (len(found.rows), found.n_more) == (10, 5 * len(RATES) - 10)


def test_balance_is_shown_before_and_after_weighting() -> None:
    found = balance_table(content())
    assert (found.n_rows, found.n_before, found.n_after) == (3, 2, 1)
    first, second, third = found.rows
    assert (first.name, first.before, first.after, first.silent) == ("days as a customer", "+0.30", "+0.02", "512")
    assert (second.name, second.respondents) == ("delivery_days_late: (missing)", "21 %")
    assert (first.role, second.role) == ("response driver", "shadow feature")
    assert found.zero == third.before_at < first.after_at < first.before_at
    assert second.before_at < found.zero


def test_tables_that_were_read_from_files_say_the_same() -> None:
    read = {name: getattr(estimate(), name).replace("", np.nan) for name in ("balance", "early_late")}
    assert render_report(content(estimate(**read))) == render_report(content())


def test_early_and_late_answers_are_shown_with_their_words() -> None:
    rows, said = early_late_rows(estimate())
    assert [row.name for row in rows] == ["no reminder", "1 reminder", "late less early"]
    assert said == [HINT]
    assert HINT in page().text
    assert "Early and late" not in page(report=estimate(early_late=estimate().early_late.head(0))).text


# --- an estimate that rests on calls ------------------------------------------------------------------------------


def test_an_estimate_from_calls_is_said_to_rest_on_them() -> None:
    text = page(report=called()).text
    assert "Calls to the silent (headline)" in text
    assert "The headline rests on calls: it assumes" in text
    assert "if those who were called are a random sample of the silent customers" in text
    assert "only calls without an answer rely on a selection model" in text
    assert "Nobody can see what silent customers think" not in text
    assert "if the assumption holds" not in text
    assert "The headline rests on this division" not in text


def test_the_gap_of_an_estimate_from_calls_is_split_without_the_selection_model() -> None:
    sentence = words.why_different(called())
    assert "−5.1 points go with who they are" in sentence
    assert "−17.9 with what these do not show and the calls revealed" in sentence
    assert "more readily" not in sentence


def test_an_estimate_from_calls_says_what_it_would_be_without_them() -> None:
    changes = words.what_would_change_it(called())
    assert "not chosen at random" in changes[0]
    assert changes[1] == (
        "Without the calls it would be estimated at +8.1 (selection by satisfaction) or +21.4 (missing at random)."
    )
    assert not any("odds of answering" in sentence for sentence in changes)


def test_the_band_of_the_shadows_is_not_that_of_an_estimate_from_calls() -> None:
    assert words.sensitivity_band(called()) == ""
    assert "The headline rests on calls and does not need the shadow features" in page(report=called()).text


@pytest.mark.parametrize(("headline", "title"), [("follow_up", ", by the selection model"), ("selection", "")])
def test_satisfaction_and_silence_are_by_the_selection_model(headline: str, title: str) -> None:
    found = dict(words.diagnostics_in_words(estimate(headline=headline)))
    assert "odds of silence" in found[f"Satisfaction and silence{title}"]
