"""What the interval of a difference can say: that there is one, that there is none that matters, or neither."""

from __future__ import annotations

import math
from typing import Literal

Verdict = Literal["contradicts", "agrees", "cannot tell"]

MATTERS = 5.0
"""A difference of fewer NPS points than this matters to nobody, if the configuration says nothing else."""


def judged(low: float, high: float, *, matters: float) -> Verdict:
    """Judge a difference by its interval: silence about a difference is no agreement.

    It agrees where the whole interval lies within `matters` on both sides of 0 (equivalence by confidence interval,
    Schuirmann 1987, two one-sided tests), contradicts where the interval leaves out 0 and holds a difference that
    matters, and else cannot tell.

    Examples
    --------
    >>> judged(-2, 4, matters=5), judged(3, 9, matters=5), judged(-20, 30, matters=5), judged(1, 4, matters=5)
    ('agrees', 'contradicts', 'cannot tell', 'agrees')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "cannot tell"
    if -matters <= low and high <= matters:
        return "agrees"
    return "cannot tell" if low <= 0.0 <= high else "contradicts"
