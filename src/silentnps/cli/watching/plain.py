"""A console on which text is text: nothing of the data styles, hides or moves what is printed."""

from __future__ import annotations

import re
from typing import Any

from rich.console import Console
from rich.text import Text

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control signs (all but tab and new line), separators of lines, turns of direction, and halves of signs."""


class PlainConsole(Console):
    """A console that knows no markup and no names of pictures, and shows signs that nobody can see.

    What is to be styled is a `rich.text.Text`, or has a `style`.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a string as text, as it is."""
        return super().render_str(shown(text), **options)


def shown(text: str) -> str:
    """Return a text with signs that nobody can see written out.

    Examples
    --------
    >>> shown("basic [legacy]"), shown("a\\x1b[31mb")
    ('basic [legacy]', 'a\\\\x1b[31mb')
    """
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
