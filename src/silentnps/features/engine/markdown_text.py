"""Text from the data in a page of Markdown, escaped so that it is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SIGNS = re.compile(
    r"[\\`*\[\]<>|~$&#+]"
    r"|(?<!\w)_|_(?!\w)"  # not within words
    r"|:(?=//|[\w+-]+:)|(?<=www)\.|@"  # links and images
    r"|^-"  # a list
)
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def literal(text: object) -> str:
    """Return a text on one line, with the characters that mean something in Markdown escaped.

    Examples
    --------
    >>> print(literal("basic [legacy]|*x*"), literal("two words"))
    basic \\[legacy\\]\\|\\*x\\* two words
    """
    return _SIGNS.sub(r"\\\g<0>", _BREAKS.sub(" ", str(text)))


def code(name: object) -> str:
    """Return a name as inline code, or as escaped text if it has characters that inline code cannot have.

    Examples
    --------
    >>> print(code("orders_count_90d"), code("a`b"))
    `orders_count_90d` a\\`b
    """
    text = _BREAKS.sub(" ", str(name))
    return literal(text) if "`" in text or "|" in text or text != text.strip() or not text else f"`{text}`"


def markdown_table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown; the cells may be Markdown too.

    Examples
    --------
    >>> print(markdown_table(["metric", "value"], [["rps", "0.17"]]))
    | metric | value |
    | --- | --- |
    | rps | 0.17 |
    """
    heads = list(heads)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))
