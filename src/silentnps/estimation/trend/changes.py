"""Levels of periods, and changes between them, with intervals that know what both periods share."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from silentnps.estimation.trend.drawn import Drawn, Interval
from silentnps.estimation.trend.groups import Answers, Group
from silentnps.estimation.wave.replicates import Plan
from silentnps.numerics.distributions import f_tail
from silentnps.numerics.nps import CLASS_VALUES

OF = ("survey", "silent", "base")
"""Whose NPS: of those who answered, of silent customers, of all customers."""

_CLASSES = ("detractor", "passive", "promoter")
_LARGEST_CHANGE = 200.0


def level_of(group: Group, plan: Plan, *, confidence_level: float) -> dict[str, Any]:
    """Return the numbers of a group in a period by name.

    `survey`, `silent` and `base` with `_low`, `_high` and `_standard_error`; shares of the classes among answers
    and in the base, the latter with their intervals; n, n_invited, n_answers, n_silent, answer_rate (of the
    invited). What is not estimated is left out.
    """
    answers = group.answers
    row: dict[str, Any] = {
        "n": group.n,
        "n_invited": group.n_invited,
        "n_answers": answers.n,
        "answer_rate": answers.n / group.n_invited if group.n_invited else np.nan,
        "confidence_level": confidence_level,
    }
    if answers.n:
        survey = answers.nps(confidence_level)
        row |= _named("survey", survey.value, survey.low, survey.high, survey.standard_error)
        shares = answers.counts / answers.n
        row |= {f"survey_{name}_share": float(share) for name, share in zip(_CLASSES, shares, strict=True)}
    if group.silent is None or group.base is None:
        return row
    row["n_silent"] = group.silent.n
    for name in ("silent", "base"):
        found = _interval(group, name, plan, confidence_level)
        row |= _named(name, found.value, found.low, found.high, found.standard_error)
    return row | _class_shares(group, plan, confidence_level)


def _class_shares(group: Group, plan: Plan, confidence_level: float) -> dict[str, float]:
    """Return the shares of the classes in the base with their intervals; nothing for a segment."""
    row: dict[str, float] = {}
    if group.silent is None:
        return row
    for k, drawn in enumerate(group.silent.shares):
        known, n_silent = group.answers.counts[k] / group.n, max(group.silent.n, 1)
        own = drawn.value * (1.0 - drawn.value) / n_silent
        in_base, share = drawn.times(group.share_silent).plus(known), group.share_silent
        found = in_base.interval(plan, confidence_level=confidence_level, unseen=share**2 * own)
        name = f"base_{_CLASSES[k]}_share"
        row |= {name: found.value, f"{name}_low": max(found.low, 0.0), f"{name}_high": min(found.high, 1.0)}
    return row


def _interval(group: Group, of: str, plan: Plan, confidence_level: float) -> Interval:
    assert group.silent is not None
    assert group.base is not None
    share = 1.0 if of == "silent" else group.share_silent
    drawn = group.silent.nps if of == "silent" else group.base
    anchor = None if group.silent.of_all is None else group.silent.of_all.times(share)
    unseen = share**2 * group.silent.unseen
    return drawn.interval(plan, confidence_level=confidence_level, unseen=unseen, anchor=anchor)


def change_of(before: Group, after: Group, of: str, plan: Plan, *, confidence_level: float) -> Interval | None:
    """Return the change of an NPS (one of `OF`) between two periods; None where it is not estimated in both.

    Notes
    -----
    That of silent customers and of the base is the difference in every replicate: both periods have its weights of
    persons, its outcome model and its path of gamma, so what they share cancels. That of the survey takes answers
    of different persons as independent, and those of one person as they are (`survey_change`).
    """
    if of == "survey":
        return survey_change(before.answers, after.answers, confidence_level=confidence_level)
    if before.silent is None or after.silent is None or before.base is None or after.base is None:
        return None
    shares = (1.0, 1.0) if of == "silent" else (before.share_silent, after.share_silent)
    change = after.silent.nps - before.silent.nps if of == "silent" else after.base - before.base
    anchors = before.silent.of_all, after.silent.of_all
    anchor = None
    if anchors[0] is not None and anchors[1] is not None:
        anchor = anchors[1].times(shares[1]) - anchors[0].times(shares[0])
    unseen = shares[0] ** 2 * before.silent.unseen + shares[1] ** 2 * after.silent.unseen
    return change.interval(
        plan, confidence_level=confidence_level, unseen=unseen, anchor=anchor, most=_LARGEST_CHANGE
    )


def survey_change(before: Answers, after: Answers, *, confidence_level: float) -> Interval | None:
    """Return the change of the survey's NPS; None where one of them has no answers.

    Variances are those of Rocks (2016); the covariance is the sum, over persons who answered both, of the products
    of their deviations from the two means, over the product of the numbers of answers.

    Examples
    --------
    >>> import numpy as np
    >>> first = Answers(np.arange(4), np.array([0, 1, 2, 2]))
    >>> same, others = (survey_change(first, Answers(persons, first.classes), confidence_level=0.95)
    ...                 for persons in (np.arange(4), np.arange(4, 8)))
    >>> same.value, same.standard_error < others.standard_error
    (0.0, True)
    """
    if before.n == 0 or after.n == 0:
        return None
    first, second = before.nps(confidence_level), after.nps(confidence_level)
    covariance = sum(
        gap * gaps[person] for gaps in [_gaps(before)] for person, gap in _gaps(after).items() if person in gaps
    ) / (before.n * after.n)
    variance = first.standard_error**2 + second.standard_error**2 - 2.0 * covariance
    error = float(np.sqrt(max(variance, 0.0)))
    change = second.value - first.value
    return Interval.of(change, error, confidence_level, degrees=np.inf, most=_LARGEST_CHANGE)


def _gaps(answers: Answers) -> Mapping[int, float]:
    """Return the sum of each person's deviations from the mean."""
    values = CLASS_VALUES[answers.classes]
    persons, place = np.unique(answers.persons, return_inverse=True)
    sums = np.bincount(place, weights=values - values.mean())
    return dict(zip(persons.tolist(), sums.tolist(), strict=True))


def no_change_at_all(levels: list[Drawn], unseen: list[float], plan: Plan) -> float:
    """Return the p-value of the test that an NPS was the same in all periods.

    Hotelling's test of the differences between neighbours, whose covariance is that of the replicates and of what
    they do not show. Without enough replicates for so many periods it is NaN.
    """
    changes = [after - before for before, after in pairwise(levels)]
    draws = np.array([change.draws(plan) for change in changes])
    k, n = draws.shape
    if n <= k:
        return float("nan")
    steps = np.diff(np.eye(k + 1), axis=0)
    covariance = np.atleast_2d(np.cov(draws)) + steps @ np.diag(unseen) @ steps.T
    values = np.array([change.value for change in changes])
    statistic = float(values @ np.linalg.solve(covariance, values)) * (n - k) / (k * (n - 1))
    return f_tail(statistic, k, n - k)


def _named(name: str, value: float, low: float, high: float, standard_error: float) -> dict[str, float]:
    return {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_standard_error": standard_error}
