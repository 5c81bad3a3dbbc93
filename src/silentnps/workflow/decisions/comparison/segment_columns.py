"""The columns that `--by` names: features, numbers in quarters, and segments that events give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ConfigError
from silentnps.features.engine.expressions import KEYS, Tables
from silentnps.features.event_segments.build import event_segments
from silentnps.features.event_segments.definitions import EVENT_SEGMENTS, available_event_segments
from silentnps.features.large_base.feature_reader import feature_columns
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.levels import MISSING, as_text, number_levels
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.base import open_base
from silentnps.workflow.watch import QUIET, Watch

_MOST_VALUES = 10
"""Numbers of more values are cut in quarters."""


@dataclass(frozen=True)
class SegmentColumns:
    """Segments of the wave's customers, one column for each segmentation.

    `held` has one row per row of the wave that training holds; `silent` one per silent customer where that is a
    sample of them, in the order of the features, and is None otherwise. `order` has the segments of numbers in
    their order.
    """

    held: pd.DataFrame
    silent: pd.DataFrame | None
    order: dict[str, tuple[str, ...]]


def read_segment_columns(
    project: Project, bundle: Bundle, of_wave: pd.DataFrame, names: Sequence[str], *, watch: Watch = QUIET
) -> SegmentColumns:
    """Return the segments of a wave's customers by the named columns.

    Categories and numbers of at most ten values are taken as they are, as `estimate` does, other numbers in
    quarters of the wave's customers; see `EVENT_SEGMENTS` for what events give, for which the tables are read.

    Parameters
    ----------
    of_wave
        The rows of the wave in the training.

    Raises
    ------
    ConfigError
        If a name is neither a feature nor a segmentation by events that the tables allow.
    """
    _check_names(project, of_wave, names)
    everybody, sampled = of_wave, bool(bundle.info.get("silent_sampled", False))
    features = [name for name in names if name in of_wave]
    if sampled:
        _check_built(bundle, features)
        wanted = ["customer_id", "as_of", "respondent", *features]
        everybody = feature_columns(project.features, str(bundle.info["wave"]), wanted)
    columns, order = _of_features(everybody, features)
    columns |= _of_events(project, everybody, [name for name in names if name not in features], watch)
    frame = pd.DataFrame({name: columns[name] for name in names}, index=everybody.index)
    if not sampled:
        return SegmentColumns(frame.reset_index(drop=True), None, order)
    ids = everybody["customer_id"].astype(str).to_numpy()
    held = frame.set_axis(ids, axis=0).loc[list(of_wave["customer_id"].astype(str))].reset_index(drop=True)
    silent = frame[~everybody["respondent"].to_numpy(dtype=bool)].reset_index(drop=True)
    return SegmentColumns(held, silent, order)


def _of_features(
    rows: pd.DataFrame, names: Sequence[str]
) -> tuple[dict[str, pd.Series], dict[str, tuple[str, ...]]]:
    columns, order = {}, {}
    for name in names:
        columns[name] = rows[name]
        if not is_category(rows[name]):
            columns[name], order[name] = _of_number(rows[name])
    return columns, order


def _of_number(column: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Return a number as segments: each value as it is where they are few, else in quarters; and their order."""
    values = np.sort(column.dropna().unique())
    if len(values) <= _MOST_VALUES:
        return column, (*as_text(pd.Series(values)), MISSING)
    codes, labels = number_levels(column)
    return pd.Series([labels[code] for code in codes], column.index, dtype=object, name=column.name), labels


def _of_events(project: Project, rows: pd.DataFrame, names: Sequence[str], watch: Watch) -> dict[str, pd.Series]:
    if not names:
        return {}
    tables, _ = open_base(project, watch=watch)
    _check_available(tables, names)
    watch.step("reading the events")
    found = event_segments(tables, rows, names, zone=project.config.timezone)
    return {name: found[name] for name in names}


def _check_available(tables: Tables, names: Sequence[str]) -> None:
    available = available_event_segments(tables)
    for name in names:
        if name not in available:
            one = EVENT_SEGMENTS[name]
            raise ConfigError(
                f"--by {name} must have the column {one.column} in {one.table}; got none. Choose among: "
                f"{', '.join(available) or 'columns of the features'}."
            )


def _check_names(project: Project, of_wave: pd.DataFrame, names: Sequence[str]) -> None:
    usable = [str(name) for name in of_wave.columns if name not in KEYS]
    categories = [name for name in usable if is_category(of_wave[name])]
    events = [name for name in EVENT_SEGMENTS if EVENT_SEGMENTS[name].table in project.config.tables]
    for name in names:
        if name not in usable and name not in events:
            raise ConfigError(
                f"--by must be class, a column of the features or one that events give; got {name!r}. Choose "
                f"among: {', '.join(['class', *categories, *events])}, or a number such as "
                f"{_number(usable, categories)}."
            )


def _number(usable: Sequence[str], categories: Sequence[str]) -> str:
    return next((name for name in usable if name not in categories), "orders_amount_365d")


def _check_built(bundle: Bundle, names: Sequence[str]) -> None:
    computed = set(bundle.learned.names) & set(names)
    if computed:
        raise ConfigError(
            f"segments of a large base must be columns of features.parquet; got {min(computed)!r}, which the model "
            "computes. Choose others."
        )
