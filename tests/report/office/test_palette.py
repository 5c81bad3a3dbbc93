"""Slides, workbook and page have the same colours."""

from __future__ import annotations

from written_report import content

from silentnps.report.office.palette import page_colours
from silentnps.report.page.write import render_report


def test_the_colours_are_those_of_the_page_on_light_ground() -> None:
    styles = render_report(content())
    light = styles[: styles.index("prefers-color-scheme: dark")]
    for name in ("ink", "muted", "line", "base", "survey", "silent", "notice", "notice-line", "panel"):
        assert f"--{name}: #{page_colours()[name].lower()};" in light
