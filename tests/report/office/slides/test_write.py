"""The slides, read back as an office reads them: messages, the numbers of the report, native charts, notes."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lxml import etree
from pptx import Presentation
from pptx.oxml.ns import qn
from pptx.util import Inches
from written_report import content, differences, estimate, page, segment, segments_shared_out, told, waves

from silentnps.estimation.formulas.nps_estimate import of_none
from silentnps.report.content import ReportContent
from silentnps.report.office.slides import fitting
from silentnps.report.office.slides.look import FOOT_TOP
from silentnps.report.office.slides.write import report_slides, slides_bytes
from silentnps.report.wording import words

LONG = "an unbroken_name_without_any_blank_in_it_that_goes_on " * 4
EVIL = "=1+1 & <b>\x0b\x00"
NPS = [("north", 900, 5.5), ("south", 800, -30.0), ("tiny", 12, None), (EVIL, 700, 12.0)]


def of_segments(*rows: tuple[str, int, float | None]) -> pd.DataFrame:
    found = [segment(name, n, suppressed=nps is None) for name, n, nps in rows]
    ends = [{} if nps is None else {"value": nps, "low": nps - 8.5, "high": nps + 9.5} for _, _, nps in rows]
    return pd.DataFrame([row | end for row, end in zip(found, ends, strict=True)])


def whole(**changes: Any) -> ReportContent:
    report = estimate(segments=of_segments(*NPS), segment_differences=differences(3))
    return content(report, **(told() | changes))


def long_names() -> ReportContent:
    """Return a report whose names are as long as names can be, with more of everything than fits."""
    report = estimate(
        segments=of_segments(*((f"{i} {LONG}", 900 - i, 40.0 - 5 * i) for i in range(16))),
        segment_differences=differences(3).assign(segment=LONG, other=LONG),
        warnings=tuple(f"{i} {LONG}" for i in range(9)),
    )
    drivers = pd.concat([told()["drivers"].assign(words=f"{i} {LONG}") for i in range(9)], ignore_index=True)
    improvements = told()["improvements"].assign(words=LONG)
    parts = told(drivers=drivers, improvements=improvements, segment_drivers=segments_shared_out(LONG))
    parts["change"] = parts["change"].assign(words=LONG)
    parts["trend"] = waves([(f"{i} {LONG}", 100, *(float(i),) * 9) for i in range(30)])
    return content(report, **(parts | {"project": LONG, "wave": LONG, "truth": 3.0}))


CONTENTS = {
    "everything": whole,
    "little": content,
    "missing at random": lambda: content(estimate(headline="mar"), truth=4.0),
    "everybody answered": lambda: content(estimate(silent=of_none(0.95), base=estimate().respondents)),
    "long names": long_names,
}


@pytest.fixture(params=CONTENTS, scope="module")
def told_content(request: pytest.FixtureRequest) -> ReportContent:
    return CONTENTS[request.param]()


@pytest.fixture(scope="module")
def deck(told_content: ReportContent) -> Any:
    """Return the slides of each content, read back."""
    return opened(told_content)


@pytest.fixture(scope="module")
def full() -> Any:
    """Return the slides of the content with everything in it, read back."""
    return opened(whole())


def opened(found: ReportContent) -> Any:
    return Presentation(BytesIO(slides_bytes(found)))


def texts_of(slide: Any) -> str:
    """Return every text of a slide but the notes."""
    parts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    parts += [cell.text for shape in slide.shapes if shape.has_table for cell in shape.table.iter_cells()]
    return "\n".join(parts)


def charts_of(deck: Any) -> list[Any]:
    return [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def test_every_slide_has_a_message_and_what_the_speaker_says(deck: Any) -> None:
    assert 1 <= len(deck.slides) <= 9
    for slide in deck.slides:
        title = slide.shapes.title.text_frame.text
        assert len(title.split()) >= 4, title
        assert len(slide.notes_slide.notes_text_frame.text) > 20
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert len(set(titles)) == len(titles)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert slides_bytes(whole()) == slides_bytes(whole())


def test_the_first_slide_has_the_numbers_with_intervals_n_and_level(full: Any) -> None:
    text = texts_of(full.slides[0])
    for wanted in ("+10.8", "+5.0 to +16.6 (95 %)", "17,186", "+26.5", "2,567", "+8.1", "+1.2 to +14.9", "14,619"):
        assert wanted in text
    assert "wave 2024-Q1" in text


def test_the_speaker_says_the_sentences_of_the_page(full: Any) -> None:
    found = whole()
    notes = "\n".join(slide.notes_slide.notes_text_frame.text for slide in full.slides)
    report = found.estimate
    for sentence in (words.why_different(report), words.how_sure(report), *words.what_would_change_it(report)):
        assert sentence in notes
    assert words.true_minus(report.disagreement) in notes


def test_every_number_with_a_decimal_is_one_of_the_page(full: Any) -> None:
    """Distances of segments are told the other way round where the higher one is named first."""
    found = whole()
    report = found.estimate
    known = set(re.findall(r"\d+\.\d", page(report=report, **told()).text))
    for slide in full.slides:
        told_numbers = set(re.findall(r"(?<![\d.])\d+\.\d(?!\.\d)", texts_of(slide)))
        told_numbers.discard("0.1")  # the version
        assert told_numbers <= known, slide.shapes.title.text_frame.text


def test_charts_are_native_and_hold_the_numbers_of_the_report(full: Any) -> None:
    found = whole()
    report = found.estimate
    series = [tuple(one.values) for chart in charts_of(full) for plot in chart.plots for one in plot.series]
    assert (report.base.value, report.respondents.value, report.silent.value) in series
    assert (5.5, -30.0, 12.0) in series
    assert (11.8,) in series  # the key driver that can be acted on
    assert (30.0, 26.5) in series  # the survey of two waves
    assert (None, 8.1) in series
    assert (26.5, 21.4, 8.1) in series  # by assumption


def test_intervals_are_error_bars_around_the_values(full: Any) -> None:
    whole()
    chart = next(chart for chart in charts_of(full) if tuple(chart.plots[0].series[0].values)[:1] == (5.5,))
    shown = chart.plots[0].series[0]._element
    sizes = {
        end: [float(point.text) for point in shown.findall(f".//{qn(f'c:{end}')}//{qn('c:v')}")]
        for end in ("plus", "minus")
    }
    np.testing.assert_allclose(sizes["plus"], [9.5] * 3)
    np.testing.assert_allclose(sizes["minus"], [8.5] * 3)
    order = [etree.QName(child).localname for child in shown]
    assert order.index("errBars") == order.index("cat") - 1


def test_axes_reach_over_all_intervals(told_content: ReportContent, deck: Any) -> None:
    for slide, drawn in zip(report_slides(told_content), deck.slides, strict=True):
        charts = [shape.chart for shape in drawn.shapes if shape.has_chart]
        assert len(charts) == (slide.chart is not None)
        for chart in charts:
            ends = [end for one in slide.chart.series for span in one.ends if span for end in span]
            low, high = chart.value_axis.minimum_scale, chart.value_axis.maximum_scale
            assert all(low <= end <= high for end in ends)


def test_suppressed_segments_are_on_no_slide(full: Any) -> None:
    assert all("tiny" not in texts_of(slide) for slide in full.slides)


def test_nothing_lies_over_another_or_leaves_the_slide(deck: Any) -> None:
    for slide in deck.slides:
        boxes = []
        for shape in slide.shapes:
            height = shape.height
            if shape.has_table:
                height = sum(row.height for row in shape.table.rows)
            boxes.append((shape, shape.left, shape.top, shape.left + shape.width, shape.top + height))
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + height <= deck.slide_height
        cards = [box for box in boxes if box[0].shape_type is not None and "Rectangle" in box[0].name]
        others = [box for box in boxes if box not in cards and not _on_a_card(box, cards)]
        for one, other in combinations(others, 2):
            apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
            assert apart, (one[0].name, other[0].name, slide.shapes.title.text_frame.text)


def _on_a_card(box: Any, cards: list[Any]) -> bool:
    return any(
        box[1] >= card[1] and box[3] <= card[3] and box[2] >= card[2] and box[4] <= card[4] for card in cards
    )


def test_texts_fit_into_their_boxes(deck: Any) -> None:
    for slide in deck.slides:
        for shape in slide.shapes:
            if not shape.has_text_frame or not shape.text_frame.text:
                continue
            frame = shape.text_frame
            width = (shape.width - frame.margin_left - frame.margin_right) / Inches(1)
            height = sum(
                fitting.height_of([paragraph.text], size=paragraph.runs[0].font.size.pt, width=width)
                for paragraph in frame.paragraphs
            )
            room = (shape.height - frame.margin_top - frame.margin_bottom) / Inches(1)
            assert height <= room + 0.02, (shape.name, frame.text)
            if shape.top >= Inches(FOOT_TOP):
                assert "95 % intervals" in frame.text or LONG[:10] in frame.text


def test_a_name_is_text_and_stays_whole_enough_to_be_read(full: Any) -> None:
    whole()
    text = "\n".join(texts_of(slide) for slide in full.slides)
    assert "=1+1 & <b>" in text
    categories = [name for chart in charts_of(full) for name in chart.plots[0].categories]
    assert any(name.startswith("=1+1 & <b>") for name in categories)


def test_charts_say_in_words_what_they_show(full: Any) -> None:
    told_words = [
        shape._element.nvGraphicFramePr.cNvPr.get("descr")
        for slide in full.slides
        for shape in slide.shapes
        if shape.has_chart
    ]
    assert "NPS in points: Whole base +10.8; Survey +26.5; Silent customers +8.1" in told_words


def test_the_file_says_what_it_is_and_when_it_was_made() -> None:
    told_of = opened(content()).core_properties
    assert (told_of.title, told_of.author) == ("NPS of acme, 2024-Q1", "silentnps 0.1.0")
    assert told_of.created == told_of.modified
    assert told_of.created.strftime("%Y-%m-%d %H:%M") == "2024-05-01 08:00"
