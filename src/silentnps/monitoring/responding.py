"""Who answers: the answer rate, and the mix of those who answer, against the wave of the training."""

from __future__ import annotations

import numpy as np
from scipy import stats

from silentnps.monitoring.answers import FEWEST_ANSWERS, few_answers
from silentnps.monitoring.chance import always_valid
from silentnps.monitoring.checks import Check, Setting, level_of, not_judged, signed
from silentnps.monitoring.columns import Moved, compare_counts
from silentnps.monitoring.drift import FEWEST_ROWS
from silentnps.monitoring.wave import Asked
from silentnps.numerics.arrays import Floats, Integers

_FEWEST_EXPECTED = 5.0


def check_answer_rate(before: Asked, now: Asked, setting: Setting) -> Check:
    """Compare the share of those asked who answered; the size is its change as a share of the rate before.

    The p-value is that of two independent shares. A customer who answered once is likelier to answer again, which
    makes the real p-value smaller.
    """
    if min(before.n, now.n) < FEWEST_ROWS:
        why = f"{now.n:,} customers were asked long enough ago; {FEWEST_ROWS} are needed"
        return not_judged("answer rate", why, n=now.n, n_reference=before.n)
    then, later = (float(each.answered.mean()) for each in (before, now))
    pooled = (before.answered.sum() + now.answered.sum()) / (before.n + now.n)
    variance = pooled * (1 - pooled) * (1 / before.n + 1 / now.n)
    p_value = always_valid((later - then) ** 2 / variance if variance > 0 else 0.0, now.n)
    low, high = _ratio(before, now, setting.confidence_level)
    change = later / then - 1 if then > 0 else float(later > 0)
    text = (
        f"{100 * later:.1f} % of those asked answered, before {100 * then:.1f} %: the rate changed by "
        f"{signed(100 * change, 0)} % ({signed(100 * (low - 1), 0)} to {signed(100 * (high - 1), 0)} %)"
    )
    return Check(
        "answer rate",
        level_of(abs(change), setting.limits, p_value=p_value, alpha=setting.alpha),
        text,
        "change of the rate",
        change,
        low - 1,
        high - 1,
        setting.confidence_level,
        abs(change),
        setting.limits,
        p_value,
        setting.alpha,
        now.n,
        before.n,
    )


def _ratio(before: Asked, now: Asked, confidence_level: float) -> tuple[float, float]:
    """Return the interval of the ratio of two shares (Walter 1975: half a case more, and a normal log)."""
    a, b = float(now.answered.sum()) + 0.5, float(before.answered.sum()) + 0.5
    n, m = now.n + 0.5, before.n + 0.5
    half = stats.norm.ppf(0.5 + confidence_level / 2) * np.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    ratio = (a / n) / (b / m)
    return float(ratio * np.exp(-half)), float(ratio * np.exp(half))


def check_mix(before: Asked, now: Asked, setting: Setting) -> Check:
    """Compare who answers, by each cut, with who would at the answer rates of before: a change of the base is none.

    Notes
    -----
    The test is that of Woolf (1955, Annals of Human Genetics 19) for equal odds ratios of answering, now to before,
    in all groups of a cut; the size is the PSI between the groups of the answers and those that would have come at
    the rates of before. The cut with the smallest p-value counts, times their number.
    """
    n, n_before = int(now.answered.sum()), int(before.answered.sum())
    if n < FEWEST_ANSWERS or n_before < FEWEST_ANSWERS:
        return not_judged("who answers", few_answers(n), n=n, n_reference=n_before)
    found = {name: _groups(before, now, name, setting.confidence_level) for name in before.cuts}
    found = {name: each for name, each in found.items() if each is not None}
    if not found:
        return not_judged("who answers", "no groups with enough answers", n=n, n_reference=n_before)
    name = min(found, key=lambda each: found[each][1])  # type: ignore[index]
    moved, p_value = found[name]  # type: ignore[misc]
    p_value = min(p_value * len(found), 1.0)
    level = level_of(moved.psi, setting.limits, p_value=p_value, alpha=setting.alpha)
    others = "differs from" if level != "fine" else "is near"
    return Check(
        "who answers",
        level,
        f"the mix of those who answered, by {name}, {others} what the answer rates of before would give",
        "PSI",
        moved.psi,
        moved.low,
        moved.high,
        setting.confidence_level,
        moved.psi,
        setting.limits,
        p_value,
        setting.alpha,
        n,
        n_before,
    )


def _groups(before: Asked, now: Asked, name: str, confidence_level: float) -> tuple[Moved, float] | None:
    asked, answers, asked_before, answers_before = (
        _counts(each, name, of_answers, max(before.cuts[name].max(), now.cuts[name].max()))
        for each in (now, before)
        for of_answers in (False, True)
    )
    expected = asked * answers_before / np.maximum(asked_before, 1)
    enough = (np.minimum(expected, answers_before) >= _FEWEST_EXPECTED) & (asked_before > 0)
    if enough.sum() < 2:
        return None
    asked, answers, asked_before, answers_before, expected = (
        counts[enough] for counts in (asked, answers, asked_before, answers_before, expected)
    )
    as_before = (expected / expected.sum() * answers_before.sum()).round().astype(np.int64)
    moved = compare_counts(as_before, answers.astype(np.int64), confidence_level=confidence_level)
    statistic = _woolf(answers, asked - answers, answers_before, asked_before - answers_before)
    return moved, always_valid(statistic, int(answers.sum()), df=int(enough.sum()) - 1)


def _woolf(a: Floats, b: Floats, c: Floats, d: Floats) -> float:
    a, b, c, d = (counts + 0.5 for counts in (a, b, c, d))
    log_odds, weights = np.log(a * d / (b * c)), 1 / (1 / a + 1 / b + 1 / c + 1 / d)
    return float(weights @ (log_odds - np.average(log_odds, weights=weights)) ** 2)


def _counts(asked: Asked, name: str, of_answers: bool, last: int) -> Floats:
    groups: Integers = asked.cuts[name]
    chosen = groups[(groups >= 0) & (asked.answered if of_answers else True)]
    return np.bincount(chosen, minlength=int(last) + 1).astype(np.float64)
