"""What the interval of a difference shows: a difference, no difference that matters, or neither."""

from __future__ import annotations

import math
from typing import Literal

Verdict = Literal["contradicts", "agrees", "cannot tell"]

MATTERS = 5.0
"""Differences of fewer NPS points than this do not matter, unless the configuration says otherwise."""


def judge(low: float, high: float, *, matters: float) -> Verdict:
    """Judge a difference by its interval. Finding no difference is not agreement.

    The verdict is "agrees" if the whole interval lies within `matters` of 0 (equivalence by confidence interval,
    Schuirmann 1987, two one-sided tests), "contradicts" if the interval excludes 0 and contains a difference that
    matters, and "cannot tell" otherwise.

    Examples
    --------
    >>> judge(-2, 4, matters=5), judge(3, 9, matters=5), judge(-20, 30, matters=5), judge(1, 4, matters=5)
    ('agrees', 'contradicts', 'cannot tell', 'agrees')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "cannot tell"
    if -matters <= low and high <= matters:
        return "agrees"
    return "cannot tell" if low <= 0.0 <= high else "contradicts"
