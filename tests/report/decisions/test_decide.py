"""The first screen: what changed, which segments differ, whom drivers concern, and what to do next."""

from __future__ import annotations

import numpy as np
import pandas as pd
from written_report import content, estimate, page, segment, told, told_lists, told_reach, waves

from silentnps.estimation.trend.report import WHY_COLUMNS
from silentnps.report.decisions.decide import decisions

SENTENCE = "From 2023-Q4 to 2024-Q1 the NPS of the whole base changed by -4.0 points (-8.0 to -0.1)."


def said(title: str, **changes: object) -> list[str]:
    """Return the sentences under a title of the first screen."""
    return next((one.sentences for one in decisions(content(**told(**changes))) if one.title == title), [])


def why() -> pd.DataFrame:
    """Return the parts of a change of -4.0 points."""
    parts = {"base": {"mix": -1.0, "behaviour": 0.5, "rest": -3.5, "change": -4.0}}
    parts["survey"] = parts["base"] | {"who_answers": 1.5, "change": -2.5}
    rows = [
        ("2023-Q4", "2024-Q1", of, part, value, value - 1.0, value + 1.0, 0.5, 9, 9, 0.95)
        for of, values in parts.items()
        for part, value in values.items()
    ]
    return pd.DataFrame(rows, columns=list(WHY_COLUMNS))


def test_what_moved_is_told_with_its_parts_once_the_trend_is_known() -> None:
    found = said("What changed, and why", trend_sentences=(SENTENCE,), trend_why=why())
    assert found[0].startswith("From 2023-Q4 to 2024-Q1")
    assert "−4.0 points" in found[0]
    assert "(mix) −1.0 (−2.0 to 0.0)" in found[1]
    assert "other opinion −3.5" in found[1]
    assert "who answers" not in found[1]


def test_without_a_trend_the_survey_and_the_command_are_named() -> None:
    (found,) = said("What changed, and why")
    assert "from +30.0 (+26.0 to +34.0) in 2023-Q4 to +26.5 (+23.4 to +29.5) in 2024-Q1" in found
    assert "`silentnps trend -c FILE`" in found
    (alone,) = said("What changed, and why", trend=waves([]))
    assert alone == "There is no earlier wave with answers to compare with."


def test_segments_are_those_of_the_comparison_else_whose_interval_excludes_the_base() -> None:
    assert said("Segments that differ", compared=("region: none.",)) == ["region: none."]
    ends = [("north", 20.0, 12.0, 28.0), ("south", 3.0, -6.0, 12.0), ("west", -9.0, -20.0, 2.0)]
    rows = [
        segment(name, 900) | {"base_value": value, "base_low": low, "base_high": high}
        for name, value, low, high in ends
    ]
    report = estimate(segments=pd.DataFrame(rows))
    (found,) = next(one.sentences for one in decisions(content(report)) if one.title == "Segments that differ")
    assert "Of 3 segments, 2 have an interval without the whole base's +10.8" in found
    assert "region north +20.0 (+12.0 to +28.0)" in found
    assert "region west" in found
    assert "south" not in found
    assert "some differ by chance: `silentnps compare -c FILE --by region`" in found


def test_only_drivers_that_can_be_acted_on_and_cost_something_are_on_the_first_screen() -> None:
    found = said("Key drivers that can be acted on")
    assert found[0].startswith("Delivery: concerns 30 % of silent customers and lowers their scores by 20.0 points")
    assert "−6.0 (−6.4 to −5.6) of the NPS. For logistics; effort: medium." in found[0]
    assert len(found) == 3
    assert found[1].startswith("Messages: concerns 10 %")
    assert "not effects" in found[2]
    nobody = told_reach().assign(owner="")
    assert said("Key drivers that can be acted on", reach=nobody) == []


def test_lists_that_were_made_are_next_else_how_to_make_one() -> None:
    made = said("What to do next")
    assert any("200 customers, value at risk 452,103 (actions/recover.xlsx" in sentence for sentence in made)
    none = page(**told(lists=told_lists().head(0))).text
    assert "An estimated 4,386 (3,655 to 5,117) of 14,619 silent customers are detractors" in none
    assert "silentnps actions -c FILE --goal recover" in none
    unknown = told_lists().assign(value=np.nan, n_done=0)
    found = said("What to do next", lists=unknown)
    ending = "200 customers (actions/recover.xlsx; later `silentnps actions -c FILE --read-back`)."
    assert any(sentence.endswith(ending) for sentence in found)


def test_what_to_decide_comes_before_how_it_is_known() -> None:
    text = page(**told()).text
    order = [
        "What to decide",
        "Key drivers that can be acted on",
        "What to do next",
        "How it is known",
        "By assumption",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.rindex("Silent customers, by assumption") > text.rindex("Whom they concern, and by how much")
