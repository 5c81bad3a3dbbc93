"""The logit shift: the scores of a group, moved by one step so that their mean is the group's published NPS."""

from __future__ import annotations

import numpy as np

from silentnps.errors import DataError
from silentnps.numerics.arrays import Floats

_FURTHEST = 100.0
"""A step beyond which no float64 score moves any further."""

_TOLERANCE = 1e-11
_MOST_STEPS = 300


def shifted(expected: Floats, step: Floats | float) -> Floats:
    """Return expected NPS (points, any shape) whose logits are moved by `step` (log odds, broadcast).

    An expected NPS e corresponds to the share u = (e + 100) / 200, which is P(promoter) + P(passive) / 2. The new
    share has the odds u / (1 - u) * exp(step). Values stay in [-100, 100] and, under a common step, in order.
    Values of -100 and 100 do not move, and a step of 0 moves nothing.

    Notes
    -----
    Rosenman, McCartan and Olivella (2023), Political Analysis 31(4): close to conditioning each prediction on the
    total of its group. Tilting the three classes by a common step would not preserve the order: of two customers
    with the same expected NPS, the one with the lower P(passive) moves further.

    Examples
    --------
    >>> shifted(np.array([-100.0, 0.0, 50.0]), np.log(3.0)).round(6).tolist()
    [-100.0, 50.0, 80.0]
    """
    up = (expected + 100.0) * np.exp(step)
    down = 100.0 - expected
    with np.errstate(divide="ignore"):  # each operation preserves order, and so does the whole
        moved = 200.0 / (1.0 + down / up) - 100.0
    return np.where(np.equal(step, 0.0), expected, moved)


def fit_shift(expected: Floats, target: float) -> float:
    """Return the step by which the mean of `shifted(expected, step)` is `target` to 1e-10.

    Parameters
    ----------
    expected
        Expected NPS of the customers of a group in points, shape (n,), n > 0.
    target
        The NPS that the scores must average to, in points.

    Raises
    ------
    DataError
        If no step reaches the target: it is outside [-100, 100], or the scores are certain (-100 or 100) and
        cannot move.
    """
    lowest, highest = (float(shifted(expected, end).mean()) for end in (-_FURTHEST, _FURTHEST))
    if not lowest - _TOLERANCE <= target <= highest + _TOLERANCE:
        raise DataError(
            f"a published NPS must be within reach of its scores, {lowest:g} to {highest:g}; got {target:g}. "
            "Look at the probabilities of these customers."
        )
    low, high, step, before = -_FURTHEST, _FURTHEST, 0.0, np.inf
    for _ in range(_MOST_STEPS):
        gap, slope = _gap_and_slope(expected, target, step)
        if abs(gap) <= _TOLERANCE:
            break
        low, high = (step, high) if gap < 0 else (low, step)
        by_newton = step - gap / slope if slope > 0 else np.inf
        # take Newton's step only if the last one halved the gap and it stays inside the bracket; else bisect
        safe = low < by_newton < high and abs(gap) <= 0.5 * before
        step, before = by_newton if safe else 0.5 * (low + high), abs(gap)
    return step


def _gap_and_slope(expected: Floats, target: float, step: float) -> tuple[float, float]:
    moved = shifted(expected, step)
    return float(moved.mean()) - target, float(((100.0 + moved) * (100.0 - moved)).mean()) / 200.0
