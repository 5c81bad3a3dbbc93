"""Whether ratings can be on the scale 0-10, and which other scale they look like.

Five stars read as 0-10 make every customer a detractor. A scale is doubted where so many answers leave out a
part of it that even very unhappy customers would hardly do so; few answers leave out much by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

_LEAST_ABOVE = {9: 0.03, 8: 0.03, 7: 0.04, 6: 0.06, 5: 0.08}
"""Share of answers above a rating that even a very unhappy survey has; below 5 a tenth."""

_LEAST_OF_FEW = 0.1
_HALF_OF_NEIGHBOUR = 0.5
"""Ratings beyond the highest one seen are taken to be at least half as many as that one."""

_BY_CHANCE = 1e-4
"""A scale is doubted where a survey on 0-10 would look like this in at most 1 of 10,000 cases."""

_FEWEST_VALUES = 3
"""Of fewer different ratings nobody can say on which scale they are."""

_ODD_SHARE = 0.2
_NO_ZERO_SHARE, _HINT_LEVEL = 0.005, 0.05
_OTHER_SHARE = 0.01
_HIGHEST, _PERCENT = 10, 100
_CODES = ({-1.0, 0.0, 1.0}, {-100.0, 0.0, 100.0})


@dataclass(frozen=True)
class Doubt:
    """Why ratings are hardly on the scale 0-10: the likely `scale`, in figures that can be declared, and `why`.

    `is_error` is false where only a hint is due: the classes are hardly touched. `may_be_right` says that the
    values themselves are those of 0-10.
    """

    scale: str
    why: str
    is_error: bool = True
    may_be_right: bool = False


def doubt_of(counts: Mapping[float, int]) -> Doubt | None:
    """Return the doubt about ratings of which `counts` says how often each number is there; None without one.

    One number of each class is not doubted: it stands for the class.

    Nothing above M is doubted where (1 - s)^n < 0.0001, with n answers and s the share above M that is to be
    expected: half of the share of M itself, at least 3 % above 8 and 9, 4 % above 7, 6 % above 6, 8 % above 5 and
    10 % above less; and at least three different ratings, four where the highest is 7 or more. No 0 with many a 1
    is doubted likewise.

    Examples
    --------
    >>> doubt_of({1: 10, 2: 10, 3: 30, 4: 60, 5: 90}).scale
    '1-5'
    >>> doubt_of({0: 12, 1: 5, 2: 4, 3: 2, 5: 2}) is None
    True
    """
    known = {float(value): n for value, n in counts.items() if n > 0}
    n = sum(known.values())
    if n == 0 or _stand_for_classes(known):
        return None
    for rule in (_codes, _below_zero, _fractions, _beyond_ten, _steps, _nothing_above, _no_zero):
        doubt = rule(known, n)
        if doubt is not None:
            return doubt
    return None


def _stand_for_classes(known: Mapping[float, int]) -> bool:
    """Return whether ratings are one of each class, as people write them who have only the class (0, 7, 9)."""
    classes = sorted((value >= 7) + (value >= 9) for value in known)
    return classes == [0, 1, 2] and _is_on_scale(known)


def _codes(known: Mapping[float, int], n: int) -> Doubt | None:
    for codes in _CODES:
        if min(codes) in known and set(known) <= codes:
            named = ", ".join(f"{code:g}" for code in sorted(codes))
            return Doubt(named, f"all {n} answers are {named}, which are values of detractor, passive and promoter")
    return None


def _below_zero(known: Mapping[float, int], n: int) -> Doubt | None:
    """Doubt ratings around 0, such as -5 to 5; a few below 0 beside 0-10 are marks of missing ones."""
    below = sum(count for value, count in known.items() if value < 0)
    highest, lowest = max(known), min(known)
    if below < max(2, _OTHER_SHARE * n) or (highest > _HIGHEST / 2 and highest != -lowest):
        return None
    return Doubt(f"{lowest:g} to {highest:g}", f"{below} of {n} answers are below 0, none is above {highest:g}")


def _fractions(known: Mapping[float, int], n: int) -> Doubt | None:
    broken = {value: count for value, count in known.items() if value != math.floor(value)}
    if not broken:
        return None
    highest = math.ceil(max(known))
    halves = all(value * 2 == math.floor(value * 2) for value in known)
    what = "half points" if halves else "fractions, such as means of several questions"
    scale = (
        f"0.5-{highest}" if halves and highest <= 5 else f"0-{highest} in {'half points' if halves else 'parts'}"
    )
    return Doubt(scale, f"{sum(broken.values())} of {n} answers have {what}")


def _beyond_ten(known: Mapping[float, int], n: int) -> Doubt | None:
    beyond = sum(count for value, count in known.items() if value > _HIGHEST)
    highest, lowest = max(known), min(known)
    if lowest < 0 or highest > _PERCENT or beyond < max(2, _OTHER_SHARE * n):
        return None  # single ones are wrong values, which are refused by their rows
    scale = "1-11" if highest == _HIGHEST + 1 and lowest >= 1 else "0-100"
    return Doubt(scale, f"{beyond} of {n} answers are above {_HIGHEST}, up to {highest:g}")


def _steps(known: Mapping[float, int], n: int) -> Doubt | None:
    if not _is_on_scale(known) or len(known) < 4 or any(value % 2 for value in known):
        return None
    if (1 - _ODD_SHARE) ** n >= _BY_CHANCE:
        return None
    return Doubt(
        "1-5", f"none of {n} answers is an odd number: that looks like five steps, doubled", may_be_right=True
    )


def _nothing_above(known: Mapping[float, int], n: int) -> Doubt | None:
    highest = int(max(known))
    few_values = len(known) < (_FEWEST_VALUES if highest < 7 else _FEWEST_VALUES + 1)
    if not _is_on_scale(known) or highest == _HIGHEST or few_values:
        return None
    expected = max(_LEAST_ABOVE.get(highest, _LEAST_OF_FEW), _HALF_OF_NEIGHBOUR * known[highest] / n)
    if (1 - expected) ** n >= _BY_CHANCE:
        return None
    no_zero = min(known) >= 1
    # Nobody offers 1 to 9; 0 to 9 are the places in a list of 1 to 10.
    scale = f"1-{highest}" if no_zero and highest < _HIGHEST - 1 else f"0-{highest}"
    why = f"none of {n} answers is above {highest}{' and none below 1' if no_zero else ''}"
    return Doubt(scale, why, may_be_right=True)


def _no_zero(known: Mapping[float, int], n: int) -> Doubt | None:
    if not _is_on_scale(known) or min(known) < 1:
        return None
    ones = known.get(1.0, 0)
    # The classes of 1-10 are those of 0-10, so neither is an error.
    if (1 - _HALF_OF_NEIGHBOUR * ones / n) ** n < _BY_CHANCE:
        return Doubt("1-10", f"none of {n} answers is 0, though {ones} are 1", is_error=False, may_be_right=True)
    if (1 - _NO_ZERO_SHARE) ** n < _HINT_LEVEL:
        return Doubt("1-10", f"none of {n} answers is 0", is_error=False, may_be_right=True)
    return None


def _is_on_scale(known: Mapping[float, int]) -> bool:
    return min(known) >= 0 and max(known) <= _HIGHEST
