"""The impact of a campaign on every outcome: effects, placebos and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.campaigns.comparison import Comparison
from silentnps.campaigns.differences import Difference
from silentnps.campaigns.outcomes import AFTER, BEFORE, EARLIER, Measured
from silentnps.campaigns.verdict import Effect, holm, judge
from silentnps.errors import DataError
from silentnps.numerics.arrays import Booleans

FEWEST = 50
"""Fewer treated, or untreated, customers are not compared."""

FEWEST_ANSWERS = 30
"""With fewer answers of a group in a window, its NPS is not compared."""

MOST_TRIMMED = 0.2
"""If more of the treated have no counterpart, the rest does not stand for them."""


@dataclass(frozen=True)
class Customers:
    """Those who are compared, one row of everything per customer, in one order.

    `features` are as of the start, `features_before` as of one window earlier; `in_base_earlier` says who had been
    a customer for all three windows. `of_surveys` names the features that know of answers and invitations: they
    would say who answered in the window before, and what, so that answers are compared without them.
    """

    treated: Booleans
    features: pd.DataFrame
    features_before: pd.DataFrame
    in_base_earlier: Booleans
    of_surveys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Impact:
    """The effects, in the order of the outcomes; what was left out, and why; and how alike the groups are.

    `caution` is why the groups as a whole cannot be compared; empty where they can.
    """

    effects: list[Effect]
    left_out: dict[str, str]
    balance: pd.DataFrame
    n_treated: int
    n_untreated: int
    n_trimmed: int
    effective_untreated: float
    caution: str


def measure_impact(
    customers: Customers,
    outcomes: Sequence[Measured],
    *,
    confidence_level: float = 0.95,
    random_state: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Impact:
    """Return the impact on each outcome that enough is known of.

    Raises
    ------
    DataError
        If there are too few treated or untreated customers.

    Notes
    -----
    Features as of the start say who is alike. The placebo compares the window before the start with the one before
    that, among those who were customers by then, by features as of its own start. Who is alike is learned by models
    that are cross-fitted.
    """
    refuse_few(customers.treated)
    rng = np.random.default_rng(random_state)
    progress("comparing the groups")
    of_counts = _Sides.of(customers, (), rng)
    surveyed = customers.of_surveys and any(each.answered is not None for each in outcomes)
    of_answers = _Sides.of(customers, customers.of_surveys, rng) if surveyed else of_counts
    found: list[_Found] = []
    left_out: dict[str, str] = {}
    for each in outcomes:
        progress(f"measuring {each.outcome.name}")
        sides = of_counts if each.answered is None else of_answers
        why = _too_few(sides.now, each, (BEFORE, AFTER))
        if why:
            left_out[each.outcome.name] = why
        else:
            found.append(_Found.of(sides, each))
    corrected = holm([each.difference.p_value for each in found])
    now = of_counts.now
    return Impact(
        effects=[each.judged(p, confidence_level) for each, p in zip(found, corrected, strict=True)],
        left_out=left_out,
        balance=now.balance(),
        n_treated=now.n_treated,
        n_untreated=now.n_untreated,
        n_trimmed=now.n_trimmed,
        effective_untreated=now.effective_untreated,
        caution=_caution(now),
    )


def refuse_few(treated: Booleans, which: str = "") -> None:
    """Raise a DataError if there are too few treated or untreated customers."""
    for group, n in (("treated", int(treated.sum())), ("untreated", int((~treated).sum()))):
        if n < FEWEST:
            raise DataError(
                f"the campaign must have {FEWEST} {group} customers{which} or more; got {n}. It cannot be "
                "judged from these data: next time keep a random part of the customers out of it."
            )


@dataclass(frozen=True)
class _Sides:
    """Both groups from the start on, and from one window earlier on (None where that has too few customers)."""

    now: Comparison
    then: Comparison | None

    @classmethod
    def of(cls, customers: Customers, without: tuple[str, ...], rng: np.random.Generator) -> _Sides:
        everybody, earlier = np.arange(len(customers.treated)), np.flatnonzero(customers.in_base_earlier)
        now = Comparison.of(customers.features.drop(columns=[*without]), customers.treated, everybody, rng)
        refuse_few(now.treated, " with a counterpart")
        group = customers.treated[earlier]
        if min(int(group.sum()), int((~group).sum())) < FEWEST:
            return cls(now, None)
        before = customers.features_before.drop(columns=[*without])
        return cls(now, Comparison.of(before, customers.treated, earlier, rng))


@dataclass(frozen=True)
class _Found:
    """What was measured of an outcome."""

    now: Comparison
    measured: Measured
    difference: Difference
    placebo: Difference | None

    @classmethod
    def of(cls, sides: _Sides, measured: Measured) -> _Found:
        placebo, then = None, sides.then
        if then is not None and measured.has_earlier and not _too_few(then, measured, (EARLIER, BEFORE)):
            placebo = then.difference(measured, EARLIER, BEFORE)
        return cls(sides.now, measured, sides.now.difference(measured, BEFORE, AFTER), placebo)

    def judged(self, p_holm: float, confidence_level: float) -> Effect:
        verdict, because = judge(self.difference, self.placebo, p_holm, confidence_level)
        caution = _caution(self.now)
        counts = [self.now.n_answers(self.measured, window) for window in (BEFORE, AFTER)]
        before, after = (self.now.levels(self.measured, window) for window in (BEFORE, AFTER))
        return Effect(
            outcome=self.measured.outcome,
            difference=self.difference,
            placebo=self.placebo,
            p_holm=p_holm,
            confidence_level=confidence_level,
            n_treated=min(each[0] for each in counts),
            n_untreated=min(each[1] for each in counts),
            levels=(before[0], after[0], before[1], after[1]),
            verdict="cannot tell" if caution else verdict,
            because=caution or because,
        )


def _too_few(comparison: Comparison, measured: Measured, windows: tuple[int, int]) -> str:
    """Return why an outcome cannot be compared; an empty text if it can."""
    fewest = FEWEST if measured.answered is None else FEWEST_ANSWERS
    n = min(min(comparison.n_answers(measured, window)) for window in windows)
    if n >= fewest:
        return ""
    return f"it takes {fewest} of either group before the start and after it; there are {n}"


def _caution(now: Comparison) -> str:
    of_treated = now.n_trimmed / (now.n_treated + now.n_trimmed)
    if of_treated > MOST_TRIMMED:
        return f"{100 * of_treated:.0f} % of the treated have nobody like them among the untreated"
    if now.effective_untreated < FEWEST:
        return f"the untreated who are like the treated count for only {now.effective_untreated:.0f} customers"
    return ""
