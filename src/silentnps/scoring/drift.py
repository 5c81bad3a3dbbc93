"""How rows to score differ from the training data, column by column, and whether limits are exceeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np

from silentnps.bundle.feature_reading import MISFIT, MISSING, RENAMED, UNSEEN, UNUSED
from silentnps.bundle.training_reference import Reference, Seen, SeenLevels, SeenNumbers, missing_columns
from silentnps.config import ScoringConfig
from silentnps.counts import counted
from silentnps.features.catalog import CATALOG
from silentnps.scoring.tally import ColumnTally, Tally

_NOTED_MISSING, _NOTED_OUTSIDE, _NOTED_SHIFT = 0.05, 0.01, 0.2
"""Smaller changes in missing values, values far outside and distributions are seasonal and not reported."""

_SURE, _FAR_APART = 4.0, 2.0
"""Standard errors of a difference between two shares, and two distributions, below which it may be chance."""

_ENOUGH_ROWS = 30
"""Shares of fewer rows say nothing about a base: a request for one customer may well lack a value."""

_MOSTLY_FILLED = 0.5
_NAMED_FROM = 30
"""From this many rows upward an unseen level is named, since it then identifies nobody."""


@dataclass(frozen=True)
class Drift:
    """How a column differs: in what, in how many rows, in which share of them, and whether a limit is exceeded."""

    column: str
    what: str
    rows: int
    share: float
    limit: str
    beyond: bool
    text: str

    def __str__(self) -> str:
        return f"feature {self.column!r}: {self.text}" + (f" (beyond {self.limit})" if self.beyond else "")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for the manifest."""
        return asdict(self)


def refusal_reasons(reference: Reference, rows: Tally) -> dict[str, str]:
    """Return why rows cannot be scored, one sentence per column; empty if they can.

    A column is missing, is empty though it was filled in training, or holds values of another kind.
    """
    reasons = {}
    for name in reference.needed:
        column, seen = rows.columns.get(name), reference.columns[name]
        if column is None:
            reasons[name] = missing_columns([name])
        elif column.known[MISFIT]:
            first = ", ".join(map(str, column.misfits))
            where = f" ({'row' if column.known[MISFIT] == 1 else 'first rows'} {first})" if first else ""
            sentence = reference.misfits(name, " and ".join(column.got), column.known[MISFIT], rows.rows)
            reasons[name] = f"{sentence.removesuffix('.')}{where}."
        elif column.known[MISSING] == rows.rows >= _ENOUGH_ROWS and seen.missing <= _MOSTLY_FILLED:
            reasons[name] = (
                f"feature {name!r} must be filled as in training, where {_percent(1 - seen.missing)} of the rows "
                f"were; got all {rows.rows:,} rows empty."
            )
    return reasons


def find_drift(reference: Reference, rows: Tally, limits: ScoringConfig) -> list[Drift]:
    """Return how columns differ from the training data, in the order of the columns."""
    checks = _CHECKS if rows.rows >= _ENOUGH_ROWS else _CHECKS_OF_FEW_ROWS
    drifts: list[Drift] = []
    for name, column in rows.columns.items():
        case = _Case(name, reference.columns[name], column, rows.rows, reference.n, limits)
        drifts.extend(drift for check in checks for drift in check(case))
    return drifts


@dataclass(frozen=True)
class _Case:
    name: str
    seen: Seen
    column: ColumnTally
    rows: int
    n_training: int
    limits: ScoringConfig

    @property
    def moves(self) -> bool:
        """Whether the numbers change by themselves, with the days and with every survey."""
        feature = CATALOG.get(self.name)
        if feature is None:
            return False
        return feature.unit == "days" or bool({*feature.tables} & {"responses", "invitations"})

    @property
    def known_in_training(self) -> float:
        return (1 - self.seen.missing) * self.n_training

    def differs(self, what: str, rows: int, of: int, text: str, *, limit: str = "", beyond: bool = False) -> Drift:
        where = f"scoring.{limit} = {getattr(self.limits, limit):g}" if limit else ""
        return Drift(self.name, what, rows, rows / max(of, 1), where, beyond, text)


def _written_otherwise(case: _Case) -> Iterator[Drift]:
    n = case.column.known[RENAMED]
    if n:
        text = (
            f"{_of(n, case.rows)} differ by case, blanks or type from the values of the training and count as these"
        )
        yield case.differs("written otherwise", n, case.rows, text)


def _unused(case: _Case) -> Iterator[Drift]:
    n = case.column.known[UNUSED]
    if n:
        text = f"{_of(n, case.rows)} have a value; the column was empty in training, so they are not used"
        yield case.differs("empty in training", n, case.rows, text)


def _unseen(case: _Case) -> Iterator[Drift]:
    n = case.column.known[UNSEEN]
    if n:
        named = [f"{name!r} {k:,}" for name, k in (case.column.unseen or {}).items() if k >= _NAMED_FROM][:5]
        names = f": {', '.join(named)}" if named else ""
        beyond = case.rows >= _ENOUGH_ROWS and n / case.rows > case.limits.max_unseen_share
        text = f"{_of(n, case.rows)} have a level that training did not see{names}"
        yield case.differs("unseen levels", n, case.rows, text, limit="max_unseen_share", beyond=beyond)


def _missing(case: _Case) -> Iterator[Drift]:
    n, before = case.column.known[MISSING], case.seen.missing
    limit = case.limits.max_missing_increase
    change, sure = n / case.rows - before, _sure(n, case.rows, before, case.n_training)
    size = change if case.moves else abs(change)
    if (sure and size > min(_NOTED_MISSING, limit)) or (n and before == 0):
        text = f"{_of(n, case.rows)} are empty, in training {_percent(before)}"
        beyond = sure and change > limit
        yield case.differs("missing", n, case.rows, text, limit="max_missing_increase", beyond=beyond)


def _outside(case: _Case) -> Iterator[Drift]:
    n, of, limit = case.column.outside, case.column.compared, case.limits.max_outside_share
    if not n or case.moves or not isinstance(case.seen, SeenNumbers):
        return
    before = case.seen.outside
    change = n / of - before
    if change > min(_NOTED_OUTSIDE, limit) and _sure(n, of, before, case.known_in_training):
        low, high = case.seen.points[0], case.seen.points[-1]
        text = (
            f"{_percent(n / of)} of the numbers are far outside those of the training ({low:.4g} to {high:.4g}), "
            f"in training {_percent(before)}"
        )
        yield case.differs("range", n, of, text, limit="max_outside_share", beyond=change > limit)


def _shift(case: _Case) -> Iterator[Drift]:
    n = case.column.compared
    if not n or case.moves or case.known_in_training < 1:
        return
    size, text = _moved_numbers(case) if isinstance(case.seen, SeenNumbers) else _moved_levels(case)
    chance = _FAR_APART * sqrt(1 / n + 1 / case.known_in_training)
    if size > max(chance, min(_NOTED_SHIFT, case.limits.max_shift)):
        beyond = size > case.limits.max_shift
        yield case.differs("distribution", round(size * n), n, text, limit="max_shift", beyond=beyond)


def _moved_numbers(case: _Case) -> tuple[float, str]:
    """Return the largest distance between the two cumulative distributions, and where it is; 0 for a constant."""
    seen, column = case.seen, case.column
    if not isinstance(seen, SeenNumbers) or len(seen.points) < 2:
        return 0.0, ""
    now = np.concatenate([np.array(column.below), np.array(column.up_to)]) / column.compared
    then = np.concatenate([np.array(seen.below), np.array(seen.up_to)])
    k = int(np.argmax(np.abs(now - then)))
    word = "below" if k < len(seen.points) else "up to"
    point = seen.points[k % len(seen.points)]
    text = f"{_percent(now[k])} of the numbers are {word} {point:.4g}, in training {_percent(then[k])}"
    return float(abs(now[k] - then[k])), text


def _moved_levels(case: _Case) -> tuple[float, str]:
    """Return half the sum of the changes in the shares of known levels, and the level with the largest change."""
    seen, column = case.seen, case.column
    if not isinstance(seen, SeenLevels) or len(seen.names) < 2 or not sum(column.levels):
        return 0.0, ""
    now, then = np.array(column.levels) / sum(column.levels), np.array(seen.shares)
    k = int(np.argmax(np.abs(now - then)))
    # many rare levels differ by chance alone
    chance = 0.4 * float(np.sqrt(then * (1 - then) * (1 / sum(column.levels) + 1 / case.n_training)).sum())
    text = f"{_percent(now[k])} of the levels known are {seen.names[k]!r}, in training {_percent(then[k])}"
    return max(float(np.abs(now - then).sum()) / 2 - chance, 0.0), text


_CHECKS: tuple[Callable[[_Case], Iterator[Drift]], ...] = (
    _unseen,
    _missing,
    _outside,
    _shift,
    _written_otherwise,
    _unused,
)
_CHECKS_OF_FEW_ROWS = (_unseen, _written_otherwise, _unused)


def _sure(n: int, of: int, before: float, of_before: float) -> bool:
    """Return whether a share differs from what it was before by more than chance."""
    pooled = (n + before * of_before) / (of + of_before)
    return abs(n / of - before) > _SURE * sqrt(pooled * (1 - pooled) * (1 / of + 1 / max(of_before, 1)))


def _of(n: int, rows: int) -> str:
    return f"{n:,} of {counted(rows, 'row')} ({_percent(n / rows)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
