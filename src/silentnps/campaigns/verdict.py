"""What the data say of an outcome: the campaign moved it, no effect was seen, or they cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from silentnps.campaigns.differences import Difference
from silentnps.campaigns.outcomes import Outcome

Verdict = Literal["more", "less", "none seen", "cannot tell"]


@dataclass(frozen=True)
class Effect:
    """The effect on one outcome, its placebo, and the verdict.

    `placebo` is the same difference one window earlier, where there can be no effect; None where data do not reach
    back. `p_holm` is the p-value corrected for the number of outcomes. `because` says why the data cannot tell.
    `n_treated` and `n_untreated` count customers, of a survey the fewer of the answers before and after.
    """

    outcome: Outcome
    difference: Difference
    placebo: Difference | None
    p_holm: float
    confidence_level: float
    n_treated: int
    n_untreated: int
    levels: tuple[float, float, float, float]
    verdict: Verdict
    because: str


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in corrected]


def judge(
    difference: Difference, placebo: Difference | None, p_holm: float, confidence_level: float
) -> tuple[Verdict, str]:
    """Return the verdict, and why the data cannot tell (empty where they can)."""
    if placebo is None:
        return "cannot tell", "the data do not reach back to check that both groups moved alike before it"
    low, high = placebo.interval(confidence_level)
    if not low <= 0.0 <= high:
        return "cannot tell", "the groups already moved apart before it"
    low, high = difference.interval(confidence_level)
    if low <= 0.0 <= high:
        return "none seen", ""
    if p_holm > 1.0 - confidence_level:
        return "cannot tell", "among so many outcomes one would move as much by chance"
    return ("more" if difference.value > 0.0 else "less"), ""
