"""Customers of whom less may be done: those who opted out, and those who were forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

from silentnps.config import ProjectConfig
from silentnps.counts import counted
from silentnps.data.checking.checks import clean_tables
from silentnps.data.identity.linked_tables import read_linked_tables
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.population.opted_out import ids_of, opted_out_of, without_answers, without_ids
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.privacy.forgotten import read_forgotten
from silentnps.workflow.watch import Watch


def without_objectors(project: Project, tables: Tables, watch: Watch) -> Tables:
    """Return the tables without forgotten customers, and without those who opted out if they are not counted.

    Raises
    ------
    DataError
        If the record of forgotten customers cannot be used.
    """
    forgotten = _forgotten_in(project, tables)
    if forgotten:
        watch.say(
            f"left out: {counted(len(forgotten), 'forgotten customer')}, of whom the tables still have rows. "
            "Remove them there"
        )
        tables = {name: without_ids(table, forgotten) for name, table in tables.items()}
    out = opted_out_of(tables["customers"])
    if project.config.privacy.opted_out.count or out is None:
        return tables
    ids = ids_of(out)
    if ids:
        watch.say(f"left out: {counted(len(ids), 'customer')} who opted out; no estimate counts them")
    return {name: without_ids(table, ids) for name, table in tables.items()}


def without_their_answers(
    config: ProjectConfig, tables: Tables, population: Population, watch: Watch
) -> Population:
    """Return the population in which customers who opted out never were invited and did not answer.

    They then are silent customers who enter no fit and whom the estimate of the base counts. With
    `privacy.opted_out.train` the population is unchanged.
    """
    out = opted_out_of(tables["customers"])
    if config.privacy.opted_out.train or out is None:
        return population
    changed, n, answers = without_answers(population, out)
    if n:
        watch.say(
            f"opted out: {counted(n, 'customer')}, who train no model ({counted(answers, 'answer')} set aside) "
            "and count as never invited"
        )
    return changed


def opted_out_ids(config: ProjectConfig) -> frozenset[str]:
    """Return the ids of the customers who opted out, by the table as it is now."""
    read = read_linked_tables(config, ("customers",))
    clean, _ = clean_tables(
        read.tables, now=datetime.now(UTC), earliest=config.earliest, identified_by=read.identified_by
    )
    out = opted_out_of(clean["customers"])
    return frozenset() if out is None else frozenset(ids_of(out))


def _forgotten_in(project: Project, tables: Tables) -> frozenset[str]:
    """Return the forgotten ids of which the tables still have rows."""
    record = read_forgotten(project)
    if record is None or not record.customers:
        return frozenset()
    return frozenset[str]().union(*(record.among(ids_of(table)) for table in tables.values()))
