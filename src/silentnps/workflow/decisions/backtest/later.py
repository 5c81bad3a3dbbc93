"""What silent customers and those who answered did after each wave, by predicted or answered class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.counts import counted
from silentnps.evaluation.backtest.behaviour import Followed, recency_strata, shares_by_class
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.workflow.decisions.backtest.events import Events, Moments, as_moments, read_events
from silentnps.workflow.decisions.backtest.waves import AsThen, Customers

USUAL_DAYS = 90
"""How long customers are followed, or up to the next wave if that is sooner."""

BOUGHT, RETURNED, LAPSED = "bought again", "returned", "lapsed"
EVERY_WAVE = "all"
"""In place of a wave: all of them together."""

MEANINGS = {
    BOUGHT: "an order in the {days} days from a wave on",
    RETURNED: "a return in the {days} days from a wave on",
    LAPSED: "no order in these {days} days, of those who ordered in as many before",
}
"""What the outcomes are."""

_TABLES = {BOUGHT: "orders", RETURNED: "returns", LAPSED: "orders"}


@dataclass(frozen=True)
class Later:
    """What was found: `table` has one row per outcome, kind of customers, wave and class.

    The kinds are `predicted` (silent customers by their probabilities) and `answered` (by the class they answered).
    """

    table: pd.DataFrame
    days: int
    notes: list[str]


@dataclass(frozen=True)
class _Scored:
    """Rows of customers with what they count as, when they were scored, and since when they had not ordered."""

    classes: Floats
    codes: Integers
    moments: Moments
    recency: Floats
    waves: np.ndarray

    def take(self, rows: Booleans) -> _Scored:
        return _Scored(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def usual_days(customers: Customers, waves: Sequence[str]) -> int:
    """Return 90 days, or fewer where the next wave comes sooner."""
    as_of = customers.frame["as_of"]
    middle = np.array([as_of.iloc[customers.rows(wave)].median() for wave in sorted(waves)], dtype="datetime64[us]")
    gaps = np.diff(middle) // np.timedelta64(1, "D")
    return max(1, min((USUAL_DAYS, *map(int, gaps.astype(np.int64)))))


def follow(
    customers: Customers,
    then: Mapping[str, AsThen],
    config: ProjectConfig,
    *,
    days: int,
    barred: frozenset[str],
    confidence_level: float,
) -> Later:
    """Follow customers for some days after they were scored or answered.

    `barred` are ids of customers who get no score. A window that the table does not cover to its end is left out.
    """
    ids = pd.Index(customers.frame["customer_id"].iloc[_first_rows(customers.persons)])
    events = {name: read_events(config, name, ids) for name in dict.fromkeys(_TABLES.values())}
    both = {
        "predicted": _scored(customers, then, events["orders"], barred, answered=False),
        "answered": _scored(customers, then, events["orders"], frozenset(), answered=True),
    }
    tables: list[pd.DataFrame] = []
    cut: dict[tuple[str, int], list[str]] = {}
    for outcome, name in _TABLES.items():
        found, n_cut = events[name], Counter[str]()
        if found is None:
            continue
        for kind, scored in both.items():
            kept = _Kept.of(outcome, found, scored, np.timedelta64(days, "D"))
            tables += [each.assign(outcome=outcome, customers=kind) for each in kept.tables(confidence_level)]
            n_cut += kept.cut
        for wave, n in n_cut.items():
            cut.setdefault((wave, n), []).append(outcome)
    notes = [f"{_TABLES[outcome]} has no rows, so who {outcome} is not known" for outcome in _unknown(events)]
    notes += [
        f"{', '.join(outcomes)}: {counted(n, 'customer')} of {wave} left out: the tables do not cover {days} days"
        for (wave, n), outcomes in sorted(cut.items())
    ]
    first = ["outcome", "customers", "wave"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=first)
    return Later(table[[*first, *(name for name in table if name not in first)]].assign(days=days), days, notes)


def _unknown(events: Mapping[str, Events | None]) -> list[str]:
    return [outcome for outcome, name in _TABLES.items() if events[name] is None]


def _first_rows(persons: Integers) -> Integers:
    """Return the first row of each person, in the order of their codes."""
    return np.unique(persons, return_index=True)[1]


def _scored(
    customers: Customers,
    then: Mapping[str, AsThen],
    orders: Events | None,
    barred: frozenset[str],
    *,
    answered: bool,
) -> _Scored:
    allowed = ~customers.frame["customer_id"].isin(barred).to_numpy()
    parts = {wave: customers.rows(wave, answered=answered) for wave in then}
    parts = {wave: rows[allowed[rows]] for wave, rows in parts.items()}
    classes = [
        np.eye(3)[customers.classes[rows]] if answered else customers.as_silent(then[wave].bundle, rows)
        for wave, rows in parts.items()
        if len(rows)
    ]
    rows = np.concatenate(list(parts.values()))
    codes, moments = customers.persons[rows], as_moments(customers.frame["as_of"].iloc[rows])
    return _Scored(
        np.concatenate(classes) if classes else np.zeros((0, 3)),
        codes,
        moments,
        np.full(len(rows), np.nan) if orders is None else orders.days_since(codes, moments),
        np.repeat(list(parts), [len(each) for each in parts.values()]),
    )


@dataclass(frozen=True)
class _Kept:
    """The customers whose days a table covers, of whom an outcome `happened`; `cut` counts the others by wave."""

    scored: _Scored
    happened: Booleans
    cut: Counter[str]

    @staticmethod
    def of(outcome: str, events: Events, scored: _Scored, length: np.timedelta64) -> _Kept:
        """Find out what happened from each moment on; lapsed customers had ordered in as many days before."""
        before = scored.moments - length
        covered = events.covers(before if outcome == LAPSED else scored.moments, scored.moments + length)
        kept = scored.take(covered)
        if outcome == LAPSED:
            kept = kept.take(events.between(kept.codes, kept.moments - length, kept.moments) > 0)
        happened = events.between(kept.codes, kept.moments, kept.moments + length) > 0
        cut = Counter(scored.waves[~covered].tolist())
        return _Kept(kept, ~happened if outcome == LAPSED else happened, cut)

    def tables(self, confidence_level: float) -> Iterator[pd.DataFrame]:
        """Yield the shares of all waves together and of each."""
        waves = self.scored.waves
        for wave in (EVERY_WAVE, *dict.fromkeys(waves.tolist())):
            chosen = np.asarray((waves == wave) | (wave == EVERY_WAVE))
            if chosen.any():
                kept = self.scored.take(chosen)
                strata = recency_strata(kept.recency)
                followed = Followed(kept.classes, self.happened[chosen], strata, kept.codes)
                yield shares_by_class(followed, confidence_level=confidence_level).assign(wave=wave)
