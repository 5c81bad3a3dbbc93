"""The interval to expect for silent customers before any model is trained: a planning formula.

The variance of the NPS of silent customers is taken as

    V D / n  +  1 / (1 / S^2 + n / (K V))

with V the variance of -100, 0 and +100 among the n answers and D = 1.5 the design effect of weighting them. The
second term is what is not known of who answers: S is the standard deviation that the prior of the selection model
alone gives the NPS of silent customers, by the delta method, and n / (K V) is what the answers say about
selection. K depends on how well features tell satisfaction. It was read off measured intervals: about 2 where they
tell it well (area under the curve of detractors 0.88, 2,600 answers), about 8 in the simulated retailer (600 and
2,600 answers), about 25 where they hardly tell it (0.61, 3,400 answers).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

SIGNALS = {"strong": 2.0, "typical": 8.0, "weak": 25.0}
"""K by how well features tell satisfaction."""

FEWEST_ANSWERS = 30
"""Fewer answers are refused by the training."""

_DESIGN_EFFECT = 1.5
_BETWEEN_SEGMENTS = 10.0
_PRIOR_CORRELATION = -0.5
_WIDEST = 100.0


@dataclass(frozen=True)
class ExpectedInterval:
    """Half the width of the interval in points, if features tell satisfaction well, as usual, or hardly."""

    strong: float
    typical: float
    weak: float


def expected_interval(
    counts: Sequence[int], *, prior_sd: float, confidence_level: float = 0.95
) -> ExpectedInterval | None:
    """Return the interval to expect of silent customers from the numbers of detractors, passives and promoters.

    None with fewer than 30 answers, or answers of one class. `prior_sd` is `estimation.selection_prior_sd`.

    Examples
    --------
    >>> expected = expected_interval([650, 780, 1170], prior_sd=0.5)
    >>> round(expected.strong, 1), round(expected.typical, 1), round(expected.weak, 1)
    (5.8, 9.5, 15.5)
    """
    n, variance = sum(counts), variance_of_answers(counts)
    if n < FEWEST_ANSWERS or variance <= 0:
        return None
    own = _DESIGN_EFFECT * variance / n
    return _of_signals(own, counts, prior_sd, confidence_level)


def expected_segment_interval(
    counts: Sequence[int], n_segment: int, *, prior_sd: float, confidence_level: float = 0.95
) -> ExpectedInterval | None:
    """Return the interval to expect of silent customers of a segment; `counts` are of the wave.

    Selection is learned from all answers. The segment's own answers are combined with those of the others, whose
    NPS is taken to differ by 10 points (standard deviation).
    """
    n, variance = sum(counts), variance_of_answers(counts)
    if n < FEWEST_ANSWERS or variance <= 0:
        return None
    own = 1.0 / (n_segment / (_DESIGN_EFFECT * variance) + 1.0 / _BETWEEN_SEGMENTS**2)
    return _of_signals(own, counts, prior_sd, confidence_level)


def answers_needed(
    counts: Sequence[int], half_width: float, *, prior_sd: float, confidence_level: float = 0.95
) -> int:
    """Return how many answers, in the classes' shares of `counts`, make half the expected interval so wide.

    It is that of features that tell satisfaction as usual. There are answers of more than one class.

    Examples
    --------
    >>> answers_needed([650, 780, 1170], 9.6, prior_sd=0.5)
    2560
    """
    n = sum(counts)
    shares = [count / n for count in counts]

    def is_enough(answers: int) -> bool:
        own = _DESIGN_EFFECT * variance_of_answers(counts) / answers
        of_answers = [share * answers for share in shares]
        return _of_signals(own, of_answers, prior_sd, confidence_level).typical <= half_width

    most = 1
    while not is_enough(most):
        most *= 2
    return bisect_left(range(most), True, key=is_enough, lo=1)


def variance_of_answers(counts: Sequence[float]) -> float:
    """Return the variance of -100, 0 and +100 among the answers; 0 without answers.

    Examples
    --------
    >>> variance_of_answers([50, 0, 50])
    10000.0
    """
    n = sum(counts)
    if n == 0:
        return 0.0
    detractors, promoters = counts[0] / n, counts[2] / n
    return 1e4 * (detractors + promoters - (promoters - detractors) ** 2)


def _of_signals(own: float, counts: Sequence[float], prior_sd: float, confidence_level: float) -> ExpectedInterval:
    n, variance = sum(counts), variance_of_answers(counts)
    z = NormalDist().inv_cdf(0.5 + confidence_level / 2)
    prior = _prior_variance(counts, prior_sd)

    def half_width(k: float) -> float:
        selection = 0.0 if prior == 0 else 1.0 / (1.0 / prior + n / (k * variance))
        return min(z * math.sqrt(own + selection), _WIDEST)

    return ExpectedInterval(*(half_width(SIGNALS[name]) for name in ("strong", "typical", "weak")))


def _prior_variance(counts: Sequence[float], prior_sd: float) -> float:
    """Return the variance that the prior of gamma gives the NPS after the tilt, to first order."""
    n = sum(counts)
    detractors, promoters = counts[0] / n, counts[2] / n
    nps = promoters - detractors
    by_detractor, by_promoter = -100 * detractors * (1 + nps), 100 * promoters * (1 - nps)
    crossed = 2 * _PRIOR_CORRELATION * by_detractor * by_promoter
    return prior_sd**2 * (by_detractor**2 + by_promoter**2 + crossed)
