"""Which features reveal who answered, by their values or by being known at all.

What customers do after they answered, and what the survey or a service desk then records, exists for respondents
and hardly ever for silent customers. A response driver is different: customers who have it answer more often, but
never all of them, and many stay silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.leakage.class_separation import FOLDS, folds_of, shrunk_to_base_rate
from silentnps.metrics import Ranking, auc_interval, auc_of_counts
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Integers
from silentnps.numerics.distributions import beta_quantile

HIGHEST_AUC = 0.95
"""A feature whose whole AUC interval lies above this knows the outcome instead of predicting it."""

ANSWERING_COLUMNS = (
    *("answering_auc", "answering_low", "answering_high", "held"),
    *("n_answered_with", "n_answered", "n_silent_with", "n_silent", "share_low", "held_tells"),
)

_MOST_ROWS = 50_000
_USUAL_SHARE = 0.5
_PRIOR_ROWS = 4.0
_ATOM_SHARE, _ATOM_ROWS, _BINS = 0.01, 20, 50
_KNOWN, _MISSING = "known", "missing"
_UNUSUAL, _CERTAIN_VALUES = "not the usual value of the silent", "of certain values"


@dataclass(frozen=True)
class Limits:
    """What no response driver reaches: lower ends of intervals that together make a leak.

    `share` is the share of respondents among those who have the trait, `ratio` how many times as often respondents
    have it as silent customers, `reach` the share of respondents who have it.
    """

    share: float
    ratio: float
    reach: float

    def passed(self, trait: Trait) -> bool:
        """Return whether the intervals of a trait lie above these limits."""
        return trait.share_low > self.share and trait.ratio_low > self.ratio and trait.reach_low > self.reach


HARDLY_ANYBODY_SILENT = (Limits(share=0.8, ratio=10.0, reach=0.0), Limits(share=0.2, ratio=8.0, reach=0.5))
"""Limits of the traits: four of five customers who have the trait answered, or half of the answers have it.

Even among the most willing (key accounts, those who answered last time) a fifth stays silent. A trait shared by
most respondents, such as using the app, is several times as frequent among them, but not eight times.
"""

_NOBODY_SILENT = (Limits(share=0.97, ratio=20.0, reach=0.0),)
"""Limits of ranges of a number: at the far end of a strong response driver nearly everybody may answer."""


@dataclass(frozen=True)
class Trait:
    """How many respondents and silent customers have a trait, and the lower ends of what that shows."""

    what: str
    n_answered: int
    n_silent: int
    share_low: float
    ratio_low: float
    reach_low: float
    limits: tuple[Limits, ...] = HARDLY_ANYBODY_SILENT

    @property
    def leaks(self) -> bool:
        """Return whether it passes any of its limits."""
        return any(limits.passed(self) for limits in self.limits)


@dataclass(frozen=True)
class _Drawn:
    """The customers compared, one row per person, and the `odds` of answering in the whole base."""

    rows: Integers
    answered: Booleans
    odds: float
    folds: Integers
    tail: float

    @property
    def n_answered(self) -> int:
        return int(self.answered.sum())

    @property
    def n_silent(self) -> int:
        return len(self.answered) - self.n_answered


def answering_separation(
    features: pd.DataFrame,
    answered: Booleans,
    persons: Integers,
    *,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> pd.DataFrame:
    """Measure what each feature alone reveals about who answered.

    For each feature this measures its AUC of answering, as in `class_separation`, and the following traits: the
    feature is known; it is missing; it differs from the value (missing counts as one) that most silent customers
    have, which is how a default hides that nothing is known; it has one of the values chosen on four fifths of the
    customers and counted on the rest, so that having many levels reveals nothing by itself.

    Parameters
    ----------
    features
        One row per customer who was asked.
    answered, persons
        Who answered, and an integer code of each row's person, shape (n,); one row per person counts.

    Returns
    -------
    One row per feature, in their order: name, the AUC with its interval (see `HIGHEST_AUC`), the trait that is
    `held`, by how many respondents and silent customers (of at most 50,000 each), the lower end of the share of
    respondents among those who hold it, and whether that is a leak (see `HARDLY_ANYBODY_SILENT`).

    Notes
    -----
    The share of respondents has the exact interval of Clopper and Pearson (1934). The ratio follows from it, as
    those who have a trait are few compared with the base. The interval of the AUC is that of `auc_interval`.
    """
    drawn = _draw(answered, persons, confidence_level, np.random.default_rng(random_state))
    rows = [(str(name), *_measured(column.iloc[drawn.rows], drawn)) for name, column in features.items()]
    return pd.DataFrame(rows, columns=["name", *ANSWERING_COLUMNS])


def _draw(answered: Booleans, persons: Integers, confidence_level: float, rng: np.random.Generator) -> _Drawn:
    order = rng.permutation(len(answered))
    order = order[np.argsort(~answered[order], kind="stable")]
    rows = np.sort(np.unique(persons[order], return_index=True)[1])
    of_persons = order[rows]
    n_answered = int(answered[of_persons].sum())
    n_silent = len(of_persons) - n_answered
    kept = np.concatenate([of_persons[:n_answered][:_MOST_ROWS], of_persons[n_answered:][:_MOST_ROWS]])
    folds = folds_of(np.arange(len(kept)), rng)
    return _Drawn(kept, answered[kept], n_answered / max(n_silent, 1), folds, (1.0 - confidence_level) / 2)


def _measured(column: pd.Series, drawn: _Drawn) -> tuple[object, ...]:
    if not drawn.n_answered or not drawn.n_silent:
        return (np.nan, np.nan, np.nan, "", 0, drawn.n_answered, 0, drawn.n_silent, np.nan, False)
    codes, n_levels = _coded(column)
    auc = _auc(column, codes, n_levels, drawn)
    level = 1.0 - 2 * drawn.tail
    low, high = auc_interval(auc, drawn.n_answered, drawn.n_silent, confidence_level=level)
    trait = max(_traits(codes, n_levels, drawn, category=is_category(column)), key=_strength)
    counts = (trait.n_answered, drawn.n_answered, trait.n_silent, drawn.n_silent)
    return (auc, low, high, trait.what, *counts, trait.share_low, trait.leaks)


def _strength(trait: Trait) -> tuple[bool, float, float]:
    return trait.leaks, trait.reach_low if trait.leaks else 0.0, trait.ratio_low


def _coded(column: pd.Series) -> tuple[Integers, int]:
    """Return the place of each value among the distinct ones (sorted if numbers), missing last, and their count."""
    if is_category(column):
        codes, levels = pd.factorize(column)
        n_levels = len(levels)
        return np.where(codes < 0, n_levels, codes), n_levels
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(values)
    distinct, inverse = np.unique(values[~missing], return_inverse=True)
    codes = np.full(len(values), len(distinct), dtype=np.int64)
    codes[~missing] = inverse
    return codes, len(distinct)


def _auc(column: pd.Series, codes: Integers, n_levels: int, drawn: _Drawn) -> float:
    if is_category(column):
        shares = shrunk_to_base_rate(codes, drawn.answered, drawn.folds)
        return Ranking.of(shares).auc(drawn.answered)
    of_answered, of_silent = _counts(codes, n_levels + 1, drawn)
    # missing as the highest, then as the lowest value
    aucs = [auc_of_counts(np.roll(of_answered, shift), np.roll(of_silent, shift)) for shift in (0, 1)]
    return max(*aucs, *(1.0 - auc for auc in aucs))


def _counts(codes: Integers, size: int, drawn: _Drawn) -> tuple[Integers, Integers]:
    return (
        np.bincount(codes[drawn.answered], minlength=size),
        np.bincount(codes[~drawn.answered], minlength=size),
    )


def _traits(codes: Integers, n_levels: int, drawn: _Drawn, *, category: bool) -> Iterator[Trait]:
    of_answered, of_silent = _counts(codes, n_levels + 1, drawn)
    sizes = np.array([drawn.n_answered, drawn.n_silent])
    missing = np.array([of_answered[-1], of_silent[-1]])
    yield _trait(_KNOWN, *_pair(sizes - missing), drawn)
    yield _trait(_MISSING, *_pair(missing), drawn)
    usual = int(of_silent.argmax())
    if of_silent[usual] > _USUAL_SHARE * drawn.n_silent and usual < n_levels:
        yield _trait(_UNUSUAL, *_pair(sizes - [of_answered[usual], of_silent[usual]]), drawn)
    groups = codes if category else _ranges(codes, of_answered + of_silent)[codes]
    limits = HARDLY_ANYBODY_SILENT if category else _NOBODY_SILENT
    yield _trait(_CERTAIN_VALUES, *_chosen(groups, drawn, min(limit.ratio for limit in limits)), drawn, limits)


def _pair(counts: Integers) -> tuple[int, int]:
    return int(counts[0]), int(counts[1])


def _ranges(codes: Integers, counts: Integers) -> Integers:
    """Return the group of each distinct number: a frequent one is its own group, the others are grouped by rank."""
    frequent = counts >= max(_ATOM_ROWS, _ATOM_SHARE * len(codes))
    frequent[-1] = True
    rest = np.where(frequent, 0, counts)
    middle = (np.cumsum(rest) - rest / 2) / max(int(rest.sum()), 1)
    return np.where(frequent, np.arange(len(counts)), len(counts) + (middle * _BINS).astype(np.int64))


def _chosen(groups: Integers, drawn: _Drawn, ratio: float) -> tuple[int, int]:
    """Count who has a value that in the other folds is more than `ratio` times as frequent among respondents."""
    codes = np.unique(groups, return_inverse=True)[1]
    shape = (int(codes.max()) + 1, FOLDS)
    cells = codes * FOLDS + drawn.folds
    size = shape[0] * FOLDS
    with_it = np.bincount(cells[drawn.answered], minlength=size).reshape(shape)
    silent = np.bincount(cells[~drawn.answered], minlength=size).reshape(shape)
    rate = drawn.n_answered / len(codes)
    answers, silences = (counts.sum(axis=1, keepdims=True) - counts for counts in (with_it, silent))
    odds = (answers + _PRIOR_ROWS * rate) / (silences + _PRIOR_ROWS * (1.0 - rate))
    chosen = odds * (1.0 - rate) > ratio * rate
    return int(with_it[chosen].sum()), int(silent[chosen].sum())


def _trait(
    what: str, n_answered: int, n_silent: int, drawn: _Drawn, limits: tuple[Limits, ...] = HARDLY_ANYBODY_SILENT
) -> Trait:
    odds = _odds(_lowest_share(n_answered, n_answered + n_silent, drawn.tail))
    ratio = odds * drawn.n_silent / drawn.n_answered
    share = ratio * drawn.odds / (1.0 + ratio * drawn.odds)
    reach = _lowest_share(n_answered, drawn.n_answered, drawn.tail)
    return Trait(what, n_answered, n_silent, share, ratio, reach, limits)


def _lowest_share(count: int, of: int, tail: float) -> float:
    """Return the lower end of the exact interval of a share."""
    return beta_quantile(tail, count, of - count + 1) if count else 0.0


def _odds(share: float) -> float:
    return share / (1.0 - share) if share < 1.0 else np.inf
