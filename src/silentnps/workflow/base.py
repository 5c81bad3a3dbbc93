"""The customer base: checked tables, everybody in every wave or at a moment, and their features."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from silentnps.bundle.bundle import load_bundle
from silentnps.config import ProjectConfig
from silentnps.data.checking.personal import LeftOut
from silentnps.data.findings import refuse_errors
from silentnps.errors import ConfigError, ModelError
from silentnps.estimation.wave.sampled_rows import most_silent
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.large_base.training_rows import (
    TrainingRows,
    WaveCounts,
    count_waves,
    read_held_rows,
    store_training_rows,
)
from silentnps.features.leaks.leak_audit import Origin
from silentnps.features.population.survey_answers import directed
from silentnps.workflow.artifacts.features_file import tidy_rows, write_features_file
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.checked_tables import complete_checks, run_checks
from silentnps.workflow.large_base.feature_parts import build_parts, refuse_calls
from silentnps.workflow.large_base.held_rows import HeldRows
from silentnps.workflow.left_out import AsTrained, say_left_out, without_personal
from silentnps.workflow.privacy.objections import without_objectors, without_their_answers
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import choose_wave

MOST_ROWS_HELD = 200_000
"""With more rows in all waves together, training holds samples of silent customers in memory."""

MOST_SILENT_HELD = 50_000
"""Silent customers of a large base who are held: as many of the invited, and of those never invited."""


def build_project(project: Project, *, watch: Watch = QUIET) -> tuple[pd.DataFrame, Origin]:
    """Build the features of every wave, write features.parquet and return them with what they were built from.

    Errors as `open_base`.
    """
    tables, population, left_out = _open(project, AsTrained(), None, watch)
    exclude = project.config.features.exclude
    frame = build_at_once(tables, population, exclude=exclude, target=project.features, watch=watch)
    return frame, Origin(tables, population, exclude, {column.column: column.reason for column in left_out})


def build_training_base(
    project: Project, *, before_parts: Callable[[], None] = lambda: None, watch: Watch = QUIET
) -> HeldRows:
    """Build the features that training needs and write features.parquet.

    Of more than `MOST_ROWS_HELD` rows in all waves it gets a folder of parts: everybody in the wave that is
    estimated, and of earlier waves answers and samples. `before_parts` is called before that is begun. Errors as
    `open_base` and `choose_wave`.
    """
    tables, population, left_out = _open(project, AsTrained(), None, watch)
    exclude, reasons = project.config.features.exclude, {column.column: column.reason for column in left_out}
    waves = count_waves(population)
    if sum(wave.n for wave in waves) <= MOST_ROWS_HELD:
        frame = build_at_once(tables, population, exclude=exclude, target=project.features, watch=watch)
        return HeldRows(frame, Origin(tables, population, exclude, reasons))
    refuse_calls(project.config, MOST_ROWS_HELD)
    before_parts()
    rows = _training_rows(project.config, waves)
    population = store_training_rows(population, rows)
    build_parts(project, tables, population, int(population.count().execute()), watch=watch)
    watch.step("reading answers and samples of silent customers")
    frame, uniform = read_held_rows(population.get_backend(), project.features, rows)
    return HeldRows(tidy_rows(frame), Origin(tables, population, exclude, reasons), uniform, rows.wave)


def _training_rows(config: ProjectConfig, waves: Sequence[WaveCounts]) -> TrainingRows:
    chosen = choose_wave([wave.wave for wave in waves], [wave.wave for wave in waves if wave.n_answers], config)
    n_answers = next(wave.n_answers for wave in waves if wave.wave == chosen)
    most = min(most_silent(n_answers), MOST_SILENT_HELD)
    return TrainingRows.of(waves, chosen, most_silent=most, seed=config.random_state)


def build_at_once(
    tables: Tables, population: Population, *, exclude: Collection[str], target: Path, watch: Watch = QUIET
) -> pd.DataFrame:
    """Build the features of a population in memory, write them to a file and return them."""
    frame = build_features(
        tables, population, exclude=exclude, progress=lambda name: watch.step(f"features of {name}")
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


def as_trained(model: Path) -> AsTrained:
    """Return what the model in a folder decided; nothing if there is none that can be read."""
    try:
        bundle = load_bundle(model)
    except ModelError:
        return AsTrained()
    book = bundle.code_book
    return AsTrained(frozenset(book.columns), book.categories, dict(bundle.info.get("left_out", {})))


def _open(
    project: Project, trained: AsTrained, as_of: datetime | None, watch: Watch
) -> tuple[Tables, Population, tuple[LeftOut, ...]]:
    project.prepare_output()
    config = project.config
    watch.step("checking the tables")
    checks = run_checks(config, trained)
    with checks.written_to(project.findings):
        refuse_errors(checks.findings)
        clean = without_personal(config, checks.clean, checks.left_out, trained)
        tables = directed(clean, config.features.higher_is_better)
        tables = without_objectors(project, dict(tables), watch)
        population = complete_checks(tables, config, checks, as_of=as_of)
        if population is None:
            raise ConfigError(str(checks.errors[0]))
    for line in checks.lines():
        watch.say(line)
    say_left_out(checks.left_out, watch)
    population = without_their_answers(config, tables, population, watch)
    return tables, population, checks.left_out
