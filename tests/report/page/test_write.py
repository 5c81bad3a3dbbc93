"""The report: one page that holds the numbers, loads nothing and works with a screen reader."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from written_report import DIAGNOSTICS, Page, content, estimate, page, segment, told

from silentnps.estimation.checks.agreement import with_differences
from silentnps.estimation.checks.tipping import tipping_points
from silentnps.estimation.formulas.nps_estimate import NPSEstimate, census
from silentnps.estimation.wave.nps_report import TABLES
from silentnps.estimation.wave.segment_table import COLUMNS
from silentnps.estimation.wording.tipping import describe_tipping_points
from silentnps.report import charts
from silentnps.report.charts import Axis
from silentnps.report.content import ReportContent
from silentnps.report.page.write import render_report, write_report
from silentnps.report.sections import segment_tables
from silentnps.report.wording import words


def test_the_page_parses_and_holds_the_numbers(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", content())
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    for wanted in ("+10.8", "+5.0 to +16.6", "+26.5", "+8.1", "+1.2 to +14.9", "+21.4", "17,186", "2,567"):
        assert wanted in text
    for wanted in ("2024-Q1", "days late", "12", "0.839", "stack (chosen)", "prior (baseline)", "0.1.0", "1,970"):
        assert wanted in text


def test_nothing_is_loaded_from_anywhere() -> None:
    text = render_report(content(**told()))
    assert not re.search("https?:", text)
    assert "@import" not in text
    assert "url(" not in text
    for tag, attrs in Page(text).elements:
        assert tag not in {"link", "img", "iframe"}
        assert "src" not in attrs
        assert (attrs.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") or name == "style" for name in attrs)


def test_the_only_script_is_the_one_that_the_policy_of_the_page_names() -> None:
    text = render_report(content(**told()))
    (script,) = re.findall("<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text


def test_the_contents_name_every_section_in_its_order() -> None:
    for found in (page(), page(**told())):
        sections = [attrs["id"] for attrs in found.all("section") if "id" in attrs]
        links = [attrs["href"][1:] for attrs in found.all("a") if attrs["href"]]
        assert links == ["main", *sections]
    decided = ["decide", "classes", "trend", "segments", "segment-drivers", "drivers", "what-if", "next"]
    known = ["known", "assumptions", "shadows", "sensitivity", "diagnostics", "who", "roles", "model", "model-card"]
    assert sections == [*decided, *known, "data", "method"]


def test_no_heading_skips_a_level() -> None:
    levels = [int(tag[1]) for tag, _ in page(**told()).elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_names_are_text_and_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    report = estimate(segments=pd.DataFrame([segment(evil, 900), segment('"onload="x', 800)]))
    text = render_report(content(report, project=evil, shadow_features=(evil,)))
    assert text.count("<script") == 1
    assert text.count("&lt;script&gt;") >= 3
    assert not any("onload" in attrs for _, attrs in Page(text).elements)


def test_every_drawing_has_a_name() -> None:
    drawings = page(**told()).all("svg")
    assert len(drawings) >= 34
    assert all(attrs["role"] == "img" and len(attrs["aria-label"] or "") > 10 for attrs in drawings)


def test_same_content_same_bytes(tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_report(tmp_path / name, content())
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_wording_is_association_never_cause() -> None:
    text = page(**told()).text.lower()
    assert "associated with" in text
    assert not re.search("because of|caused by", text)


def test_missing_at_random_is_stated_plainly() -> None:
    assert "This number assumes missing at random" not in page().text
    text = page(report=estimate(headline="mar")).text
    assert "This number assumes missing at random" in text
    assert "Missing at random (headline)" in text
    assert "odds of silence" in page().text
    assert "odds of silence" not in text


def test_poor_overlap_is_stated_before_the_first_number() -> None:
    assert "Do not rely on this number" not in page().text
    found = estimate(diagnostics=DIAGNOSTICS | {"outside_overlap_share": 0.9})
    text = page(report=found).text
    assert text.index(found.caution) < text.index("The NPS of the whole base is")


def test_the_truth_is_shown_only_if_it_is_known() -> None:
    assert "simulated" not in page().text
    text = page(truth=3.0).text
    assert "NPS of silent customers is +3.0, inside the interval and 5.1 points from the estimate" in text
    assert "outside the interval" in page(truth=-7.0).text


def test_suppressed_segments_are_listed_as_suppressed() -> None:
    text = page().text
    assert "tiny suppressed" in text
    assert "1 suppressed because they have too few customers" in text


def test_segmentations_keep_their_declared_order_with_the_largest_segment_first() -> None:
    tiers = [segment("gold", 5000) | {"segmentation": "tier"}]
    report = estimate(segments=pd.DataFrame([segment("south", 90), segment("north", 900), *tiers]))
    assert [(one.name, one.rows[0].name) for one in segment_tables(report)] == [
        ("region", "north"),
        ("tier", "gold"),
    ]


def test_ten_thousand_segments_show_the_fifty_largest_and_a_note() -> None:
    rows = [segment(f"s{i:05d}", 10_000 - i) for i in range(10_000)]
    text = render_report(content(estimate(segments=pd.DataFrame(rows))))
    assert len(text) < 2_000_000
    found = Page(text)
    assert max(re.findall(r"s\d{5}", found.text)) == "s00049"
    assert "The 50 largest of 10,000 segments; the other 9,950 are in the table" in found.text


def test_long_names_are_shortened() -> None:
    rows = pd.DataFrame([segment("x" * 5000, 900)])
    text = render_report(content(estimate(segments=rows), project="y" * 5000))
    assert "x" * 119 + "…" in text
    assert "x" * 121 not in text
    assert "y" * 121 not in text


def test_parts_that_are_missing_are_named_or_left_out() -> None:
    bare = ReportContent("acme", "1", estimate(segments=pd.DataFrame(columns=list(COLUMNS))), "0.1.0", "today")
    none = {
        name: getattr(bare.estimate, name).head(0) for name in TABLES if name not in {"by_assumption", "segments"}
    }
    bare = replace(bare, estimate=replace(bare.estimate, **none, diagnostics={}))
    text = Page(render_report(bare)).text
    for sentence in ("No segments are declared", "No key drivers were computed", "No candidates", "found nothing"):
        assert sentence in text
    assert "Calibration" not in text
    for title in (
        "If satisfaction affected",
        "Tipping",
        "Do the shadow features",
        "Differences between",
        "Who answered",
    ):
        assert title not in text


def test_a_base_where_everybody_answered_has_a_page() -> None:
    known = census(np.array([0, 1, 2, 2]), confidence_level=0.95)
    none = census(np.array([], dtype=np.int64), confidence_level=0.95)
    text = page(report=estimate(silent=none, base=known, respondents=known)).text
    assert "Everybody answered" in text
    assert "+25.0" in text


def test_findings_beyond_a_hundred_are_counted() -> None:
    findings = pd.DataFrame({"rule": [f"rule {i}" for i in range(250)], "share": np.nan})
    text = page(findings=findings).text
    assert "rule 99" in text
    assert "rule 100" not in text
    assert "The first 100 of 250 findings" in text


def test_the_gap_is_split_by_features_and_satisfaction() -> None:
    sentence = words.why_different(estimate())
    assert "18.4 points lower" in sentence
    assert "−5.1 points go with who they are" in sentence
    assert "−13.3 with satisfied customers" in sentence
    reversed_ = estimate(diagnostics={"gamma_detractor": -0.4, "gamma_promoter": 0.4})
    assert "with dissatisfied customers answering more readily" in words.why_different(reversed_)


@pytest.mark.parametrize(
    ("left", "said"), [(0.1, "mostly from the data"), (0.5, "something"), (0.95, "say little")]
)
def test_what_the_data_say_of_selection_is_in_words(left: float, said: str) -> None:
    assert said in words.how_sure(estimate(diagnostics={"gamma_prior_share": left}))


def test_wide_intervals_are_called_wide() -> None:
    assert "wide" not in words.how_sure(estimate())
    assert "wide" in words.how_sure(estimate(silent=NPSEstimate(8.0, -10.0, 26.0, 9.0, 100, 0.95)))


@pytest.mark.parametrize(("high", "wide"), [(26.6, True), (46.0, True), (26.4, False)])
def test_no_direction_is_claimed_if_the_interval_contains_the_survey(high: float, wide: bool) -> None:
    silent = NPSEstimate(high - 18.0, high - 36.0, high, 9.0, 100, 0.95)
    said = words.how_sure(estimate(silent=silent))
    assert ("these data cannot tell whether silent customers are more or less satisfied" in said) == wide
    assert ("the direction is known, the size is not" in said) != wide


def test_a_part_that_may_be_zero_is_said_to_be_unknown() -> None:
    table = with_differences(estimate().by_assumption, "selection", {})
    assert table.set_index("assumption").loc["mar", "verdict"] == "contradicts"
    assert "cannot tell" not in words.why_different(estimate(by_assumption=table))
    row = {"difference_low": -6.0, "difference_high": 33.0, "verdict": "cannot tell"}
    unknown = table.assign(**row)
    assert words.why_different(estimate(by_assumption=unknown)).endswith("or whether it exists (−33.0 to +6.0).")


def test_the_tipping_point_is_that_of_the_curve() -> None:
    """From 21.5 at 0 to 53.2 at -1, 26.5 is crossed at -5/31.7: exp(0.158) = 1.17."""
    assert "answering of a detractor were 1.17 times" in words.what_would_change_it(estimate())[-1]
    curve = pd.DataFrame({"class_step": [-1.0, 1.0], "nps_silent": [5.0, 4.0]})
    flat = describe_tipping_points(tipping_points(curve, survey=26.5), curve)
    assert "does not reach the survey's +26.5" in words.what_would_change_it(estimate(tipping_points=flat))[-1]


@pytest.mark.parametrize("values", [[3.0], [0.0, 0.0], [-100.0, 100.0], [7.9, 8.1], [float("nan")], [1.0, 29.5]])
def test_an_axis_spans_its_values_with_few_ticks(values: list[float]) -> None:
    axis = Axis.around(values)
    assert 2 <= len(axis.ticks) <= 7
    assert axis.low < axis.high
    assert all(axis.low <= value <= axis.high for value in values if np.isfinite(value))
    assert all(0 <= at <= 100 for at, _ in axis.marks)


def test_perfect_predictions_lie_on_the_diagonal() -> None:
    classes = np.repeat([0, 1, 2], 100)
    for chart in charts.calibration_charts(np.eye(3)[classes], classes):
        assert chart.gap_points == pytest.approx(0)
        assert all(predicted == pytest.approx(observed) for _, _, predicted, observed, _ in chart.dots)


def test_both_colour_schemes_have_contrast() -> None:
    """WCAG 2.2, 1.4.3: text at least 4.5 to 1 against the page and the panels."""
    light, dark = re.findall(r":root \{(.*?)\}", render_report(content()), flags=re.DOTALL)[:2]
    for scheme in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", scheme))
        for behind in ("page", "panel"):
            for front in ("ink", "muted", "silent"):
                assert _contrast(colours[front], colours[behind]) >= 4.5
        assert _contrast(colours["ink"], colours["notice"]) >= 4.5
        assert all(_contrast(colours[mark], colours["page"]) >= 3 for mark in ("survey", "truth", "low", "middle"))


def _contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))
