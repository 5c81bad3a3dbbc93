"""Reasons in words lead back to what they are about."""

from __future__ import annotations

import pandas as pd
import pytest

import silentnps
from silentnps.actions.drivers import ATTRIBUTE, driver_of, known_drivers, reasons_in
from silentnps.explanation.phrases import phrase
from silentnps.explanation.topics import topic_of
from silentnps.outcome.scorecard import SIGNALS

NAMES = silentnps.catalog_frame()["name"].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_every_phrase_of_a_feature_is_about_its_topic(name: str) -> None:
    for value in (None, 0.0, 1.0, 2.0, 12.0, 13.0, 1234.0, 0.5, -3.0):
        assert driver_of(phrase(name, value)) == topic_of(name), value


@pytest.mark.parametrize("words", ["tier: gold", "tier: one order", "store distance: unknown", "a: b: c", "orders"])
def test_other_texts_are_attributes(words: str) -> None:
    assert driver_of(words) == ATTRIBUTE


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.column)
def test_signals_are_about_their_column(signal) -> None:  # type: ignore[no-untyped-def]
    assert driver_of(signal.words) == topic_of(signal.column)


def test_reasons_are_read_as_they_were_written() -> None:
    text = "tier: a (b); c (-14.2 points); two returns (-3.1 points)"
    assert [(each.words, each.points) for each in reasons_in(text)] == [
        ("tier: a (b); c", -14.2),
        ("two returns", -3.1),
    ]
    assert [reasons_in(text) for text in ("", None, pd.NA, float("nan"))] == [[]] * 4


def test_known_drivers_are_the_topics_and_three_more() -> None:
    assert set(known_drivers()) == {topic_of(name) for name in NAMES} | {"attribute", "answered", "no reason"}
