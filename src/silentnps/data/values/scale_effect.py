"""What mapping a scale to 0-10 or to classes does to the NPS, in the shares of its values before and after."""

from __future__ import annotations

from collections.abc import Mapping

_PASSIVE, _PROMOTER = 7, 9
_CLASSES = ("detractor", "passive", "promoter")
_MOST_SHOWN = 11


def effect_of(counts: Mapping[str, int], ratings: Mapping[str, int]) -> str:
    """Return the shares of each value and of each class, the NPS, and what one border elsewhere would make of it.

    Parameters
    ----------
    counts
        Answers by value, as `key_of` writes it; at least one.
    ratings
        The rating 0-10 of each value, or the one that represents its class.

    Examples
    --------
    >>> print(effect_of({"3": 2, "4": 5, "5": 3}, {"3": 3, "4": 7, "5": 9}))
    Shares before: 3: 20 %, 4: 50 %, 5: 30 %; after: detractor 20 %, passive 50 %, promoter 30 %, NPS +10.0. \
It rests on the mapping: with 4 as promoter it would be +60.0, with 4 as detractor -40.0.
    """
    n = sum(counts.values())
    ordered = sorted(counts, key=lambda value: (ratings[value], value))
    by_class = [sum(counts[value] for value in counts if _class_of(ratings[value]) == code) for code in range(3)]
    nps = 100 * (by_class[2] - by_class[0]) / n
    before = ", ".join(f"{value}: {100 * counts[value] / n:.0f} %" for value in ordered[:_MOST_SHOWN])
    more = f" and {len(ordered) - _MOST_SHOWN} more" if len(ordered) > _MOST_SHOWN else ""
    after = ", ".join(f"{name} {100 * k / n:.0f} %" for name, k in zip(_CLASSES, by_class, strict=True))
    moved = _moved([value for value in ordered if _class_of(ratings[value]) == 1], counts, nps, n)
    return f"Shares before: {before}{more}; after: {after}, NPS {nps:+.1f}.{moved}"


def _moved(passives: list[str], counts: Mapping[str, int], nps: float, n: int) -> str:
    """Return the NPS with the highest passive value as promoter, and with the lowest as detractor."""
    if not passives:
        return " No value is passive."
    up, down = passives[-1], passives[0]
    return (
        f" It rests on the mapping: with {up} as promoter it would be {nps + 100 * counts[up] / n:+.1f}, with"
        f" {down} as detractor {nps - 100 * counts[down] / n:+.1f}."
    )


def _class_of(rating: int) -> int:
    return (rating >= _PASSIVE) + (rating >= _PROMOTER)
