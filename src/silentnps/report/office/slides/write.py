"""The report as slides with native charts and tables; the speaker's notes have its words."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pptx import Presentation
from pptx.presentation import Presentation as Deck

from silentnps.report.content import ReportContent
from silentnps.report.office.same_bytes import moment_of, with_moment
from silentnps.report.office.slides.deck import Slide
from silentnps.report.office.slides.layout import add_slide
from silentnps.report.office.slides.look import dress
from silentnps.report.office.slides.on_drivers import drivers_slide, next_slide, trend_slide
from silentnps.report.office.slides.on_estimate import known_slide, number_slide, segment_slides, why_slide
from silentnps.report.wording.words import short
from silentnps.storage.atomic import replace_file


def write_slides(path: Path, content: ReportContent) -> None:
    """Write the report as slides, in one step; the same content gives the same bytes."""
    data = slides_bytes(content)
    replace_file(path, lambda temporary: temporary.write_bytes(data))


def report_slides(content: ReportContent) -> list[Slide]:
    """Return the slides of a report: what to decide first, then why, then what is behind it."""
    silent = content.estimate.silent.n > 0
    slides = [
        number_slide(content),
        why_slide(content) if silent else None,
        trend_slide(content),
        *segment_slides(content),
        drivers_slide(content),
        next_slide(content) if silent else None,
        known_slide(content) if silent else None,
    ]
    return [slide for slide in slides if slide is not None]


def slides_bytes(content: ReportContent) -> bytes:
    """Return the report as slides."""
    deck = Presentation()
    dress(deck)
    _describe(deck, content)
    for slide in report_slides(content):
        add_slide(deck, slide)
    written = BytesIO()
    deck.save(written)
    return with_moment(written.getvalue(), moment_of(content.generated_at))


def _describe(deck: Deck, content: ReportContent) -> None:
    told = deck.core_properties
    told.title = f"NPS of {short(content.project)}, {short(content.wave)}"
    told.author = told.last_modified_by = f"silentnps {content.version}"
    told.created = told.modified = moment_of(content.generated_at)
    told.revision = 1
