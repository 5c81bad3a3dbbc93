"""Whether there are enough answers: by wave and segment, with the interval to expect for silent customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from silentnps.config import ProjectConfig
from silentnps.data.checking.rare_levels import pool_rare_levels
from silentnps.data.findings import Note
from silentnps.estimation.formulas.expected_interval import (
    ExpectedInterval,
    answers_needed,
    expected_interval,
    expected_segment_interval,
)
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.population.answer_counts import answers_by_segment, answers_by_wave

_MOST_SEGMENTS = 20


def waves_of(population: Population | None, config: ProjectConfig) -> list[dict[str, Any]]:
    """Return one record per wave in their order: customers, invited, answers by class, rate, expected interval."""
    if population is None:
        return []
    records = [_numbers(row) for row in answers_by_wave(population)]
    for record in records:
        record["expected"] = _shown(expected_interval(_classes(record), **_options(config)))
    return records if any(record["answers"] for record in records) else []


def segments_of(
    population: Population | None, tables: Tables, config: ProjectConfig, waves: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return one record per segment of `estimation.segments` in the last wave, the largest 20 of each.

    Rare levels are together, as in the features.
    """
    if population is None or not waves:
        return []
    last, customers = waves[-1], _with_pooled_levels(tables["customers"], config)
    records = []
    for name in (name for name in config.estimation.segments if name in customers.columns):
        for row in answers_by_segment(population, customers, name, wave=last["wave"], most=_MOST_SEGMENTS):
            record = {"by": name, **_numbers(row)}
            expected = expected_segment_interval(_classes(last), record["answers"], **_options(config))
            records.append({**record, "expected": _shown(expected)})
    return records


def too_wide(waves: list[dict[str, Any]], config: ProjectConfig) -> list[Note]:
    """Return a warning if the interval to expect of the wave to estimate tells too little, with the cure."""
    estimation = config.estimation
    named = [record for record in waves if record["wave"] == estimation.wave]
    record = (named or waves)[-1] if waves else {"expected": None}
    expected, widest = record["expected"], estimation.widest_interval
    if expected is None or 2 * expected["typical"] <= widest:
        return []
    needed = answers_needed(_classes(record), widest / 2, **_options(config))
    of_wave = f" of wave {record['wave']}" if len(waves) > 1 else ""
    words = (
        f"the interval to expect for silent customers{of_wave} is ± {expected['typical']:.1f} points"
        f" with {record['answers']:,} answers, which is wider than {widest:g} points"
        " (estimation.widest_interval) and decides little. About"
        f" {needed:,} answers would do if features tell satisfaction as usual; or call some silent customers, of"
        " whom fewer are needed: `silentnps plan` says how many once a model is trained."
    )
    return [replace(Note.of("responses", words), severity="warning")]


def _with_pooled_levels(customers: Any, config: ProjectConfig) -> Any:
    segments = [name for name in config.estimation.segments if name in customers.columns]
    kept = config.features.include
    texts = [name for name in segments if customers[name].type().is_string() and name not in kept]
    return pool_rare_levels(customers, texts, known={})


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {
        name: value if isinstance(value, str | None) else int(value) for name, value in row.items()
    }
    invited = record["invited"]
    return record | {"answer_rate": record["answers"] / invited if invited else None}


def _classes(record: dict[str, Any]) -> tuple[int, int, int]:
    passives = record["answers"] - record["detractors"] - record["promoters"]
    return record["detractors"], passives, record["promoters"]


def _options(config: ProjectConfig) -> dict[str, float]:
    estimation = config.estimation
    return {"prior_sd": estimation.selection_prior_sd, "confidence_level": estimation.confidence_level}


def _shown(expected: ExpectedInterval | None) -> dict[str, float] | None:
    """Return half the width of the interval in points, one decimal."""
    return None if expected is None else {name: round(value, 1) for name, value in vars(expected).items()}
