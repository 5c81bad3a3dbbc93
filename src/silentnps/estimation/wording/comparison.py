"""Which segments differ, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from silentnps.counts import counted
from silentnps.estimation.wording.numbers import joined

_MOST_NAMED = 5
_OTHERS = "(the others)"


def describe_comparison(differences: pd.DataFrame, segmentation: str) -> str:
    """Return which segments of a segmentation differ, and the smallest difference that would have been seen.

    `differences` is the table of `silentnps.estimation.comparison.segments.compare_segments`.

    Examples
    --------
    >>> row = {"segmentation": "region", "segment": "north", "other": "(the others)", "difference": 12.2}
    >>> row |= {"joint_low": 5.1, "joint_high": 19.3, "differs": True, "detectable": 9.6}
    >>> print(describe_comparison(pd.DataFrame([row]), "region"))
    region: north is 12 points above the others (5 to 19). Smaller differences than about 10 points would often \
have been missed.
    """
    rows = differences[differences["segmentation"] == segmentation]
    if rows.empty:
        return f"{segmentation}: fewer than two segments can be compared."
    found = rows[rows["differs"].astype(bool)]
    return f"{segmentation}: {_found(found, len(rows))} {_seen(rows)}"


def _found(found: pd.DataFrame, n: int) -> str:
    named = [difference_in_words(row) for row in found.head(_MOST_NAMED).to_dict("records")]
    left, unnamed = n - len(found), len(found) - len(named)
    if unnamed:
        named.append(f"{unnamed:,} more differ")
    if not named:
        return f"none of {counted(n, 'difference')} can be told from chance." if n > 1 else _alone()
    text = f"{joined(named)}."
    if left == 0:
        return text
    return f"{text} {_capital(counted(left, 'other difference'))} cannot be told from chance."


def _alone() -> str:
    return "the difference cannot be told from chance."


def difference_in_words(row: Mapping[Any, Any]) -> str:
    """Return a difference with its joint interval, such as "north is 12 points above the others (5 to 19)"."""
    size, low, high = row["difference"], row["joint_low"], row["joint_high"]
    above = size >= 0
    ends = (low, high) if above else (-high, -low)
    other = "the others" if row["other"] == _OTHERS else row["other"]
    words = f"{row['segment']} is {_whole(abs(size))} points {'above' if above else 'below'} {other}"
    return f"{words} ({_whole(ends[0])} to {_whole(ends[1])})"


def _seen(rows: pd.DataFrame) -> str:
    least, most = rows["detectable"].min(), rows["detectable"].max()
    if round(least) == round(most):
        return f"Smaller differences than about {_whole(least)} points would often have been missed."
    return (
        f"Smaller differences than about {_whole(least)} points ({_whole(most)} in the smallest segments) would "
        "often have been missed."
    )


def _whole(value: float) -> str:
    """Return a number without decimals, with one where it is below 1.

    >>> _whole(12.6), _whole(0.44), _whole(-0.2)
    ('13', '0.4', '-0.2')
    """
    return f"{value:.1f}" if abs(value) < 1 else f"{value:.0f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
