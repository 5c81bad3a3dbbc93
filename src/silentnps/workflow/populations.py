"""The population of a project: everybody in every wave, or the base at a moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from silentnps.config import ProjectConfig, WavesConfig
from silentnps.errors import ConfigError
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.population import build_population, population_at
from silentnps.features.population.waves import wave_label, wave_rules


def population_of(
    tables: Tables, config: ProjectConfig, as_of: datetime | None, without_survey: datetime | None
) -> Population:
    """Return the base at `as_of`, or at the moment of a base without a survey, or else everybody in every wave."""
    if as_of:
        return population_at(tables, as_of)
    if without_survey:
        return population_at(tables, without_survey, label=wave_label(without_survey, config.timezone))
    return build_population(tables, config.waves, zone=config.timezone)


def moment_without_survey(tables: Collection[str], waves: WavesConfig, zone: str | None) -> datetime | None:
    """Return the last of the declared dates where nobody was surveyed (UTC, naive), None where somebody was."""
    if "responses" in tables or "invitations" in tables:
        return None
    wave_rules(waves)  # for the errors of contradictory waves
    if not waves.dates:
        raise ConfigError(
            "tables must have responses or invitations, or waves must have dates; got none of them. Add a survey's "
            "table, or the moment of the features such as `waves: {dates: [2025-07-01T00:00:00Z]}`."
        )
    return max(naive_utc(date, zone) for date in waves.dates)
