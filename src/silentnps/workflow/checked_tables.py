"""The checked tables of a project: what was found, what is left out, which rows are used; validation.csv."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from silentnps.config import ProjectConfig, WavesConfig
from silentnps.data.checking.checks import CheckedTable, check_tables, clean_tables, used_table
from silentnps.data.checking.personal import LeftOut
from silentnps.data.checking.unmatched import judge_unmatched, match_notes
from silentnps.data.findings import Finding, Note, Refusal, findings_table, refuse_errors
from silentnps.data.identity.linked_tables import LinkedTables, gather_linked_tables, read_linked_tables
from silentnps.data.reading.column_facts import TableFacts
from silentnps.data.reading.refusals import Refusals
from silentnps.data.reading.sources import CONFIGURATION
from silentnps.errors import ConfigError
from silentnps.features.definitions.customers import attribute_names
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.engine.rows_used import ELSEWHERE, NOWHERE, UsedRows, rows_used
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.population import build_population, population_at
from silentnps.features.population.survey_findings import survey_findings
from silentnps.features.population.waves import wave_label, wave_rules
from silentnps.storage.atomic import replace_file
from silentnps.storage.duckdb_memory import limited_memory
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.left_out import AsTrained, known_names, left_out_of, left_out_table

_ASKED = {"responses", "invitations"}

_EFFECTS = {"note": "kept", "column": "left out"}
"""What was done with the bad rows of a finding, as progress says it; any other effect sets them aside."""


@dataclass
class TableChecks:
    """What is known of a project's tables.

    `checked` has the clean tables with their counts. `findings` and `used` are completed once the population is
    known: the findings of the waves are added, and for each table which of its rows are used.
    """

    checked: Mapping[str, CheckedTable]
    findings: list[Finding]
    left_out: tuple[LeftOut, ...]
    used: Mapping[str, UsedRows] = field(default_factory=dict)
    facts: Mapping[str, TableFacts] = field(default_factory=dict)

    @property
    def clean(self) -> Tables:
        """Return the clean rows of each table."""
        return {name: table.clean for name, table in self.checked.items()}

    @property
    def n_clean(self) -> dict[str, int]:
        """Return the number of clean rows of each table."""
        return {name: table.n_used for name, table in self.checked.items()}

    @property
    def errors(self) -> list[Finding]:
        """Return the findings that stop the work."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @contextmanager
    def written_to(self, path: Path) -> Iterator[None]:
        """Write validation.csv when the block ends, also if an error ends it."""
        try:
            yield
        finally:
            table = self._table()
            replace_file(path, lambda temporary: write_csv(table, temporary))

    def _table(self) -> pd.DataFrame:
        """Return the findings, the columns left out, how many rows of each table are used, and why not all."""
        counts = {
            name: replace(table, n_used=self.used[name].n) if name in self.used else table
            for name, table in self.checked.items()
        }
        notes = [
            f"Of {table.n_rows}.{_not_used(table, self.used.get(name))}" for name, table in self.checked.items()
        ]
        rows_used = used_table(counts).assign(cure=notes)
        return pd.concat([findings_table(self.findings), left_out_table(self.left_out), rows_used])

    def lines(self) -> list[str]:
        """Return one line per finding, then one per table: how many of its rows are used, and why not all."""
        lines = [f"{_EFFECTS.get(finding.effect, 'set aside')}: {finding}" for finding in self.findings]
        return lines + [_line(name, table, self.used.get(name)) for name, table in self.checked.items()]


def run_checks(config: ProjectConfig, trained: AsTrained) -> TableChecks:
    """Read and check the tables, and decide which attributes are left out.

    Raises
    ------
    ConfigError, DataError
        If a table cannot be read, or `features.include` names what is no attribute.
    """
    checks = gather_checks(config, trained)
    refuse_errors(finding for finding in checks.findings if isinstance(finding, Refusal))
    return checks


def gather_checks(config: ProjectConfig, trained: AsTrained, *, facts: bool = False) -> TableChecks:
    """Check the tables as `run_checks` does, but make findings of all errors, those of reading first.

    Tables that cannot be opened are missing among the checked ones. With `facts`, columns are described, too.
    """
    read = _under_known_names(gather_linked_tables(config, facts=facts), config, trained)
    unread = {(finding.table, finding.column) for finding in read.findings if isinstance(finding, Refusal)}
    if not read.tables:
        return TableChecks({}, list(read.findings), ())
    with limited_memory(next(iter(read.tables.values())).get_backend()):
        checked = check_tables(
            read.tables,
            now=datetime.now(UTC),
            earliest=config.earliest,
            identified_by=read.identified_by,
            survey=config.survey,
            unread=unread,
        )
        findings = [*read.findings, *judge_unmatched(read.tables, checked, read.config, read.hints)]
    findings += match_notes(checked, read.config)
    left_out: tuple[LeftOut, ...] = ()
    refusals = Refusals(CONFIGURATION)
    if "customers" in checked:
        with refusals.gathered("features.include"):
            left_out = left_out_of(config.features, {"customers": checked["customers"].clean}, trained)
    return TableChecks(checked, [*findings, *refusals.found], left_out, facts=read.facts)


def _under_known_names(read: LinkedTables, config: ProjectConfig, trained: AsTrained) -> LinkedTables:
    """Return the tables with the attributes of customers called as the model and the configuration call them."""
    name = "customers"
    if name not in read.tables:
        return read
    table = read.tables[name]
    names = known_names(attribute_names(table), config, trained)
    if not names:
        return read
    said = ", ".join(f"{own} as {known}" for own, known in names.items())
    note = Note.of(name, f"names that differ in case and blanks only are the same: it reads {said}.")
    tables = {**read.tables, name: table.rename({known: own for own, known in names.items()})}
    facts = {
        each: replace(of, columns=tuple(replace(c, column=names.get(c.column, c.column)) for c in of.columns))
        if each == name
        else of
        for each, of in read.facts.items()
    }
    return replace(read, tables=tables, facts=facts, findings=(*read.findings, note))


def complete_checks(
    tables: Tables, config: ProjectConfig, checks: TableChecks, *, as_of: datetime | None = None
) -> Population | None:
    """Return the population, None if a finding of the waves is an error; complete the checks."""
    moment = None if as_of else _moment_without_survey(tables, config.waves, config.timezone)
    in_waves = as_of is None and moment is None
    findings = checks.findings
    with limited_memory(next(iter(tables.values())).get_backend()):
        if in_waves and not _ASKED & {finding.table for finding in checks.errors}:
            findings = [*findings, *survey_findings(tables, config.waves, config.timezone)]
        if any(finding.severity == "error" for finding in findings):
            checks.findings = findings
            return None
        population = _population_of(tables, config, as_of, moment)
        checks.used = rows_used(
            tables,
            population,
            checks.n_clean,
            waves=config.waves if in_waves else None,
            zone=config.timezone,
            exclude=config.features.exclude,
        )
    checks.findings = findings
    return population


def read_clean(config: ProjectConfig, name: str) -> Tables:
    """Return the clean rows of one table of the project, by its name."""
    read = read_linked_tables(config, (name,))
    return clean_tables(
        read.tables, now=datetime.now(UTC), earliest=config.earliest, identified_by=read.identified_by
    )[0]


def _line(name: str, table: CheckedTable, used: UsedRows | None) -> str:
    if used is not None and NOWHERE in used.aside:
        n = used.aside[NOWHERE]
        return f"{name}: {n:,} of {table.n_rows:,} rows read and checked; {NOWHERE}.{_not_used(table, None)}"
    n = table.n_used if used is None else used.n
    not_used = _not_used(table, used)
    if name in ELSEWHERE:
        return f"{name}: {n:,} of {table.n_rows:,} rows kept; {ELSEWHERE[name]}.{not_used}"
    return f"{name}: {n:,} of {table.n_rows:,} rows used.{not_used}"


def _not_used(table: CheckedTable, used: UsedRows | None) -> str:
    reasons = {**table.aside, **(used.aside if used else {})}
    listed = ", ".join(f"{n:,} ({reason})" for reason, n in reasons.items())
    return f" Not used: {listed}." if listed else ""


def _population_of(
    tables: Tables, config: ProjectConfig, as_of: datetime | None, without_survey: datetime | None
) -> Population:
    """Return the base at `as_of`, or at the moment of a base without a survey, or else everybody in every wave."""
    if as_of:
        return population_at(tables, as_of)
    if without_survey:
        return population_at(tables, without_survey, label=wave_label(without_survey, config.timezone))
    return build_population(tables, config.waves, zone=config.timezone)


def _moment_without_survey(tables: Collection[str], waves: WavesConfig, zone: str | None) -> datetime | None:
    """Return the last of the declared dates (UTC, naive) if nobody was surveyed, None if somebody was."""
    if "responses" in tables or "invitations" in tables:
        return None
    wave_rules(waves)  # raises the errors of contradictory waves
    if not waves.dates:
        raise ConfigError(
            "tables must have responses or invitations, or waves must have dates; got none of them. Add a survey's "
            "table, or the moment of the features: `silentnps features --as-of DATE`, or "
            "`waves: {dates: [2025-07-01T00:00:00Z]}`."
        )
    return max(naive_utc(date, zone) for date in waves.dates)
