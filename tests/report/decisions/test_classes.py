"""The stacked bars of the classes: parts that fill the bar, each with its interval in the table."""

from __future__ import annotations

import pytest
from written_report import content, page, told, told_classes

from silentnps.report.decisions.classes import class_bars


def test_parts_follow_each_other_and_fill_the_bar() -> None:
    bars = class_bars(content(**told()))
    assert [bar.name for bar in bars] == ["Survey (who answered)", "Silent customers"]
    for bar in bars:
        assert [part.nps_class for part in bar.parts] == ["detractor", "passive", "promoter"]
        ends = [part.start + part.length for part in bar.parts]
        assert [part.start for part in bar.parts] == pytest.approx([0.0, *ends[:-1]], abs=0.02)
        assert ends[-1] == pytest.approx(100.0, abs=0.02)


def test_a_share_has_its_interval_and_that_of_answers_is_counted() -> None:
    survey, silent = class_bars(content(**told()))
    assert [inside for _, inside in survey.cells] == ["counted"] * 3
    assert next((cell.text, inside) for cell, inside in silent.cells) == ("30 %", "25 % to 35 %")
    assert silent.n.text == "14,619"


def test_a_narrow_part_has_no_number_inside_and_without_shares_there_is_no_section() -> None:
    narrow = told_classes().assign(share=[0.05, 0.45, 0.5] * 2)
    assert [part.text for part in class_bars(content(**told(class_shares=narrow)))[0].parts] == ["", "45 %", "50 %"]
    assert "Detractors, passives, promoters" not in page().text
