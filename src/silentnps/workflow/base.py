"""The customer base: checked tables, everybody in every wave or at a moment, and their features."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import pandas as pd

from silentnps.config import ProjectConfig, WavesConfig
from silentnps.data.checking.personal import LeftOut
from silentnps.data.findings import refuse_errors
from silentnps.errors import ConfigError
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.engine.rows_used import rows_used
from silentnps.features.leaks.leak_audit import Origin
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.population import build_population, population_at
from silentnps.features.population.survey_answers import directed
from silentnps.features.population.survey_findings import survey_findings
from silentnps.features.population.waves import wave_label, wave_rules
from silentnps.storage.duckdb_memory import limited_memory
from silentnps.workflow.artifacts.features_file import write_features_file
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.checked_tables import TableChecks, run_checks
from silentnps.workflow.left_out import AsTrained, as_trained, say_left_out, without_personal
from silentnps.workflow.watch import QUIET, Watch


def build_project(project: Project, *, watch: Watch = QUIET) -> tuple[pd.DataFrame, Origin]:
    """Build the features of every wave, write features.parquet and return them with what they were built from.

    Errors as `open_base`.
    """
    tables, population, left_out = _open(project, AsTrained(), None, watch)
    exclude = project.config.features.exclude
    frame = build_at_once(tables, population, exclude=exclude, target=project.features, watch=watch)
    return frame, Origin(tables, population, exclude, {column.column: column.reason for column in left_out})


def build_at_once(
    tables: Tables, population: Population, *, exclude: Collection[str], target: Path, watch: Watch = QUIET
) -> pd.DataFrame:
    """Build the features of a population in memory, write them to a file and return them."""
    frame = build_features(
        tables, population, exclude=exclude, progress=lambda name: watch.say(f"features of {name}")
    )
    write_features_file(frame, target)
    return frame


def open_base(
    project: Project, *, as_of: datetime | None = None, watch: Watch = QUIET
) -> tuple[Tables, Population]:
    """Check the tables and return them with the population of every wave, or with the base at a moment.

    Without a survey there is one wave: everybody at the last of `waves.dates`. Attributes that are personal or
    near-unique are left out: those that were left out when the model in use was trained, and new ones.

    Raises
    ------
    ConfigError
        If there are neither responses, invitations nor dates, or the waves are contradictory.
    DataError
        If a check of the tables fails.
    """
    tables, population, _ = _open(project, as_trained(project.model), as_of, watch)
    return tables, population


def _open(
    project: Project, trained: AsTrained, as_of: datetime | None, watch: Watch
) -> tuple[Tables, Population, tuple[LeftOut, ...]]:
    project.prepare_output()
    config = project.config
    checks = run_checks(config, trained)
    with checks.written_to(project.findings):
        refuse_errors(checks.findings)
        clean = without_personal(config, checks.clean, checks.left_out, trained)
        tables = directed(clean, config.features.higher_is_better)
        population = complete_checks(tables, config, checks, as_of=as_of)
        if population is None:
            raise ConfigError(str(checks.errors[0]))
    for line in checks.lines():
        watch.say(line)
    say_left_out(checks.left_out, watch)
    return dict(tables), population, checks.left_out


def complete_checks(
    tables: Tables, config: ProjectConfig, checks: TableChecks, *, as_of: datetime | None = None
) -> Population | None:
    """Return the population, None if a finding of the waves is an error; complete the checks."""
    moment = None if as_of else _moment_without_survey(tables, config.waves, config.timezone)
    in_waves = as_of is None and moment is None
    findings = checks.findings
    with limited_memory(tables["customers"].get_backend()):
        if in_waves:
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
            "table, or the moment of the features such as `waves: {dates: [2025-07-01T00:00:00Z]}`."
        )
    return max(naive_utc(date, zone) for date in waves.dates)
