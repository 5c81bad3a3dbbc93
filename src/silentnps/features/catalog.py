"""The catalogue: every feature with its definition, unit, family, role and words for the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, TypeVar

import ibis.expr.types as ir
import pandas as pd

Role = Literal["response driver", "shadow", "neither"]
FeatureFunction: TypeAlias = Callable[[ir.Table], ir.Value]
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Feature:
    """One feature of a customer at a moment, `as_of`.

    `columns` are the optional raw columns without which there is no such feature. A feature with `parts` is
    computed from these other features and summaries, any other from the events of its one table. `empty` is the
    value of a customer without events in a table that is there; None is unknown, NaN, as is any feature of a
    customer of whose events what it asks for is unknown.

    A feature with `models` is learned: it needs these fields of `LearnedFeatures`, fitted at the earliest training
    wave, and is added by it to the built features, its `parts`. See `learned`.
    """

    name: str
    tables: tuple[str, ...]
    family: str
    unit: str
    role: Role
    actionable: bool
    words: str
    definition: str
    empty: float | None
    columns: tuple[str, ...]
    parts: tuple[str, ...]
    function: Callable[..., Any]
    models: tuple[str, ...] = ()

    @property
    def learned(self) -> bool:
        """Whether it is learned from the base; only then not among the columns of `build_features`."""
        return bool(self.models)


@dataclass(frozen=True)
class Summary:
    """What several features of one table are computed from, such as a sorted list; no feature itself.

    With `parts` it is computed from these other summaries, else from the table's events.
    """

    table: str
    parts: tuple[str, ...]
    function: FeatureFunction


@dataclass(frozen=True)
class EventColumn:
    """A column of a table's events that several features use, computed once; null where its raw columns are."""

    table: str
    columns: tuple[str, ...]
    function: FeatureFunction


CATALOG: dict[str, Feature] = {}
"""Every feature by name, in the order of registration."""

EVENT_COLUMNS: dict[str, EventColumn] = {}
"""Every event column by name."""

SUMMARIES: dict[str, Summary] = {}
"""Every summary by name; one comes after its parts."""


def feature(
    *tables: str,
    family: str,
    unit: str,
    role: Role,
    words: str,
    actionable: bool = False,
    empty: float | None = None,
    columns: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    models: tuple[str, ...] = (),
) -> Callable[[_Function], _Function]:
    """Register a function as the feature of its name; the first line of its docstring is the definition.

    The function gets the table of the customer's events strictly before `as_of` and returns an aggregate. Beside
    the raw columns it has `as_of`, `wave_starts_at`, `seconds_ago` and the event columns; a later time of an event,
    such as a reply, is null unless it too was before `as_of`; whether it was says `replied_at_happened`, null where
    nobody knows. With `parts` the function gets the table of built
    features and returns a value of each row; with `models` the data frame of built features and the fitted models,
    and returns an array.
    """

    def register(function: _Function) -> _Function:
        name = function.__name__
        definition = (function.__doc__ or "").strip().split("\n")[0]
        CATALOG[name] = Feature(
            name, tables, family, unit, role, actionable, words, definition, empty, columns, parts, function, models
        )
        return function

    return register


def event_column(table: str, *columns: str) -> Callable[[FeatureFunction], FeatureFunction]:
    """Register a function of a table's events as an event column of its name; `columns` are what it needs."""

    def register(function: FeatureFunction) -> FeatureFunction:
        EVENT_COLUMNS[function.__name__] = EventColumn(table, columns, function)
        return function

    return register


def summary(table: str, *, parts: tuple[str, ...] = ()) -> Callable[[FeatureFunction], FeatureFunction]:
    """Register a function of a table's events as the summary of its name, for the `parts` of features."""

    def register(function: FeatureFunction) -> FeatureFunction:
        SUMMARIES[function.__name__] = Summary(table, parts, function)
        return function

    return register


def catalog_frame() -> pd.DataFrame:
    """Return the data dictionary: one row per feature, the fields of `Feature` that tell what it is as columns.

    Examples
    --------
    >>> import silentnps
    >>> catalog = silentnps.catalog_frame()
    >>> catalog.loc[catalog["name"] == "returns_count_90d", ["unit", "role"]].iloc[0].tolist()
    ['returns', 'shadow']
    """
    hidden = {"function", "columns", "parts", "models"}
    shown = [*(field.name for field in fields(Feature) if field.name not in hidden), "learned"]
    rows = [{name: getattr(each, name) for name in shown} for each in CATALOG.values()]
    frame = pd.DataFrame(rows, columns=shown)
    frame["tables"] = [", ".join(each.tables) for each in CATALOG.values()]
    return frame.astype({"empty": "float64"})
