"""Which rows of checked tables are used by a population and its features, and for which reason others are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from silentnps.config import WavesConfig
from silentnps.data.checking.versions import known_before, latest, with_versions
from silentnps.features.catalog import CATALOG
from silentnps.features.engine.expressions import available_features, needed_features
from silentnps.features.population.survey_answers import relational_answers
from silentnps.features.population.wave_assignment import PERSON_WAVE, answers_and_invitations
from silentnps.schema import KNOWN_AT, TABLES

ELSEWHERE = {"follow_up": "`estimate` says which calls count"}
"""Tables that other commands use."""

NOWHERE = "nothing uses it yet"

_NOT_RELATIONAL = "not relational, where other answers are"
_SUPERSEDED = "superseded by a later version"
_NO_WAVE = "before the first wave"
_EARLIER = "followed by a later one of the same customer in the same wave"
_NOT_IN_BASE = "of customers who signed up later"
_TOO_LATE = "not known before the last as_of of their customer"
_NOT_READ = "read by none of the features"


@dataclass(frozen=True)
class Used:
    """How many rows of a table are used, and how many are not, each of these under one reason."""

    n: int
    aside: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, n_rows: int, aside: Mapping[str, int]) -> Used:
        """Return what is left of so many rows."""
        there = {reason: n for reason, n in aside.items() if n}
        return cls(n_rows - sum(there.values()), there)


def rows_used(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    sizes: Mapping[str, int],
    *,
    waves: WavesConfig | None,
    zone: str | None = None,
    exclude: Collection[str] = (),
) -> dict[str, Used]:
    """Return for each table which of its rows are used.

    An answer is used as the rating of a respondent, an invitation as that of a customer in a wave; earlier ones are
    at most previous answers and invitations. A row of another table is used if it was known before the `as_of` of
    some row of the population.

    Parameters
    ----------
    sizes
        How many rows each table has.
    waves
        Those of the population; None for the base at a moment, in which answers and invitations are events.
    """
    features = needed_features(available_features(tables), exclude)
    read = {name for each in features for name in each.tables}
    base = _Base.of(population, sizes["customers"])
    used = {"customers": Used.of(sizes["customers"], {_NOT_IN_BASE: base.n_without})}
    asked = {} if waves is None else _asked(tables, population, sizes, waves, zone)
    for name in (name for name in tables if name != "customers"):
        if name in asked:
            used[name] = asked[name]
        elif name in ELSEWHERE:
            used[name] = Used(sizes[name])
        elif name not in read:
            used[name] = Used.of(sizes[name], {_NOT_READ if _has_features(name) else NOWHERE: sizes[name]})
        else:
            used[name] = Used.of(sizes[name], _unseen(name, tables[name], base, sizes[name]))
    return used


def _has_features(name: str) -> bool:
    return any(name in each.tables for each in CATALOG.values())


def _asked(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    sizes: Mapping[str, int],
    waves: WavesConfig,
    zone: str | None,
) -> dict[str, Used]:
    rows = answers_and_invitations(tables, waves, zone)
    used = {}
    if "responses" in tables:
        last = latest("responses", tables["responses"])
        n_last, n_relational = _count(last), _count(relational_answers(last))
        aside = {_SUPERSEDED: sizes["responses"] - n_last, _NOT_RELATIONAL: n_last - n_relational}
        used["responses"] = Used.of(
            sizes["responses"], aside | _in_waves(rows.filter(~rows.by_invitation), population)
        )
    if "invitations" in tables:
        invited = rows.filter(rows.by_invitation)
        used["invitations"] = Used.of(sizes["invitations"], _in_waves(invited, population))
    return used


def _in_waves(rows: ir.Table, population: ir.Table) -> dict[str, int]:
    """Count the rows of no wave, of customers who were not in the base then, and earlier ones of a wave."""
    n_rows, n_no_wave = rows.aggregate(n=rows.count(), no=rows.wave.isnull().sum().fill_null(0)).execute().iloc[0]
    there = rows.filter(rows.wave.notnull()).semi_join(population, PERSON_WAVE)
    n_there, n_pairs = _count(there), _count(there.select(*PERSON_WAVE).distinct())
    outside = int(n_rows) - int(n_no_wave) - n_there
    return {_NO_WAVE: int(n_no_wave), _NOT_IN_BASE: outside, _EARLIER: n_there - n_pairs}


@dataclass(frozen=True)
class _Base:
    """The last `as_of` of each customer of a population, the lowest of these, how many customers are not in it."""

    population: ir.Table
    last: ir.Table
    lowest: datetime
    n_without: int

    @classmethod
    def of(cls, population: ir.Table, n_customers: int) -> _Base:
        grouped = population.group_by("customer_id").aggregate(last_as_of=population.as_of.max())
        last = population.get_backend().create_table(gen_name("last_as_of"), grouped, temp=True)
        bounds = last.aggregate(n=last.count(), low=last.last_as_of.min())
        found = bounds.execute().iloc[0]
        lowest = found["low"] if found["n"] else datetime.max
        return cls(population, last, lowest, max(n_customers - int(found["n"]), 0))


def _unseen(name: str, rows: ir.Table, base: _Base, n_rows: int) -> dict[str, int]:
    """Count the rows that no row of the population sees."""
    aside: dict[str, int] = {}
    if name == "responses":
        rows = relational_answers(rows)
        aside[_NOT_RELATIONAL] = n_rows - _count(rows)
    versions = with_versions(name, rows)
    clock = str(TABLES[name].clock)
    outside = _count(rows.anti_join(base.last, "customer_id")) if base.n_without else 0
    aside |= {_NOT_IN_BASE: outside, _TOO_LATE: _n_late(versions, base, clock)}
    if versions is rows:
        return aside
    moments = base.population.select(person="customer_id", then="as_of")
    before = [versions[clock] < moments.then, *known_before(versions, moments.then)]
    seen = versions.semi_join(moments, [versions.customer_id == moments.person, *before])
    return aside | {_SUPERSEDED: n_rows - sum(aside.values()) - _count(seen)}


def _n_late(rows: ir.Table, base: _Base, clock: str) -> int:
    """Count the rows of customers of the base that were known at or after their last `as_of` only."""
    since = ibis.greatest(rows[clock], rows[KNOWN_AT]) if KNOWN_AT in rows.columns else rows[clock]
    known = rows.select("customer_id", since=since)
    # most are before the lowest of all, and need no customer
    late = known.filter(known.since >= ibis.literal(base.lowest, "timestamp")).join(base.last, "customer_id")
    return _count(late.filter(late.since >= late.last_as_of))


def _count(rows: ir.Table) -> int:
    return int(rows.count().execute())
