"""Three-valued logic in plain Python, for the second engine: true, false, and None for unknown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def counted(kinds: Iterable[bool | None]) -> float:
    """Return how many are true among the known; unknown if there are some but none is known."""
    listed = list(kinds)
    known = [bool(kind) for kind in listed if not pd.isna(kind)]
    return sum(known) if known or not listed else np.nan


def share(kinds: Iterable[bool | None]) -> float:
    known = [bool(kind) for kind in kinds if not pd.isna(kind)]
    return ratio(sum(known), len(known))


def different(words: pd.Series) -> float:
    known = {word.strip().lower() for word in words.dropna()}
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
    """Return how many of those in a state are of a kind; if none is in it, 0 if that is known for some."""
    listed = list(states)
    inside = [kind for kind, state in zip(kinds, listed, strict=True) if state]
    return counted(inside) if inside else counted(listed)
