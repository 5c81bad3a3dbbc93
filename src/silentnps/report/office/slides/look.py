"""The look of the slides: wide pages, the colours of the report's page, one font that every office has."""

from __future__ import annotations

import re

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.presentation import Presentation as Deck
from pptx.slide import SlideLayout
from pptx.text.text import TextFrame
from pptx.util import Inches, Pt

from silentnps.report.office.palette import page_colours
from silentnps.report.office.slides.deck import printable

WIDE, HIGH = 13.333, 7.5
"""Inches of a slide."""

EDGE = 0.55
TITLE_TOP, TITLE_HEIGHT = 0.35, 1.05
TITLE_SIZES = (26, 24, 22, 20, 18)
BODY_TOP, FOOT_TOP = 1.55, 6.95

_FONT = "Arial"
_TITLE_ONLY = 5
_THEME_COLOURS = {
    **{"dk1": "ink", "lt1": "page", "dk2": "muted", "lt2": "panel", "accent1": "silent", "accent2": "survey"},
    **{"accent3": "truth", "accent4": "low", "accent5": "middle", "accent6": "line", "hlink": "silent"},
}


def dress(deck: Deck) -> None:
    """Give a new deck its size, its theme and the one layout that its slides have."""
    deck.slide_width, deck.slide_height = Inches(WIDE), Inches(HIGH)
    _set_theme(deck)
    for holder in (deck.slide_master, layout_of(deck)):
        for shape in list(holder.placeholders):
            if shape.placeholder_format.type is not None and shape.placeholder_format.idx == 0:
                shape.left, shape.top = Inches(EDGE), Inches(TITLE_TOP)
                shape.width, shape.height = Inches(WIDE - 2 * EDGE), Inches(TITLE_HEIGHT)


def layout_of(deck: Deck) -> SlideLayout:
    """Return the layout with nothing but a title."""
    return deck.slide_layouts[_TITLE_ONLY]


def colour(name: str) -> RGBColor:
    """Return a colour of the page."""
    return RGBColor.from_string(page_colours()[name])


def write_paragraph(
    frame: TextFrame,
    text: str,
    *,
    size: float,
    tone: str = "ink",
    bold: bool = False,
    label: str = "",
    first: bool = False,
) -> None:
    """Add a paragraph to a text, after a bold label if there is one."""
    paragraph = frame.paragraphs[0] if first else frame.add_paragraph()
    paragraph.alignment = PP_ALIGN.LEFT
    paragraph.space_after = Pt(0.35 * size)
    for part, strong in ((f"{label}. ", True), (text, bold)):
        if part != ". ":
            run = paragraph.add_run()
            run.text = printable(part)
            run.font.size, run.font.bold, run.font.color.rgb = Pt(size), strong, colour(tone)


def bare(frame: TextFrame, *, anchor: MSO_ANCHOR = MSO_ANCHOR.TOP, margin: float = 0.0) -> TextFrame:
    """Return a text that wraps inside its box, with equal margins in inches."""
    frame.word_wrap = True
    frame.vertical_anchor = anchor
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Inches(margin)
    return frame


def _set_theme(deck: Deck) -> None:
    part = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = part.blob.decode("utf-8")
    for name, tone in _THEME_COLOURS.items():
        own = f'<a:{name}><a:srgbClr val="{page_colours()[tone]}"/></a:{name}>'
        text = re.sub(f"<a:{name}>.*?</a:{name}>", own, text, flags=re.DOTALL)
    text = re.sub(r'(<a:(?:major|minor)Font>\s*<a:latin typeface=")[^"]*', rf"\g<1>{_FONT}", text)
    part._blob = text.encode("utf-8")
