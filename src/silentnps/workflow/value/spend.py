"""What the customers of a wave spent, from the features of its training."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError
from silentnps.estimation.value.spend import SilentSpend, Spend
from silentnps.features.engine.expressions import KEYS
from silentnps.features.large_base.feature_reader import feature_columns
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.large_base.everybody import Everybody

ORDERED, REFUNDED = "orders_amount_365d", "returns_refund_amount_365d"
"""Spend and what is taken off it, where the configuration names no other."""

_ROWS_AT_ONCE = 1_000_000


def spend_of_wave(
    project: Project, bundle: Bundle, of_wave: pd.DataFrame, everybody: Everybody | None
) -> Spend | None:
    """Return the spend of a wave's customers before their moment; None where there are no orders.

    `of_wave` are the rows of the wave in the training; of a large base `everybody` has the other silent customers.

    Raises
    ------
    ConfigError
        If a column of `value` is no number among the features.
    """
    columns, config = spend_columns(project.config, of_wave.columns), project.config
    if not columns:
        return None
    words = _words(columns, config)
    currency = "" if config.currencies is None else config.currencies.to
    values = spend_values(of_wave, columns)
    if everybody is None:
        return Spend.of(values, words, currency=currency)
    _refuse_computed(columns, bundle)
    rows = feature_columns(project.features, str(bundle.info["wave"]), ["respondent", *columns])
    silent = spend_values(rows[~rows["respondent"].to_numpy(dtype=np.bool_)], columns)
    return Spend.of(values, words, currency=currency, everybody=_of_silent(silent, everybody))


def spend_columns(config: ProjectConfig, names: Collection[str]) -> tuple[str, ...]:
    """Return the column of spend and that which is taken off it, if there is one; nothing without orders."""
    if config.value.spend is None:
        if ORDERED not in names:
            return ()
        return (ORDERED, REFUNDED) if REFUNDED in names else (ORDERED,)
    declared = {"spend": config.value.spend, "less": config.value.less}
    for key, name in declared.items():
        if name is not None and (name not in names or name in KEYS):
            raise ConfigError(f"value.{key} must be a column of the features; got {name!r}. Correct the name.")
    return tuple(name for name in declared.values() if name is not None)


def spend_values(rows: pd.DataFrame, columns: tuple[str, ...]) -> Floats:
    """Return the spend of each row, NaN where it is not known; below 0 where more came back than was bought."""
    numbers = []
    for name in columns:
        if not pd.api.types.is_numeric_dtype(rows[name].dtype):
            raise ConfigError(f"value must name columns of numbers; got {name!r}. Choose others.")
        numbers.append(rows[name].to_numpy(dtype=np.float64, na_value=np.nan))
    return np.asarray(numbers[0] - numbers[1] if len(numbers) > 1 else numbers[0])


def _words(columns: tuple[str, ...], config: ProjectConfig) -> str:
    if config.value.spend is not None:
        return " less ".join(columns)
    return f"orders{' less refunds' if len(columns) > 1 else ''} of the last 365 days"


def _refuse_computed(columns: tuple[str, ...], bundle: Bundle) -> None:
    computed = set(columns) & set(bundle.learned.names)
    if computed:
        raise ConfigError(
            f"value of a large base must name columns of features.parquet; got {min(computed)!r}, which the model "
            "computes. Choose others."
        )


def _of_silent(values: Floats, everybody: Everybody) -> SilentSpend:
    amounts = np.where(np.isfinite(values), np.maximum(values, 0.0), 0.0)
    invited = everybody.silent.invited
    totals = np.array([amounts[invited].sum(), amounts[~invited].sum()])
    sums = np.array([_weighted_sum(everybody, amounts, group) for group in (invited, ~invited)])
    return SilentSpend(
        totals=totals,
        means=np.divide(sums, totals[:, None], out=np.zeros((2, 3)), where=totals[:, None] > 0),
        squares=float(amounts @ amounts),
        largest=float(amounts.max(initial=0.0)),
        n=int(np.isfinite(values).sum()),
    )


def _weighted_sum(everybody: Everybody, amounts: Floats, group: Booleans) -> Floats:
    """Return the sum of the control, counted by spend, in batches: it may lie on disk."""
    total = np.zeros(3)
    for start in range(0, len(amounts), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        total += np.where(group[rows], amounts[rows], 0.0) @ everybody.silent.probabilities[rows]
    return total
