"""The little Markdown that a model card is written in, as HTML: headings, lists, tables, paragraphs, code, bold.

Everything else is text, and all text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby

from markupsafe import Markup, escape

_DEEPEST = 6
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"\s*[-*+]\s+(.+)$")
_NUMBERED = re.compile(r"\s*\d+[.)]\s+(.+)$")
_RULE_CELL = re.compile(r":?-+:?$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_INLINE = re.compile(r"\\([!-/:-@\[-`{-~])|`([^`]+)`|\*\*((?:\\.|[^\\])+?)\*\*")


def rendered(text: str, *, shift: int = 0) -> Markup:
    """Return Markdown as HTML; `shift` makes every heading so many levels smaller, at most to the sixth.

    Examples
    --------
    >>> str(rendered("# Data\\n\\n- `a` < b", shift=2))
    '<h3>Data</h3>\\n<ul><li><code>a</code> &lt; b</li></ul>'
    """
    blocks = (block for chunk in _chunks(text) for block in _blocks(chunk, shift))
    return Markup("\n").join(blocks)


def _chunks(text: str) -> Iterator[list[str]]:
    """Yield runs of lines between empty ones."""
    for is_empty, lines in groupby(text.splitlines(), key=lambda line: not line.strip()):
        if not is_empty:
            yield list(lines)


def _blocks(lines: list[str], shift: int) -> Iterator[Markup]:
    if _is_table(lines):
        yield _table(lines)
        return
    for kind, run in groupby(lines, key=_kind_of_line):
        yield from _BLOCKS[kind](list(run), shift)


def _kind_of_line(line: str) -> str:
    if _HEADING.match(line):
        return "heading"
    if _ITEM.match(line):
        return "item"
    return "numbered" if _NUMBERED.match(line) else "text"


def _headings(lines: list[str], shift: int) -> Iterator[Markup]:
    for found in filter(None, map(_HEADING.match, lines)):
        level = min(len(found[1]) + shift, _DEEPEST)
        yield Markup("<h{0}>{1}</h{0}>").format(level, _inline(found[2]))


def _items(tag: str, pattern: re.Pattern[str], lines: list[str], shift: int) -> Iterator[Markup]:
    texts = (_inline(found[1]) for found in filter(None, map(pattern.match, lines)))
    items = Markup("").join(Markup("<li>{}</li>").format(text) for text in texts)
    yield Markup("<{0}>{1}</{0}>").format(tag, items)


def _paragraph(lines: list[str], shift: int) -> Iterator[Markup]:
    yield Markup("<p>{}</p>").format(_inline(" ".join(line.strip() for line in lines)))


_BLOCKS: dict[str, Callable[[list[str], int], Iterator[Markup]]] = {
    "heading": _headings,
    "item": partial(_items, "ul", _ITEM),
    "numbered": partial(_items, "ol", _NUMBERED),
    "text": _paragraph,
}


def _is_table(lines: list[str]) -> bool:
    return (
        len(lines) > 1
        and all(line.lstrip().startswith("|") for line in lines)
        and all(_RULE_CELL.match(cell) for cell in _cells(lines[1]))
    )


def _table(lines: list[str]) -> Markup:
    heads, _, *rows = (_cells(line) for line in lines)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(cell)) for cell in heads)
    body = Markup("\n").join(_row(row) for row in rows)
    label = f"Table: {', '.join(cell for cell in heads if cell)}"
    return Markup(
        '<div class="scroll" role="region" tabindex="0" aria-label="{}"><table>'
        "<thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table></div>"
    ).format(label, head, body)


def _row(cells: list[str]) -> Markup:
    first, *others = cells
    texts = Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in others)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(_inline(first), texts)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip() for cell in _CELL_BORDER.split(inner)]


def _marked(sign: str | None, code: str | None, bold: str | None) -> Markup:
    if sign is not None:
        return escape(sign)
    return Markup("<code>{}</code>").format(code) if bold is None else Markup("<strong>{}</strong>").format(bold)


def _inline(text: str) -> Markup:
    """Return text with code and bold; what is not closed, or stands behind a backslash, is text."""
    parts, end = [], 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(_marked(*found.groups()))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
