"""New answers against what was predicted of them: the estimate, the calibration and the ranking."""

from __future__ import annotations

import numpy as np
from scipy import stats

from silentnps.estimation.wording.numbers import interval, points
from silentnps.monitoring.areas import Area, area_of
from silentnps.monitoring.chance import always_valid
from silentnps.monitoring.checks import LEVELS, Check, Level, Setting, level_of, not_judged, signed
from silentnps.monitoring.wave import Answers
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES

FEWEST_ANSWERS = 30
"""Fewer new answers say nothing about a model."""

_BINS = 5
_FEWEST_IN_BIN = 10
_DETRACTOR, _PROMOTER = 0, 2


def check_estimate(before: Answers, now: Answers, setting: Setting) -> Check:
    """Hold the NPS of the new answers to the NPS that was predicted of those who gave them.

    Notes
    -----
    The variance of the difference is that of the new residuals over their number, plus that of the residuals out of
    fold over theirs, as the level of the model was learned from them. That the model leans on chance in other ways
    is left out; a limit of some points covers it.
    """
    if now.n < FEWEST_ANSWERS:
        return not_judged("estimate", few_answers(now.n), n=now.n, n_reference=before.n)
    residuals = now.residuals
    difference = float(residuals.mean())
    # where all answers are alike, they do not tell how answers vary
    expected = float(now.variances.mean()) / now.n
    se = float(np.sqrt(max(_mean_variance(residuals), expected) + _mean_variance(before.residuals)))
    low, high = (difference + sign * _z(setting) * se for sign in (-1, 1))
    p_value = always_valid((difference / se) ** 2 if se > 0 else 0.0, now.n)
    surveyed = float(CLASS_VALUES[now.classes].mean())
    text = (
        f"the new answers have an NPS of {points(surveyed)}, predicted was {points(surveyed - difference)}: "
        f"a difference of {points(difference)} ({interval(low, high)})"
    )
    return Check(
        "estimate",
        level_of(abs(difference), setting.limits, p_value=p_value, alpha=setting.alpha),
        text,
        "difference in points",
        difference,
        low,
        high,
        setting.confidence_level,
        abs(difference),
        setting.limits,
        p_value,
        setting.alpha,
        now.n,
        before.n,
    )


def check_calibration(before: Answers, now: Answers, setting: Setting) -> Check:
    """Hold the shares of detractors and of promoters to their probabilities, in fifths of these.

    The size is the root mean square of the gaps of the bins, without what chance adds to it, and its p-value is
    that of the sum of squared gaps over their variances. Of the two classes the worse counts, and p-values are
    doubled.
    """
    if now.n < FEWEST_ANSWERS or before.n < FEWEST_ANSWERS:
        return not_judged("calibration", few_answers(now.n), n=now.n, n_reference=before.n)
    both = {name: _gaps(before, now, code) for name, code in (("detractor", _DETRACTOR), ("promoter", _PROMOTER))}
    found = {name: gaps for name, gaps in both.items() if len(gaps.of_bin)}
    if not found:
        return not_judged("calibration", few_answers(now.n), n=now.n, n_reference=before.n)
    worst, level, p_value = _worst(found, now.n, setting)
    size, mean = found[worst].size, found[worst].mean
    low, high = (mean + sign * _z(setting) * found[worst].mean_se for sign in (-1, 1))
    text = (
        f"probabilities of a {worst} are off by {size:.3f} in the root mean square of fifths; on average "
        f"{signed(mean, 3)} ({signed(low, 3)} to {signed(high, 3)})"
    )
    return Check(
        "calibration",
        level,
        text,
        "mean gap of probabilities",
        mean,
        low,
        high,
        setting.confidence_level,
        size,
        setting.limits,
        p_value,
        setting.alpha,
        now.n,
        before.n,
    )


def _worst(found: dict[str, _Gaps], n: int, setting: Setting) -> tuple[str, Level, float]:
    """Return the class that raises the highest alarm, its level and its p-value."""
    p_values = {name: min(2 * gaps.p_value(n), 1.0) for name, gaps in found.items()}
    levels = {
        name: level_of(gaps.size, setting.limits, p_value=p_values[name], alpha=setting.alpha)
        for name, gaps in found.items()
    }
    worst = max(found, key=lambda name: (LEVELS.index(levels[name]), found[name].size))
    return worst, levels[worst], p_values[worst]


class _Gaps:
    """The gaps between the observed share of a class and its probability, by bin, with variances and weights."""

    def __init__(self, of_bin: Floats, variances: Floats, weights: Floats, mean: float, mean_se: float) -> None:
        self.of_bin, self.variances, self.weights = of_bin, variances, weights
        self.mean, self.mean_se = mean, mean_se

    @property
    def size(self) -> float:
        return float(np.sqrt(max(np.average(self.of_bin**2 - self.variances, weights=self.weights), 0.0)))

    def p_value(self, n: int) -> float:
        return always_valid(float((self.of_bin**2 / self.variances).sum()), n, df=len(self.of_bin))


def _gaps(before: Answers, now: Answers, code: int) -> _Gaps:
    edges = np.quantile(before.probabilities[:, code], np.linspace(0, 1, _BINS + 1)[1:-1])
    then, later = (np.searchsorted(edges, each.probabilities[:, code]) for each in (before, now))
    old, new = ((each.classes == code) - each.probabilities[:, code] for each in (before, now))
    rows = []
    for k in range(_BINS):
        a, b = old[then == k], new[later == k]
        if min(len(a), len(b)) >= _FEWEST_IN_BIN:
            # the model's own spread, as a bin of few answers may hold one class only
            p = now.probabilities[later == k, code]
            variance = float((p * (1 - p)).mean()) / len(b) + _mean_variance(a)
            rows.append((float(b.mean()), max(variance, 1e-12), float(len(b))))
    table = np.array(rows).reshape(-1, 3)
    se = float(np.sqrt(_mean_variance(new) + _mean_variance(old)))
    return _Gaps(table[:, 0], table[:, 1], table[:, 2], float(new.mean()), se)


def check_ranking(before: Answers, now: Answers, setting: Setting) -> Check:
    """Hold the AUC of detractors among the new answers to that of the training, out of fold; a loss counts."""
    if now.n < FEWEST_ANSWERS:
        return not_judged("ranking", few_answers(now.n), n=now.n, n_reference=before.n)
    if any(_few_of_a_kind(each.classes == _DETRACTOR) for each in (before, now)):
        why = f"too few detractors or others among {now.n:,} new answers"
        return not_judged("ranking", why, n=now.n, n_reference=before.n)
    then, later = (_area(each, setting) for each in (before, now))
    loss, se = then.value - later.value, float(np.hypot(then.se, later.se))
    p_value = always_valid((max(loss, 0.0) / se) ** 2 if se > 0 else 0.0, now.n)
    text = (
        f"AUC of detractors {later.value:.3f} ({later.low:.3f} to {later.high:.3f}), in the training "
        f"{then.value:.3f} ({then.low:.3f} to {then.high:.3f})"
    )
    return Check(
        "ranking",
        level_of(loss, setting.limits, p_value=p_value, alpha=setting.alpha),
        text,
        "AUC",
        later.value,
        later.low,
        later.high,
        setting.confidence_level,
        loss,
        setting.limits,
        p_value,
        setting.alpha,
        now.n,
        before.n,
    )


def _z(setting: Setting) -> float:
    return float(stats.norm.ppf(0.5 + setting.confidence_level / 2))


def few_answers(n: int) -> str:
    """Return why answers are not judged."""
    return f"{n:,} new answers; {FEWEST_ANSWERS} are needed" if n else "there are no new answers"


def _area(answers: Answers, setting: Setting) -> Area:
    scores, detractors = answers.probabilities[:, _DETRACTOR], answers.classes == _DETRACTOR
    return area_of(scores, detractors, confidence_level=setting.confidence_level)


def _few_of_a_kind(kind: Booleans) -> bool:
    return min(int(kind.sum()), int((~kind).sum())) < _FEWEST_IN_BIN


def _mean_variance(values: Floats) -> float:
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else 1e4
