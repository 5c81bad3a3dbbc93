"""What a written rating says: a number, a number of so many, a share in per cent, or the word of a class."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_OF = r"(?:/|out of|of|von|aus|sur|de|di|su)"
_VALUE = rf"(?P<number>{_NUMBER})(?:\s*(?P<percent>%|per ?cent|prozent)|\s*{_OF}\s*(?P<out_of>\d+))?"
_LABEL = r"(?P<label>[^\W\d_][^\d]*?)"
_BETWEEN = r"\s*[-–—:=.,;|)(]+\s*"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_VALUE}",
        rf"\(?{_VALUE}(?:{_BETWEEN}|\s+){_LABEL}\)?",
        rf"{_LABEL}{_BETWEEN}{_VALUE}\)?",
    )
)
"""10, 7/10 or 70 %; then 10 - Extremely likely or (10) Extremely likely; then Extremely likely (10)."""

_MONTHS = frozenset(
    ("jan", "feb", "mar", "mär", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec", "dez")
)
"""A spreadsheet makes 7-Oct of 7/10: the label is a month, and which of the two was the rating nobody knows."""

_CLASSES = {
    **dict.fromkeys(("detractor", "detractors", "detraktor", "detraktoren", "détracteur", "détracteurs"), 0),
    **dict.fromkeys(("passive", "passives", "neutral", "neutrals", "passiv", "passif", "passifs"), 1),
    **dict.fromkeys(("promoter", "promoters", "promotor", "promotoren", "promoteur", "promoteurs"), 2),
}
_RANGE = re.compile(r"\s*[(:\[-]?\s*\d+\s*(?:-|–|to|bis)\s*\d+\s*[)\]]?$")

_LONGEST = 200
"""Characters of a rating with its words. A search in a much longer text would take for ever."""


@dataclass(frozen=True)
class Written:
    """One way in which a rating is written.

    `number` is as written, of `out_of` where that is named; `nps_class` is 0, 1, 2 where a class is written in
    place of a number; `label` the words beside a number.
    """

    number: float | None = None
    out_of: int | None = None
    is_percent: bool = False
    nps_class: int | None = None
    label: str = ""


def read_notation(text: str) -> Written | None:
    """Return what a rating says; None where that is not clear.

    Examples
    --------
    >>> read_notation("10 - Extremely likely").number, read_notation("7/10").out_of, read_notation("9,0").number
    (10.0, 10, 9.0)
    >>> read_notation("Promoters (9-10)").nps_class, read_notation("7-Oct"), read_notation("12a")
    (2, None, None)
    """
    plain = " ".join(text.split())
    if len(plain) > _LONGEST:
        return None
    word = _RANGE.sub("", plain).casefold()
    if word in _CLASSES:
        return Written(nps_class=_CLASSES[word])
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is not None:
            return _of_parts(match.groupdict())
    return None


def _of_parts(parts: dict[str, str | None]) -> Written | None:
    label, out_of = parts.get("label") or "", parts["out_of"]
    if label.casefold()[:3] in _MONTHS and " " not in label:
        return None
    number = float((parts["number"] or "").replace(",", "."))
    if not math.isfinite(number):
        return None
    return Written(number, None if out_of is None else int(out_of), parts["percent"] is not None, label=label)
