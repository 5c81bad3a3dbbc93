"""The colours of the page, for charts outside it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files


@cache
def page_colours() -> dict[str, str]:
    """Return the colours of the page on light ground by their names in its style sheet, as six hexadecimal digits.

    Examples
    --------
    >>> page_colours()["page"]
    'FFFFFF'
    """
    style = files("silentnps.report").joinpath("style.css").read_text(encoding="utf-8")
    light = style[: style.index("@media")]
    return {name: digits.upper() for name, digits in re.findall(r"--([a-z-]+): #([0-9a-f]{6});", light)}
