"""From tables to checked tables, features, and the data of one wave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.config import FeaturesConfig, ProjectConfig
from silentnps.data.checking.checks import Checked
from silentnps.data.checking.personal import LeftOut
from silentnps.data.findings import Finding, refuse_errors
from silentnps.errors import ConfigError, DataError
from silentnps.features.catalog import CATALOG
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import KEYS, Population, Tables
from silentnps.features.engine.rows_used import rows_used
from silentnps.features.leaks.leak_audit import Origin
from silentnps.features.learned.learned_features import LearnedFeatures, fit_learned
from silentnps.features.population.survey_answers import directed
from silentnps.features.population.survey_findings import survey_findings
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import class_of_rating
from silentnps.outcome.survey_data import SurveyData, tidy_features
from silentnps.storage.atomic import replace_file
from silentnps.storage.duckdb_memory import bounded
from silentnps.storage.parquet_tables import write_parquet
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.checking import checked_tables
from silentnps.workflow.counted import used_lines, write_findings
from silentnps.workflow.left_out import (
    AsTrained,
    as_trained,
    say_left_out,
    without_personal,
)
from silentnps.workflow.populations import moment_without_survey, population_of
from silentnps.workflow.watch import QUIET, Watch

_DONE = {"note": "kept", "column": "left out"}
"""What was done with the bad rows of a finding, in the words of the progress; else they were set aside."""

_ROWS_TOGETHER = 100_000
"""Rows of a group in a file of features, which whoever reads it in batches holds at a time."""


def validate(project: Project, *, watch: Watch = QUIET) -> list[Finding]:
    """Check the tables, write validation.csv, say what is left out as personal, and return the findings."""
    findings, checked, left_out = checked_tables(project, AsTrained())
    say_left_out(left_out, watch)
    if any(finding.severity == "error" for finding in findings):
        return findings
    tables = {name: one.clean for name, one in checked.items()}
    try:
        return _counted(project, findings, checked, tables, left_out)[0]
    except ConfigError:  # of waves and surveys that are not there: `features --as-of` does without
        return findings


def build_project(project: Project, *, watch: Watch = QUIET) -> tuple[pd.DataFrame, Origin]:
    """Build the features of every wave, write features.parquet and return them with what they were built from.

    Errors as `open_base`.
    """
    tables, population, left_out = _open(project, AsTrained(), None, watch)
    frame = build_at_once(project, tables, population, target=project.features, watch=watch)
    reasons = {each.column: each.reason for each in left_out}
    return frame, Origin(tables, population, project.config.features.exclude, reasons)


def build_at_once(
    project: Project, tables: Tables, population: Population, *, target: Path, watch: Watch = QUIET
) -> pd.DataFrame:
    """Build the features of a population in memory, write them into a file and return them."""
    exclude = project.config.features.exclude
    frame = build_features(
        tables, population, exclude=exclude, progress=lambda name: watch.say(f"features of {name}")
    )
    replace_file(target, lambda path: _write(as_text(frame), path), over_folder=True)
    return frame


def _write(frame: pd.DataFrame, path: Path) -> None:
    write_parquet(frame, path, row_group_size=_ROWS_TOGETHER)


def open_base(
    project: Project, *, as_of: datetime | None = None, watch: Watch = QUIET
) -> tuple[Tables, Population]:
    """Check the tables and return them with the population of every wave, or with the base at a moment.

    Without a survey there is one wave: everybody at the last of `waves.dates`. Attributes that are personal or
    near-unique are left out: those that were when the model in use was trained, and new ones.

    Raises
    ------
    ConfigError
        If there are neither responses, invitations nor dates, or the waves are contradictory.
    DataError
        If a check of the tables fails.
    """
    tables, population, _ = _open(project, as_trained(project), as_of, watch)
    return tables, population


def _open(
    project: Project, trained: AsTrained, as_of: datetime | None, watch: Watch
) -> tuple[Tables, Population, tuple[LeftOut, ...]]:
    findings, checked, left_out = checked_tables(project, trained)
    refuse_errors(findings)
    clean = without_personal(project, {name: one.clean for name, one in checked.items()}, left_out, trained)
    tables = directed(clean, project.config.features.higher_is_better)
    findings, population = _counted(project, findings, checked, tables, left_out, as_of=as_of, watch=watch)
    if population is None:
        raise ConfigError(next(str(finding) for finding in findings if finding.severity == "error"))
    say_left_out(left_out, watch)
    return dict(tables), population, left_out


def _counted(
    project: Project,
    findings: list[Finding],
    checked: Mapping[str, Checked],
    tables: Tables,
    left_out: tuple[LeftOut, ...],
    *,
    as_of: datetime | None = None,
    watch: Watch = QUIET,
) -> tuple[list[Finding], Population | None]:
    """Return the findings with those of the waves, and the population if none is an error; say what is used."""
    config = project.config
    moment = None if as_of else moment_without_survey(tables, config.waves, config.timezone)
    in_waves = as_of is None and moment is None
    with bounded(tables["customers"].get_backend()):
        if in_waves:
            findings = [*findings, *survey_findings(tables, config.waves, config.timezone)]
        if any(finding.severity == "error" for finding in findings):
            write_findings(project, findings, checked, {}, left_out)
            return findings, None
        population = population_of(tables, config, as_of, moment)
        used = rows_used(
            tables,
            population,
            {name: one.n_used for name, one in checked.items()},
            waves=config.waves if in_waves else None,
            zone=config.timezone,
            exclude=config.features.exclude,
        )
    write_findings(project, findings, checked, used, left_out)
    for finding in findings:
        watch.say(f"{_DONE.get(finding.effect, 'set aside')}: {finding}")
    for line in used_lines(checked, used):
        watch.say(line)
    return findings, population


def read_features(project: Project) -> pd.DataFrame:
    """Return the features that were built last.

    Raises
    ------
    DataError
        If there are none, or they are damaged or of an earlier version.
    """
    try:
        frame = pd.read_parquet(project.features)
    except FileNotFoundError:
        raise DataError(f"{project.features} is missing. Run `silentnps train` first.") from None
    except (OSError, ValueError):
        raise DataError(f"{project.features} is damaged. Run `silentnps train` again.") from None
    if not set(KEYS) <= set(frame.columns):
        raise DataError(f"{project.features} was written by an earlier version. Run `silentnps train` again.")
    keys, features = frame[list(KEYS)], frame.drop(columns=list(KEYS))
    return pd.concat([keys, tidy_features(features)], axis=1)


def wave_to_estimate(frame: pd.DataFrame, config: ProjectConfig) -> str:
    """Return the configured wave, or the latest one with answers.

    Raises
    ------
    ConfigError
        If the configured wave does not exist.
    DataError
        If nobody answered in any wave.
    """
    waves = sorted(frame["wave"].unique())
    wanted = config.estimation.wave
    if wanted is not None and wanted not in waves:
        raise ConfigError(f"estimation.wave must be one of {', '.join(waves)}; got {wanted!r}. Choose one of them.")
    answered = sorted(frame.loc[frame["respondent"], "wave"].unique())
    if not answered:
        raise DataError(
            "responses must hold at least 30 valid ratings; got none in any wave. Check its ids, dates and ratings."
        )
    return str(wanted or answered[-1])


def learn(frame: pd.DataFrame, config: FeaturesConfig, *, random_state: int) -> LearnedFeatures:
    """Fit the learned features at the earliest wave with answers.

    Raises
    ------
    ConfigError
        If the segment of the percentiles is not among the columns.
    """
    segment = config.percentile_segment
    if segment is not None and (segment not in frame or segment in {*KEYS, *CATALOG}):
        raise ConfigError(
            f"features.percentile_segment must be a column of customers that is not excluded; got {segment!r}. "
            "Correct the name."
        )
    earliest = min(frame.loc[frame["respondent"], "wave"])
    return fit_learned(
        frame[frame["wave"] == earliest],
        random_state=random_state,
        exclude=config.exclude,
        percentile_segment=segment,
    )


def survey_rows(frame: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return the rows that training needs: everybody of the wave, and the answers of earlier waves."""
    rows = (frame["wave"] == wave) | ((frame["wave"] < wave) & frame["respondent"])
    return frame[rows].reset_index(drop=True)


def survey_data(frame: pd.DataFrame, wave: str, config: FeaturesConfig) -> SurveyData:
    """Return the data of a wave from rows of `survey_rows` with their learned columns."""
    features = frame.drop(columns=list(KEYS), errors="ignore")
    drivers, shadows = roles_of(features, config)
    return SurveyData(
        features=features,
        classes=class_of_rating(frame["rating"].to_numpy(dtype=np.float64)),
        target=(frame["wave"] == wave).to_numpy(dtype=np.bool_),
        invited=frame["invited"].to_numpy(dtype=np.bool_),
        persons=pd.factorize(frame["customer_id"])[0].astype(np.int64),
        response_drivers=drivers,
        shadow_features=shadows,
        shadow_families={name: CATALOG[name].family for name in shadows if name in CATALOG},
        reminders=reminders_of_wave(frame, wave),
    )


def reminders_of_wave(frame: pd.DataFrame, wave: str) -> Floats | None:
    """Return the reminders sent before each answer of a wave, from rows of `survey_rows`; None if none is recorded.

    Shape (rows of the wave,), in their order, as the target rows of `survey_data`; NaN of the silent and of answers
    whose invitation does not record them. For diagnosis only: a reminder is sent because there is no answer.
    """
    if "reminders" not in frame.columns:  # rows of a model trained by an earlier version
        return None
    reminders = frame.loc[frame["wave"] == wave, "reminders"].to_numpy(dtype=np.float64, na_value=np.nan)
    return None if np.isnan(reminders).all() else reminders


def roles_of(features: pd.DataFrame, config: FeaturesConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return response drivers and shadow features: declared, else by the catalogue, else response driver.

    Raises
    ------
    ConfigError
        If a declared name is no feature, or has two roles.
    """
    declared = {
        "response driver": config.response_drivers,
        "shadow": config.shadow_features,
        "neither": config.neither,
    }
    role: dict[str, str] = {name: _role_in_catalog(name) for name in features.columns}
    seen: set[str] = set()
    for value, names in declared.items():
        for name in names:
            if name not in role:
                raise ConfigError(f"features must declare columns that are there; got {name!r}. Correct the name.")
            if name in seen:
                raise ConfigError(f"features must declare one role each; got two for {name!r}. Keep one.")
            seen.add(name)
            role[name] = value
    drivers = tuple(name for name, value in role.items() if value == "response driver")
    return drivers, tuple(name for name, value in role.items() if value == "shadow")


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with categories as text, which every reader of Parquet and the served model understand."""
    categories = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(categories, "str"))  # a missing one stays missing, all are text still


def _role_in_catalog(name: str) -> str:
    return CATALOG[name].role if name in CATALOG else "response driver"
