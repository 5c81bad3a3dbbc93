"""Ratings on a scale other than 0-10, or given as labels."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, StrictInt, field_validator, model_validator

from silentnps.config.values import Section
from silentnps.schema import NPS_CLASSES

_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
_HIGHEST = 10

AS_THEY_ARE = ("0-10", "1-10")
"""Scales whose ratings count as they are: promoters are 9 and 10 on both."""

READ_AS = {"1-11": "rating - 1", "0-100": "rating / 10"}
"""Scales that express 0-10 in other numbers: positions in the list of its eleven ratings, and per cent."""


class ScaleConfig(Section):
    """The scale of the ratings, and what its values mean where it is not 0-10.

    `from` is the scale that was offered, such as `1-5`. `to` gives for every value of it, or for every label, the
    class (detractor, passive, promoter) or the rating 0-10. Without `to` the scale must be 0-10 or 1-10, whose
    ratings count as they are, 1-11 (positions in the list 0 to 10) or 0-100 (per cent of 10).
    """

    offered: str | None = Field(default=None, alias="from")
    to: dict[str, str | StrictInt] = Field(default_factory=dict)

    @field_validator("offered", mode="before")
    @classmethod
    def _tidy(cls, offered: Any) -> Any:
        ends = _RANGE.fullmatch(str(offered).strip()) if offered is not None else None
        if offered is None or ends is None or int(ends[1]) >= int(ends[2]):
            raise ValueError("must be the lowest and the highest rating, such as 1-5")
        return f"{int(ends[1])}-{int(ends[2])}"

    @field_validator("to", mode="before")
    @classmethod
    def _keys_as_text(cls, to: Any) -> Any:
        return {key_of(key): value for key, value in to.items()} if isinstance(to, dict) else to

    @field_validator("to")
    @classmethod
    def _classes_or_ratings(cls, to: dict[str, str | int]) -> dict[str, str | int]:
        for value in to.values():
            if value not in NPS_CLASSES and not (type(value) is int and 0 <= value <= _HIGHEST):
                raise ValueError(f"must map to {', '.join(NPS_CLASSES)}, or to whole numbers 0 to {_HIGHEST}")
        if len({isinstance(value, str) for value in to.values()}) > 1:
            raise ValueError("must map to classes, or to ratings, not to some of both")
        return to

    @model_validator(mode="after")
    def _complete(self) -> ScaleConfig:
        if self.offered is None and not self.to:
            raise ValueError("must have `from`, `to` or both")
        if self.offered is not None and self.to:
            missing = [value for value in range(*self._ends()) if str(value) not in self.to]
            if missing:
                raise ValueError(
                    f"`to` must say what every rating of {self.offered} means; {missing[0]} is missing"
                )
        if self.offered is not None and not self.to and self.offered not in (*AS_THEY_ARE, *READ_AS):
            raise ValueError(
                f"`to` must say what the ratings of {self.offered} mean, such as"
                f" `{{from: {self.offered}, to: {self._example()}}}`"
            )
        return self

    def _ends(self) -> tuple[int, int]:
        low, high = str(self.offered).split("-")
        return int(low), int(high) + 1

    def _example(self) -> str:
        return example_of(str(self.offered))


def example_of(scale: str) -> str:
    """Return a mapping of a short scale as an example to edit: a promoter, a passive, and detractors below.

    Examples
    --------
    >>> example_of("1-5")
    '{1: detractor, 2: detractor, 3: detractor, 4: passive, 5: promoter}'
    """
    low, high = (int(end) for end in scale.split("-"))
    classes = {high: NPS_CLASSES[2], high - 1: NPS_CLASSES[1]}
    return "{" + ", ".join(f"{value}: {classes.get(value, NPS_CLASSES[0])}" for value in range(low, high + 1)) + "}"


def key_of(value: object) -> str:
    """Return the key under which a value or label is looked up: blanks collapsed, case folded, 4.0 as 4.

    Examples
    --------
    >>> key_of(" Very  Likely "), key_of(4.0), key_of("4.5")
    ('very likely', '4', '4.5')
    """
    text = " ".join(str(value).split()).casefold()
    try:
        return f"{float(text.replace(',', '.')):g}"
    except ValueError:
        return text
