"""How the spend of a base grew, counted when a model is trained and kept with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.estimation.value.growth import EarnedGrowth

if TYPE_CHECKING:
    from silentnps.features.leaks.leak_audit import Origin

GROWTH = "growth"
"""The entry of a model's information that has it."""


def growth_before_wave(origin: Origin, wave: str, config: ProjectConfig) -> dict[str, Any] | None:
    """Return how spend grew up to the last moment of a wave, as plain values; None where orders do not tell.

    Raises
    ------
    ConfigError
        If `value.earned.column` is no attribute of customers.
    """
    from silentnps.features.growth.spend_by_origin import spend_by_origin  # opens DuckDB, and only training counts

    population, earned = origin.population, config.value.earned
    moment = pd.Timestamp(population.filter(population.wave == wave).as_of.max().to_pandas()).to_pydatetime()
    column, values = (None, []) if earned is None else (earned.column, earned.values)
    found = spend_by_origin(origin.tables, moment, column=column, values=values)
    if found is None:
        return None
    return {
        "until": moment.date().isoformat(),
        "days": found.days,
        "before": found.before,
        "retained": found.retained,
        "new": found.earned + found.bought,
        "earned": None if earned is None else found.earned,
    }


def kept_growth(info: Mapping[str, Any]) -> EarnedGrowth | None:
    """Return the growth that was kept with a model; None where there is none, as in those of earlier versions."""
    return EarnedGrowth(**info[GROWTH]) if info.get(GROWTH) else None
