"""The report: key drivers with their stability, in groups, of segments and of the change between waves."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from written_report import (
    Page,
    content,
    page,
    segments_shared_out,
    shared_out,
    told,
    told_drivers,
)

from silentnps.report.drivers import correlated_rows, driver_bars, driver_rows, family_rows
from silentnps.report.page.write import render_report
from silentnps.report.segment_drivers import change, segment_drivers
from silentnps.report.waterfall import Waterfall, waterfall

EVIL = '<b onclick="x()">&'
APPROXIMATE = "These reasons are approximate"


# --- how sure a driver is -----------------------------------------------------------------------------------------


def test_a_sign_that_is_not_stable_is_said_in_words_and_in_the_drawing() -> None:
    first, second = driver_bars(told_drivers())
    assert first.marks == ("can be acted on",)
    assert second.marks == ("sign not stable",)
    assert second.spoken == "days as a customer: 3.4 points; higher values go with a higher NPS; sign not stable"
    assert "fewer than 90 % agree on which customers the feature raises" in page(**told()).text


def test_a_sign_of_which_nothing_is_known_has_no_mark() -> None:
    unknown = told_drivers().assign(sign_agreement=np.nan, stable=False, actionable=False)
    assert all(bar.marks == () for bar in driver_bars(unknown))
    assert [row.agreement.text for row in driver_rows(unknown)] == ["–", "–"]
    text = page(**told(drivers=unknown)).text
    assert "sign not stable" not in text.lower()
    assert "“Can be acted on”" not in text


def test_drivers_of_which_only_sizes_are_known_are_shown_as_before() -> None:
    assert driver_rows(content().drivers) == []
    assert [bar.marks for bar in driver_bars(content().drivers)] == [(), ()]
    text = page().text
    assert "days late: 11.8 points higher values go with a lower NPS" in text
    assert "As a table" not in text


def test_drivers_beyond_fifty_are_counted() -> None:
    many = pd.concat([told_drivers()] * 40, ignore_index=True)
    assert len(driver_rows(many)) == 50
    assert "The 50 largest of 80; all are in drivers/drivers.csv" in page(**told(drivers=many)).text


@pytest.mark.parametrize(("r", "is_said"), [(0.9984, False), (0.95, False), (0.9499, True), (-0.2, True)])
def test_reasons_that_agree_too_little_are_called_approximate(r: float, is_said: bool) -> None:
    text = page(**told(agreement=(r, 5.21, 1300))).text
    assert (APPROXIMATE in text) == is_said
    assert ("Trust only the largest" in text) == is_said
    assert f"at r = {r:.3f}; the largest gap is 5.2 points (1,300 customers).".replace("-", "−") in text


def test_an_agreement_that_is_not_known_is_not_spoken_of() -> None:
    for unknown in (None, (float("nan"), float("nan"), 0)):
        text = page(**told(agreement=unknown)).text
        assert "Shapley values of the score itself at" not in text
        assert APPROXIMATE not in text


# --- features taken together --------------------------------------------------------------------------------------


def test_families_have_names_for_people_and_what_can_be_acted_on_stands_apart() -> None:
    assert [(row.name, row.size.text, row.length) for row in family_rows(content(**told()))] == [
        ("delivery", "9.1", 100.0),
        ("how regularly they order", "3.4", 37.36),
    ]
    text = page(**told()).text
    assert "what can be acted on: 9.1 points 2 features" in text
    assert "context, taken as given: 3.4 points 1 feature " in text


def test_only_correlated_features_of_two_or_more_stand_together_with_their_members() -> None:
    (row,) = correlated_rows(content(**told()))
    assert (row.members, row.n_features.text) == ("days late", "2")
    many = pd.concat([told_drivers()] * 3, ignore_index=True)
    (row,) = correlated_rows(content(**told(drivers=many.assign(cluster=7))))
    assert row.members.endswith("; and 2 more")


def test_no_more_than_ten_correlated_groups_are_shown() -> None:
    groups = told()["driver_groups"]
    table = pd.concat([groups[groups["group"] == "cluster 7"]] * 12, ignore_index=True)
    assert len(correlated_rows(content(**told(driver_groups=table)))) == 10


# --- segments -----------------------------------------------------------------------------------------------------


def test_rows_of_a_segment_sum_to_its_difference() -> None:
    """Before they are rounded exactly; six drivers, all others and the rest are 8 rows within 0.05 each."""
    ((north, _),) = [one.segments for one in segment_drivers(content(**told()))]
    *parts, total = north.difference.steps
    assert [step.name for step in parts[:6]] == [f"driver {i}" for i in range(6)]
    assert [step.name for step in parts[6:]] == ["all other features (3)", "not explained by features"]
    table = shared_out()
    assert total.value == pytest.approx(table["points"].sum())
    assert sum(step.value for step in parts) == pytest.approx(total.value)
    assert total.text == f"+{table['points'].sum():.1f}"
    printed = [float(step.text.replace("−", "-")) for step in parts]
    assert sum(printed) == pytest.approx(total.value, abs=8 * 0.05)


def test_bars_of_a_segment_begin_where_the_last_one_ended() -> None:
    found = waterfall(shared_out(), "north", "difference")
    assert isinstance(found, Waterfall)
    at = found.zero
    for step in found.steps[:-1]:
        ends = (step.start, step.start + step.length)
        assert min(abs(at - end) for end in ends) < 0.02
        at = ends[1] if step.tone == "up" else ends[0]
    assert {round(found.total.start, 1), round(found.total.start + found.total.length, 1)} == {
        round(found.zero, 1),
        round(at, 1),
    }


def test_only_drivers_have_intervals() -> None:
    steps = waterfall(shared_out(), "north", "difference").steps
    assert steps[0].range_text == "+2.3 to +4.3"
    assert [step.range_text for step in steps[6:]] == ["", "", ""]
    unknown = waterfall(shared_out().assign(low=np.nan, high=np.nan), "north", "difference")
    assert all(step.range_text == "" for step in unknown.steps)


def test_few_drivers_leave_no_others_over() -> None:
    names = [step.name for step in waterfall(shared_out(2), "north", "difference").steps]
    assert names == ["driver 0", "driver 1", "not explained by features", "difference"]


def test_the_column_that_cuts_the_segments_is_called_itself_and_never_leads() -> None:
    table = segments_shared_out("north")
    table = table.assign(driver=table["driver"].replace("driver_0", "region"))
    (segment,) = segment_drivers(content(**told(segment_drivers=table)))[0].segments
    assert segment.difference.steps[0].name == "driver 0 itself"
    assert segment.leading == "driver 2 (+1.1)"


def test_the_first_segment_of_a_segmentation_is_open_and_the_others_are_not() -> None:
    tiers = segments_shared_out("gold", "basic").assign(segmentation="tier")
    table = pd.concat([segments_shared_out("north", "south", "west"), tiers], ignore_index=True)
    text = render_report(content(**told(segment_drivers=table)))
    part = text[text.index('<section id="segment-drivers">') : text.index('<section id="drivers">')]
    assert [tag == "<details open>" for tag in re.findall("<details[^>]*>", part)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_ten_thousand_segments_stay_small_and_are_counted() -> None:
    names = [f"s{i:05d}" for i in range(10_000)]
    table = pd.concat([shared_out(2)] * len(names), ignore_index=True)
    table = table.assign(segmentation="region", segment=np.repeat(names, 3))
    what_if = pd.DataFrame({"segmentation": "region", "segment": names, "scenario": "a", "words": "on time"})
    what_if = pd.concat([told()["improvements"], what_if.assign(points=2.0, share_better=0.1, n=50)])
    text = render_report(content(**told(segment_drivers=table, improvements=what_if)))
    assert len(text) < 150_000
    assert "The 12 largest segments are shown; 9,988 more are in drivers/segments.csv" in Page(text).text
    assert "Only the largest segments are shown; 9,990 more are in drivers/improvements.csv" in Page(text).text


# --- the change since the previous wave ---------------------------------------------------------------------------


def test_the_change_is_shared_out_and_nothing_is_left_over() -> None:
    *parts, total = change(content(**told())).steps
    assert [step.name for step in parts][-1] == "all other features (3)"
    assert sum(step.value for step in parts) == pytest.approx(total.value, abs=1e-6)
    text = page(**told()).text
    assert f"changed by {total.text} points on average since the previous wave" in text
    assert "scored by the same model" in text


def test_what_features_do_not_explain_of_the_change_is_told_where_it_is_something() -> None:
    found = change(content(**told(change=shared_out(unexplained=-0.3))))
    assert [(step.name, step.text) for step in found.steps][-2] == ("not explained by features", "−0.3")


# --- nothing, and names -------------------------------------------------------------------------------------------


def test_parts_of_which_nothing_is_known_are_left_out() -> None:
    text = page().text
    for title in ("taken together", "differences between segments are", "would be otherwise", "Wave by wave"):
        assert title not in text
    assert "Model card" not in text


def test_names_are_text_in_every_new_part() -> None:
    names = {"words": EVIL, "segment": EVIL, "segmentation": EVIL, "wave": EVIL, "group": EVIL, "family": EVIL}
    tables = {name: table for name, table in told().items() if isinstance(table, pd.DataFrame)}
    evil = {
        name: table.assign(**{column: text for column, text in names.items() if column in table})
        for name, table in tables.items()
    }
    evil["improvements"] = pd.concat([tables["improvements"].assign(words=EVIL), evil["improvements"]])
    text = render_report(
        content(**told(**evil, model_card=f"# {EVIL}\n\n- {EVIL}\n\n| {EVIL} |\n| --- |\n| {EVIL} |"))
    )
    assert "<b onclick" not in text
    found = Page(text)
    assert not any("onclick" in attrs for _, attrs in found.elements)
    for part in ("drivers", "segment-drivers", "what-if", "trend", "model-card"):
        inside = text[text.index(f'<section id="{part}">') :]
        assert "&lt;b onclick=" in inside[: inside.index("</section>")]


def test_long_names_are_cut_in_every_new_part() -> None:
    names = {"words": "w" * 5000, "segment": "s" * 5000, "segmentation": "r" * 5000, "wave": "q" * 5000}
    tables = {name: table for name, table in told().items() if isinstance(table, pd.DataFrame)}
    long = {name: table.assign(**{k: v for k, v in names.items() if k in table}) for name, table in tables.items()}
    text = render_report(content(**told(**long)))
    assert not re.search(r"w{121}|s{121}|r{121}|q{121}", text)
