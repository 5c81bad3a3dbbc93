"""One slide drawn: title, notices, cards, chart on the left, words and table on the right, foot and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide as Page
from pptx.util import Inches

from silentnps.report.office.slides import fitting
from silentnps.report.office.slides.charts import add_chart
from silentnps.report.office.slides.deck import Card, Slide, printable
from silentnps.report.office.slides.look import (
    BODY_TOP,
    EDGE,
    FOOT_TOP,
    TITLE_HEIGHT,
    TITLE_SIZES,
    WIDE,
    bare,
    colour,
    layout_of,
    write_paragraph,
)
from silentnps.report.office.slides.tables import add_table, height_wanted

_LINE_SIZES = (16, 15, 14, 13, 12, 11)
_NOTICE_SIZES = (14, 13, 12, 11, 10, 9, 8)
_FOOT_SIZES = (10, 9, 8, 7)
_NUMBER_SIZE, _NAME_SIZE, _BELOW_SIZE = 32, 13, 12
_CARD_HEIGHT, _GAP = 1.75, 0.25
_LEAST_WORDS = 0.2
"""Share of the height that words keep beside a table."""

_MOST_NOTICE = 2.0
_MOST_TITLE_LINES = 2


@dataclass(frozen=True)
class Box:
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float

    def below(self, used: float) -> Box:
        """Return what is left of the box under the first `used` inches."""
        return Box(self.left, self.top + used, self.width, max(self.height - used, 0.0))

    def split(self, right_share: float) -> tuple[Box, Box]:
        """Return the left and the right part, with a gap between them."""
        right = (self.width - _GAP) * right_share
        left = self.width - _GAP - right
        return (
            Box(self.left, self.top, left, self.height),
            Box(self.left + left + _GAP, self.top, right, self.height),
        )


def add_slide(deck: Deck, slide: Slide) -> None:
    """Add a slide to a deck."""
    page = deck.slides.add_slide(layout_of(deck))
    _write_title(page, slide.title)
    body = Box(EDGE, BODY_TOP, WIDE - 2 * EDGE, FOOT_TOP - BODY_TOP - 0.1)
    body = body.below(_add_notices(page, slide.notices, body))
    if slide.cards:
        _add_cards(page, slide.cards, body)
        body = body.below(_CARD_HEIGHT + _GAP)
    right = body
    if slide.chart is not None:
        left, right = body.split(slide.right_share)
        add_chart(page, slide.chart, left)
    right = right.below(_add_lines(page, slide, right))
    if slide.table is not None:
        add_table(page, slide.table, right)
    _add_foot(page, slide.footnote)
    notes = page.notes_slide.notes_text_frame
    if notes is not None:
        notes.text = printable("\n".join(slide.notes))


def _write_title(page: Page, title: str) -> None:
    holder = page.shapes.title
    if holder is None:
        return
    width = WIDE - 2 * EDGE
    least = TITLE_SIZES[-1]
    text = title
    if fitting.n_lines(title, size=least, width=width) > _MOST_TITLE_LINES:
        text = fitting.cut(title, size=least, width=width, lines=_MOST_TITLE_LINES)
    size, _ = fitting.fitted([text], sizes=TITLE_SIZES, width=width, height=TITLE_HEIGHT)
    frame = bare(holder.text_frame)
    write_paragraph(frame, text, size=size, bold=True, first=True)


def _add_notices(page: Page, notices: Sequence[str], body: Box) -> float:
    """Add what must be read first, and return the height that it takes."""
    if not notices:
        return 0.0
    inside = body.width - 0.3
    size, kept = fitting.fitted(notices, sizes=_NOTICE_SIZES, width=inside, height=_MOST_NOTICE)
    height = fitting.height_of(kept, size=size, width=inside) + 0.2
    shape = page.shapes.add_shape(
        MSO_SHAPE.RECTANGLE, Inches(body.left), Inches(body.top), Inches(body.width), Inches(height)
    )
    shape.fill.solid()
    shape.fill.fore_color.rgb = colour("notice")
    shape.line.color.rgb = colour("notice-line")
    shape.shadow.inherit = False
    frame = bare(shape.text_frame, anchor=MSO_ANCHOR.MIDDLE, margin=0.1)
    for i, text in enumerate(kept):
        write_paragraph(frame, text, size=size, first=i == 0)
    return height + _GAP


def _add_cards(page: Page, cards: Sequence[Card], body: Box) -> None:
    width = (body.width - _GAP * (len(cards) - 1)) / len(cards)
    for i, card in enumerate(cards):
        left = body.left + i * (width + _GAP)
        for height, tone in ((_CARD_HEIGHT, "panel"), (0.07, card.tone)):
            shape = page.shapes.add_shape(
                MSO_SHAPE.RECTANGLE, Inches(left), Inches(body.top), Inches(width), Inches(height)
            )
            shape.fill.solid()
            shape.fill.fore_color.rgb = colour(tone)
            shape.line.fill.background()
            shape.shadow.inherit = False
        box = page.shapes.add_textbox(Inches(left), Inches(body.top), Inches(width), Inches(_CARD_HEIGHT))
        frame = bare(box.text_frame, margin=0.15)
        write_paragraph(frame, card.name, size=_NAME_SIZE, bold=True, first=True)
        write_paragraph(frame, card.number, size=_NUMBER_SIZE, bold=True, tone=card.tone)
        for text in card.below:
            write_paragraph(frame, text, size=_BELOW_SIZE, tone="muted")


def _add_lines(page: Page, slide: Slide, box: Box) -> float:
    """Add the words of a slide, and return the height that they take."""
    if not slide.lines:
        return 0.0
    wanted = 0.0 if slide.table is None else height_wanted(slide.table, box.width) + _GAP
    room = max(box.height - wanted, _LEAST_WORDS * box.height)
    told = [f"{label}. {text}" if label else text for label, text in slide.lines]
    size, kept = fitting.fitted(told, sizes=_LINE_SIZES, width=box.width, height=room)
    height = fitting.height_of(kept, size=size, width=box.width)
    shape = page.shapes.add_textbox(Inches(box.left), Inches(box.top), Inches(box.width), Inches(height))
    frame = bare(shape.text_frame)
    labels = dict(zip(told, (label for label, _ in slide.lines), strict=True))
    for i, text in enumerate(kept):
        label = labels.get(text, "")
        write_paragraph(frame, text.removeprefix(f"{label}. "), size=size, label=label, first=i == 0)
    return height + _GAP


def _add_foot(page: Page, text: str) -> None:
    width = WIDE - 2 * EDGE
    size, kept = fitting.fitted([text], sizes=_FOOT_SIZES, width=width, height=0.36)
    box = page.shapes.add_textbox(Inches(EDGE), Inches(FOOT_TOP), Inches(width), Inches(0.36))
    frame = bare(box.text_frame)
    write_paragraph(frame, kept[0], size=size, tone="muted", first=True)
