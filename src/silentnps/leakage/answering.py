"""Which features know who answered: by their values, or by being known at all.

What a customer does after he answered, and what the survey or a desk then writes down, is there for respondents and
for hardly anybody silent. A driver of answering works the other way round: among those who have it more answer, but
never all of them, and many who have it stay silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta

from silentnps.leakage.class_separation import FOLDS, drawn_to_base_rate, folds_of
from silentnps.metrics import Ranking, auc_interval, auc_of_counts
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Integers

HIGHEST_AUC = 0.95
"""A feature whose AUC is above it with all its interval knows the outcome, and does not predict it."""

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
    """What no driver of answering reaches: lower ends of intervals that together make a leak.

    `share` is the share of answers among those who have it, `ratio` how many times as often those who answered have
    it as the silent, `reach` the share of those who answered that has it.
    """

    share: float
    ratio: float
    reach: float

    def passed(self, found: Found) -> bool:
        """Say whether what was found lies above them with its whole interval."""
        return found.share_low > self.share and found.ratio_low > self.ratio and found.reach_low > self.reach


HARDLY_ANYBODY_SILENT = (Limits(share=0.8, ratio=10.0, reach=0.0), Limits(share=0.2, ratio=8.0, reach=0.5))
"""Known, missing, unusual or a level: four of five who have it answered, or half of the answers have it.

Even of the most willing (key accounts, those who answered last time) a fifth stays silent. A tie to messages that
most of the answers share, such as being a user of the app, is several times as frequent among them, not eight.
"""

_NOBODY_SILENT = (Limits(share=0.97, ratio=20.0, reach=0.0),)
"""Of ranges of a number: at the far end of a strong driver nearly everybody may answer."""


@dataclass(frozen=True)
class Found:
    """How many have something, of those who answered and of the silent, and what that says at the least."""

    what: str
    n_answered: int
    n_silent: int
    share_low: float
    ratio_low: float
    reach_low: float
    limits: tuple[Limits, ...] = HARDLY_ANYBODY_SILENT

    @property
    def leaks(self) -> bool:
        """Say whether it passes any of its limits."""
        return any(one.passed(self) for one in self.limits)


@dataclass(frozen=True)
class _Drawn:
    """Customers that are compared: one row a person, `odds` of answering in the whole base, folds of the rows."""

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
    """Measure what each feature alone tells of who answered.

    Of a feature are tried its AUC of answering, as in `class_separation`; that it is known, or missing; that it has
    not the value (missing counts as one) that most of the silent have, which is how a default hides that nothing is
    known; and that it has one of the values that are chosen in four fifths of the customers and counted in the
    rest, so that many levels tell nothing by themselves.

    Parameters
    ----------
    features
        One row per customer who was asked.
    answered, persons
        Who answered, and an integer code of the person of each row, shape (n,); of a person one row counts.

    Returns
    -------
    One row per feature, in their order: name, the AUC with its interval (see `HIGHEST_AUC`), what is `held`, by how
    many of those who answered and of the silent (of at most 50,000 each), the lower end of the share of answers
    among those who hold it, and whether that is a leak: see `HARDLY_ANYBODY_SILENT`.

    Notes
    -----
    The share of answers has the exact interval of Clopper and Pearson (1934); the ratio follows from it, as those
    who have something are few against the base. AUC as `auc_interval`.
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
    area_found = _auc(column, codes, n_levels, drawn)
    level = 1.0 - 2 * drawn.tail
    low, high = auc_interval(area_found, drawn.n_answered, drawn.n_silent, confidence_level=level)
    found = max(_tried(codes, n_levels, drawn, category=is_category(column)), key=_strength)
    counts = (found.n_answered, drawn.n_answered, found.n_silent, drawn.n_silent)
    return (area_found, low, high, found.what, *counts, found.share_low, found.leaks)


def _strength(found: Found) -> tuple[bool, float, float]:
    return found.leaks, found.reach_low if found.leaks else 0.0, found.ratio_low


def _coded(column: pd.Series) -> tuple[Integers, int]:
    """Return the place of each value among the distinct ones, sorted numbers, the last for missing; their count."""
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
        shares = drawn_to_base_rate(codes, drawn.answered, drawn.folds)
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


def _tried(codes: Integers, n_levels: int, drawn: _Drawn, *, category: bool) -> Iterator[Found]:
    of_answered, of_silent = _counts(codes, n_levels + 1, drawn)
    sizes = np.array([drawn.n_answered, drawn.n_silent])
    missing = np.array([of_answered[-1], of_silent[-1]])
    yield _found(_KNOWN, *_two(sizes - missing), drawn)
    yield _found(_MISSING, *_two(missing), drawn)
    usual = int(of_silent.argmax())
    if of_silent[usual] > _USUAL_SHARE * drawn.n_silent and usual < n_levels:
        yield _found(_UNUSUAL, *_two(sizes - [of_answered[usual], of_silent[usual]]), drawn)
    groups = codes if category else _ranges(codes, of_answered + of_silent)[codes]
    limits = HARDLY_ANYBODY_SILENT if category else _NOBODY_SILENT
    yield _found(_CERTAIN_VALUES, *_chosen(groups, drawn, min(one.ratio for one in limits)), drawn, limits)


def _two(counts: Integers) -> tuple[int, int]:
    return int(counts[0]), int(counts[1])


def _ranges(codes: Integers, counts: Integers) -> Integers:
    """Return the group of each distinct value of a number: frequent ones by themselves, the others by rank."""
    frequent = counts >= max(_ATOM_ROWS, _ATOM_SHARE * len(codes))
    frequent[-1] = True
    rest = np.where(frequent, 0, counts)
    middle = (np.cumsum(rest) - rest / 2) / max(int(rest.sum()), 1)
    return np.where(frequent, np.arange(len(counts)), len(counts) + (middle * _BINS).astype(np.int64))


def _chosen(groups: Integers, drawn: _Drawn, ratio: float) -> tuple[int, int]:
    """Count who has a value that in the other folds is so many times as frequent among those who answered."""
    codes = np.unique(groups, return_inverse=True)[1]
    shape = (int(codes.max()) + 1, FOLDS)
    cells = codes * FOLDS + drawn.folds
    size = shape[0] * FOLDS
    with_it = np.bincount(cells[drawn.answered], minlength=size).reshape(shape)
    silent = np.bincount(cells[~drawn.answered], minlength=size).reshape(shape)
    rate = drawn.n_answered / len(codes)
    answers, silences = (table.sum(axis=1, keepdims=True) - table for table in (with_it, silent))
    odds = (answers + _PRIOR_ROWS * rate) / (silences + _PRIOR_ROWS * (1.0 - rate))
    chosen = odds * (1.0 - rate) > ratio * rate
    return int(with_it[chosen].sum()), int(silent[chosen].sum())


def _found(
    what: str, n_answered: int, n_silent: int, drawn: _Drawn, limits: tuple[Limits, ...] = HARDLY_ANYBODY_SILENT
) -> Found:
    odds = _odds(_lowest_share(n_answered, n_answered + n_silent, drawn.tail))
    ratio = odds * drawn.n_silent / drawn.n_answered
    share = ratio * drawn.odds / (1.0 + ratio * drawn.odds)
    reach = _lowest_share(n_answered, drawn.n_answered, drawn.tail)
    return Found(what, n_answered, n_silent, share, ratio, reach, limits)


def _lowest_share(count: int, of: int, tail: float) -> float:
    """Return the lower end of the exact interval of a share."""
    return float(beta.ppf(tail, count, of - count + 1)) if count else 0.0


def _odds(share: float) -> float:
    return share / (1.0 - share) if share < 1.0 else np.inf
