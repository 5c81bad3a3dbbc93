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

ELSEWHERE = {
    "follow_up": "`estimate` says which calls count",
    "campaigns": "`impact` says what each campaign changed",
}
"""Tables that other commands use."""

NOWHERE = "nothing uses it yet"

_NOT_RELATIONAL = "not relational, where other answers are"
_SUPERSEDED = "superseded by a later version"
_NO_WAVE = "before the first wave"
_EARLIER = "followed by a later one of the same customer in the same wave"
_LATER = "preceded by an earlier one of the same customer in the same wave"
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
    events = [name for name in tables if name in read and name not in {"customers", *asked, *ELSEWHERE}]
    unseen = _unseen(tables, events, base, sizes)
    for name in (name for name in tables if name != "customers"):
        if name in asked:
            used[name] = asked[name]
        elif name in ELSEWHERE:
            used[name] = UsedRows(sizes[name])
        elif name in unseen:
            used[name] = UsedRows.of(sizes[name], unseen[name])
        else:
            used[name] = UsedRows.of(sizes[name], {_NOT_READ if _has_features(name) else NOWHERE: sizes[name]})
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
    counted = {}
    if "responses" in tables:
        last = latest("responses", tables["responses"])
        counted = {"last": last, "relational": relational_answers(last)}
        counted |= _in_waves("responses", rows.filter(~rows.by_invitation), population)
    if "invitations" in tables:
        counted |= _in_waves("invitations", rows.filter(rows.by_invitation), population)
    n, used = _counts(counted), {}
    if "responses" in tables:
        aside = {_SUPERSEDED: sizes["responses"] - n["last"], _NOT_RELATIONAL: n["last"] - n["relational"]}
        repeated = _LATER if waves.repeats == "first" else _EARLIER
        used["responses"] = UsedRows.of(sizes["responses"], aside | _aside_in_waves("responses", n, repeated))
    if "invitations" in tables:
        used["invitations"] = UsedRows.of(sizes["invitations"], _aside_in_waves("invitations", n, _EARLIER))
    return used


def _in_waves(name: str, rows: ir.Table, population: ir.Table) -> dict[str, ir.Table]:
    """Return the rows of a table, those in a wave, those of customers in the base, and one of each in a wave."""
    in_wave = rows.filter(rows.wave.notnull())
    in_base = in_wave.semi_join(population, PERSON_WAVE)
    once = in_base.select(*PERSON_WAVE).distinct()
    return {f"{name} all": rows, f"{name} in wave": in_wave, f"{name} in base": in_base, f"{name} once": once}


def _aside_in_waves(name: str, n: Mapping[str, int], repeated: str) -> dict[str, int]:
    """Count the rows of no wave, those of customers not yet in the base, and all but one of each in a wave."""
    of_all, in_wave, in_base, once = (n[f"{name} {what}"] for what in ("all", "in wave", "in base", "once"))
    return {_NO_WAVE: of_all - in_wave, _NOT_IN_BASE: in_wave - in_base, repeated: in_base - once}


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


def _unseen(
    tables: Mapping[str, ir.Table], names: Collection[str], base: _Base, sizes: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Count for each table the rows that are used for no row of the population, by reason."""
    counted: dict[str, ir.Table] = {}
    for name in names:
        rows = tables[name]
        if name == "responses":
            counted["relational"] = rows = relational_answers(rows)
        versions, clock = with_versions(name, rows), str(TABLES[name].clock)
        counted[f"{name} late"] = _late(versions, base, clock)
        if base.n_without:
            counted[f"{name} outside"] = rows.anti_join(base.last, "customer_id")
        if versions is not rows:
            counted[f"{name} seen"] = _seen(versions, base, clock)
    n, unseen = _counts(counted), {}
    for name in names:
        aside = {_NOT_RELATIONAL: sizes[name] - n["relational"]} if name == "responses" else {}
        aside |= {_NOT_IN_BASE: n.get(f"{name} outside", 0), _TOO_LATE: n[f"{name} late"]}
        if f"{name} seen" in n:
            aside[_SUPERSEDED] = sizes[name] - sum(aside.values()) - n[f"{name} seen"]
        unseen[name] = aside
    return unseen


def _seen(versions: ir.Table, base: _Base, clock: str) -> ir.Table:
    """Return the versions of rows that some row of the population sees."""
    moments = base.population.select(person="customer_id", then="as_of")
    before = [versions[clock] < moments.then, *known_before(versions, moments.then)]
    return versions.semi_join(moments, [versions.customer_id == moments.person, *before])


def _late(rows: ir.Table, base: _Base, clock: str) -> ir.Table:
    """Return the rows of customers in the base that became known only at or after the customer's last `as_of`."""
    since = ibis.greatest(rows[clock], rows[KNOWN_AT]) if KNOWN_AT in rows.columns else rows[clock]
    known = rows.select("customer_id", since=since)
    # most rows are before the lowest `as_of` of all and need no join
    late = known.filter(known.since >= ibis.literal(base.lowest, "timestamp")).join(base.last, "customer_id")
    return late.filter(late.since >= late.last_as_of)


def _counts(tables: Mapping[str, ir.Table]) -> dict[str, int]:
    """Count the rows of expressions in one query, in which what they share is written once."""
    counts = [
        rows.aggregate(n=rows.count()).select(place=ibis.literal(place, "int64"), n="n")
        for place, rows in enumerate(tables.values())
    ]
    if not counts:
        return {}
    found = ibis.union(*counts).to_pyarrow().to_pydict()
    by_place = dict(zip(found["place"], found["n"], strict=True))
    return {name: by_place[place] for place, name in enumerate(tables)}
