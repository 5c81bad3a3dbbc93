"""The Markdown of a model card as HTML: headings, lists, tables, paragraphs, code and emphasis.

Links, pictures and raw HTML stay text, and all text is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

_DEEPEST = 6
_RULES = ("heading", "list", "table", "escape", "backticks", "emphasis")


def rendered(text: str, *, shift: int = 0) -> Markup:
    """Return Markdown as HTML; `shift` makes each heading that many levels smaller, down to the sixth.

    Examples
    --------
    >>> print(rendered("# Data\\n\\n`a` < b", shift=2))
    <h3>Data</h3>
    <p><code>a</code> &lt; b</p>
    """
    parser = _parser()
    tokens = parser.parse(text)
    _shift_headings(tokens, shift)
    _set_scopes(tokens)
    return Markup(parser.renderer.render(tokens, parser.options, {})).rstrip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False}).enable(_RULES)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    return parser


def _shift_headings(tokens: list[Token], shift: int) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + shift, _DEEPEST)}"


def _set_scopes(tokens: list[Token]) -> None:
    """Make the first cell of each row its heading, and leave alignment to the style sheet."""
    for place, token in enumerate(tokens):
        if token.type == "th_open":
            token.attrs = {"scope": "col"}
        elif token.type == "td_open":
            token.attrs = {}
            if tokens[place - 1].type == "tr_open":
                token.tag = tokens[place + 2].tag = "th"
                token.attrs = {"scope": "row"}


def _open_table(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """Open a table inside a region that scrolls and that screen readers announce by the table's headings."""
    end = next(i for i in range(place, len(tokens)) if tokens[i].type == "thead_close")
    names = [token.content for token in tokens[place:end] if token.type == "inline" and token.content]
    label = escape(f"Table: {', '.join(names)}")
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>\n'


def _close_table(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    return "</table></div>\n"
