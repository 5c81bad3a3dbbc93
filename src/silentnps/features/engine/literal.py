"""Text of the data inside a page of Markdown: read as the text that it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SIGNS = re.compile(
    r"[\\`*\[\]<>|~$&#+]"
    r"|(?<!\w)_|_(?!\w)"  # not inside of words
    r"|:(?=//|[\w+-]+:)|(?<=www)\.|@"  # links and pictures
    r"|^-"  # a list
)
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def literal(text: object) -> str:
    """Return a text in one line whose signs Markdown does not read.

    Examples
    --------
    >>> print(literal("basic [legacy]|*x*"), literal("two words"))
    basic \\[legacy\\]\\|\\*x\\* two words
    """
    return _SIGNS.sub(r"\\\g<0>", _BREAKS.sub(" ", str(text)))


def code(name: object) -> str:
    """Return a name as code; one that holds a sign that code cannot hold is escaped text.

    Examples
    --------
    >>> print(code("orders_count_90d"), code("a`b"))
    `orders_count_90d` a\\`b
    """
    text = _BREAKS.sub(" ", str(name))
    return literal(text) if "`" in text or "|" in text or text != text.strip() or not text else f"`{text}`"


def markdown_table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of Markdown; cells are Markdown themselves.

    Examples
    --------
    >>> print(markdown_table(["metric", "value"], [["rps", "0.17"]]))
    | metric | value |
    | --- | --- |
    | rps | 0.17 |
    """
    heads = list(heads)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))
