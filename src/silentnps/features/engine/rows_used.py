"""How many rows of the checked tables a population and its features use, and why the others are not used."""

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
class UsedRows:
    """How many rows of a table are used, and how many are not, by reason (one per row)."""

    n: int
    aside: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, n_rows: int, aside: Mapping[str, int]) -> UsedRows:
        """Return the use of `n_rows` rows, of which those in `aside` are not used."""
        unused = {reason: n for reason, n in aside.items() if n}
        return cls(n_rows - sum(unused.values()), unused)


def rows_used(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    sizes: Mapping[str, int],
    *,
    waves: WavesConfig | None,
    zone: str | None = None,
    exclude: Collection[str] = (),
) -> dict[str, UsedRows]:
    """Return for each table how many of its rows are used.

    An answer is used if it is the rating of a respondent, an invitation if it is the one of a customer in a wave;
    earlier ones serve at most as previous answers and invitations. A row of another table is used if it was known
    before the `as_of` of some row of the population.

    Parameters
    ----------
    sizes
        The number of rows of each table.
    waves
        The waves of the population; None for the base at one moment, for which answers and invitations are events.
    """
    features = needed_features(available_features(tables), exclude)
    read = {name for feature in features for name in feature.tables}
    base = _Base.of(population, sizes["customers"])
    used = {"customers": UsedRows.of(sizes["customers"], {_NOT_IN_BASE: base.n_without})}
    asked = {} if waves is None else _asked(tables, population, sizes, waves, zone)
    for name in (name for name in tables if name != "customers"):
        if name in asked:
            used[name] = asked[name]
        elif name in ELSEWHERE:
            used[name] = UsedRows(sizes[name])
        elif name not in read:
            used[name] = UsedRows.of(sizes[name], {_NOT_READ if _has_features(name) else NOWHERE: sizes[name]})
        else:
            used[name] = UsedRows.of(sizes[name], _unseen(name, tables[name], base, sizes[name]))
    return used


def _has_features(name: str) -> bool:
    return any(name in feature.tables for feature in CATALOG.values())


def _asked(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    sizes: Mapping[str, int],
    waves: WavesConfig,
    zone: str | None,
) -> dict[str, UsedRows]:
    rows = answers_and_invitations(tables, waves, zone)
    used = {}
    if "responses" in tables:
        last = latest("responses", tables["responses"])
        n_last, n_relational = _count(last), _count(relational_answers(last))
        aside = {_SUPERSEDED: sizes["responses"] - n_last, _NOT_RELATIONAL: n_last - n_relational}
        used["responses"] = UsedRows.of(
            sizes["responses"], aside | _in_waves(rows.filter(~rows.by_invitation), population)
        )
    if "invitations" in tables:
        invited = rows.filter(rows.by_invitation)
        used["invitations"] = UsedRows.of(sizes["invitations"], _in_waves(invited, population))
    return used


def _in_waves(rows: ir.Table, population: ir.Table) -> dict[str, int]:
    """Count the rows of no wave, those of customers not yet in the base, and all but the last of each in a wave."""
    n_rows, n_no_wave = rows.aggregate(n=rows.count(), no=rows.wave.isnull().sum().fill_null(0)).execute().iloc[0]
    in_base = rows.filter(rows.wave.notnull()).semi_join(population, PERSON_WAVE)
    n_in_base, n_pairs = _count(in_base), _count(in_base.select(*PERSON_WAVE).distinct())
    n_outside = int(n_rows) - int(n_no_wave) - n_in_base
    return {_NO_WAVE: int(n_no_wave), _NOT_IN_BASE: n_outside, _EARLIER: n_in_base - n_pairs}


@dataclass(frozen=True)
class _Base:
    """A population: the last `as_of` of each customer, the lowest of these, and how many customers it lacks."""

    population: ir.Table
    last: ir.Table
    lowest: datetime
    n_without: int

    @classmethod
    def of(cls, population: ir.Table, n_customers: int) -> _Base:
        grouped = population.group_by("customer_id").aggregate(last_as_of=population.as_of.max())
        last = population.get_backend().create_table(gen_name("last_as_of"), grouped, temp=True)
        bounds = last.aggregate(n=last.count(), low=last.last_as_of.min())
        n, low = bounds.execute().iloc[0]
        lowest = low if n else datetime.max
        return cls(population, last, lowest, max(n_customers - int(n), 0))


def _unseen(name: str, rows: ir.Table, base: _Base, n_rows: int) -> dict[str, int]:
    """Count the rows that are used for no row of the population, by reason."""
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
    """Count the rows of customers in the base that became known only at or after the customer's last `as_of`."""
    since = ibis.greatest(rows[clock], rows[KNOWN_AT]) if KNOWN_AT in rows.columns else rows[clock]
    known = rows.select("customer_id", since=since)
    # most rows are before the lowest `as_of` of all and need no join
    late = known.filter(known.since >= ibis.literal(base.lowest, "timestamp")).join(base.last, "customer_id")
    return _count(late.filter(late.since >= late.last_as_of))


def _count(rows: ir.Table) -> int:
    return int(rows.count().execute())
