"""Where an NPS lies on the usual scales, and the warning about countries."""

from __future__ import annotations

import math

import pytest
from written_report import content

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.report.page.write import render_report
from silentnps.report.wording.bands import (
    BETWEEN_COUNTRIES,
    OVER_TIME,
    SCALES,
    band_sentences,
    country_note,
)


def estimate(value: float, low: float, high: float) -> NPSEstimate:
    return NPSEstimate(value=value, low=low, high=high, standard_error=1.0, n=100, confidence_level=0.95)


@pytest.mark.parametrize(
    ("nps", "fine", "coarse"),
    [
        (-100, "needs improvement", "poor"),
        (-0.1, "needs improvement", "poor"),
        (0, "good", "good"),
        (29.9, "good", "good"),
        (30, "great", "good"),
        (50, "excellent", "excellent"),
        (100, "excellent", "excellent"),
    ],
)
def test_a_limit_belongs_to_the_band_above_it(nps: float, fine: str, coarse: str):
    assert [scale.band(nps) for scale in SCALES] == [fine, coarse]


def test_a_band_never_stands_without_the_bands_that_the_interval_reaches():
    fine, coarse, caution = band_sentences(estimate(2.0, -5.0, 33.0))
    assert "'good'" in fine
    assert "from 'needs improvement' to 'great'" in fine
    assert "from 'poor' to 'good'" in coarse
    assert caution == OVER_TIME


def test_an_interval_within_one_band_is_said_to_be():
    fine, _, _ = band_sentences(estimate(40.0, 31.0, 49.0))
    assert fine.endswith("it is 'great', and so is all of +31.0 to +49.0.")


def test_no_number_has_no_band():
    assert band_sentences(estimate(math.nan, math.nan, math.nan)) == []


@pytest.mark.parametrize("name", ["country", "customer_country", "Country-code", "locale", "market"])
def test_segments_by_country_bring_the_warning(name: str):
    assert country_note(["tier", name]) == BETWEEN_COUNTRIES


@pytest.mark.parametrize("name", ["region", "counter", "marketing", "tier"])
def test_other_segments_do_not(name: str):
    assert country_note([name]) == ""


def test_the_page_has_the_bands_beside_the_number():
    page = render_report(content())
    assert OVER_TIME in page
    assert "On the scale 0/30/50" in page
    assert BETWEEN_COUNTRIES not in page
