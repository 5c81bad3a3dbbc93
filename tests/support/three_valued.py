"""True, false and None for unknown: how the second engine counts what is known of events, in plain Python."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def counted(kinds: Iterable[bool | None]) -> float:
    """How many are true, of those that are known; unknown if there are some, but none is known."""
    every = list(kinds)
    known = [bool(each) for each in every if not pd.isna(each)]
    return sum(known) if known or not every else np.nan


def share(kinds: Iterable[bool | None]) -> float:
    known = [bool(each) for each in kinds if not pd.isna(each)]
    return ratio(sum(known), len(known))


def different(words: pd.Series) -> float:
    known = {each.strip().lower() for each in words.dropna()}
    return len(known) if known or words.empty else np.nan


def happened(frame: pd.DataFrame, column: str, clock: str, as_of: pd.Timestamp) -> list[bool | None]:
    return [
        None if then < since else bool(then < as_of)
        for then, since in zip(frame[column], frame[clock], strict=True)
    ]


def neither(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return False
    return None if first is None or second is None else True


def counted_among(kinds: Iterable[bool | None], states: Iterable[bool | None]) -> float:
    """How many are of a kind, of those in a state; without any in it, 0 if this is known of some of them."""
    every = list(states)
    inside = [kind for kind, state in zip(kinds, every, strict=True) if state]
    return counted(inside) if inside else counted(every)
