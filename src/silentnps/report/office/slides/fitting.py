"""Whether a text fits into a box of a slide: lines are counted as in a wide font, so that others fit too."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

_WIDTH_EM = 0.56
_BOLD = 1.15
_LINE_EM = 1.22
_POINTS_PER_INCH = 72
_BETWEEN = 0.35
_LEAST_CHARACTERS = 3
_MORE = "More in the notes."


def n_lines(text: str, *, size: float, width: float) -> int:
    """Return how many lines a paragraph takes at a font size in points, in a box `width` inches wide.

    A word that is longer than a line begins on a line of its own.
    """
    most = characters(size=size, width=width)
    return max(len(textwrap.wrap(text, most)) + sum(len(word) > most for word in text.split()), 1)


def characters(*, size: float, width: float) -> int:
    """Return how many characters fit on a line.

    Examples
    --------
    >>> characters(size=12, width=4)
    42
    """
    return max(int(width * _POINTS_PER_INCH / (size * _WIDTH_EM)), 4)


def breaks_words(text: str, *, size: float, width: float) -> bool:
    """Return whether a word is longer than a line of bold text."""
    longest = max(map(len, text.split()), default=0)
    return longest * _BOLD > characters(size=size, width=width)


def height_of(paragraphs: Sequence[str], *, size: float, width: float) -> float:
    """Return the height of paragraphs in inches, with the gaps between them."""
    lines = sum(n_lines(text, size=size, width=width) for text in paragraphs)
    gaps = _BETWEEN * max(len(paragraphs) - 1, 0)
    return (lines * _LINE_EM + gaps) * size / _POINTS_PER_INCH


def fitted(
    paragraphs: Sequence[str], *, sizes: Sequence[float], width: float, height: float
) -> tuple[float, list[str]]:
    """Return the largest font size at which paragraphs fit, and as many of them as fit at the smallest.

    Examples
    --------
    >>> fitted(["short"], sizes=(16, 12), width=3, height=1)
    (16, ['short'])
    >>> fitted(["long " * 30] * 3, sizes=(16, 12), width=3, height=1.4)[1][1:]
    ['More in the notes.']
    """
    for size in sizes:
        if height_of(paragraphs, size=size, width=width) <= height:
            return size, list(paragraphs)
    smallest = sizes[-1]
    kept = list(paragraphs)
    while kept and height_of([*kept, _MORE], size=smallest, width=width) > height:
        kept.pop()
    return smallest, [*kept, _MORE]


def cut(text: str, *, size: float, width: float, lines: int) -> str:
    """Return a text cut to a number of lines.

    Examples
    --------
    >>> cut("a rather long name of a segment", size=12, width=1, lines=1)
    'a rather…'
    """
    if n_lines(text, size=size, width=width) <= lines:
        return text
    most = characters(size=size, width=width) * lines - lines
    while True:
        shortened = textwrap.shorten(text, most, placeholder="…")
        shown = shortened if shortened != "…" else text[: most - 1] + "…"
        if most <= _LEAST_CHARACTERS or n_lines(shown, size=size, width=width) <= lines:
            return shown
        most -= 1
