"""The catalogue: each feature with its definition, unit, family, role and name in the report."""

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

    `columns` are the optional raw columns that the feature requires. A feature with `inputs` is computed from these
    other features and summaries, any other from the events of its one table. `empty` is the value for customers
    without events in a table that exists; None means unknown (NaN). Where a customer has events but none of them
    has what the feature needs, it is unknown too. `words` name the feature in reports.

    A feature with `models` is learned: it needs these fields of `LearnedFeatures`, which is fitted at the earliest
    training wave and computes the feature from its `inputs` among the built features.
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
    inputs: tuple[str, ...]
    function: Callable[..., Any]
    models: tuple[str, ...] = ()

    @property
    def learned(self) -> bool:
        """Whether it is learned from the base; if so, it is not among the columns of `build_features`."""
        return bool(self.models)


@dataclass(frozen=True)
class Summary:
    """An intermediate result of one table, such as a sorted list, from which several features are computed.

    With `inputs` it is computed from these other summaries, otherwise from the events of the table.
    """

    table: str
    inputs: tuple[str, ...]
    function: FeatureFunction


@dataclass(frozen=True)
class EventColumn:
    """A column of events that several features use, computed once; null where its raw columns are null."""

    table: str
    columns: tuple[str, ...]
    function: FeatureFunction


CATALOG: dict[str, Feature] = {}
"""The features by name, in the order of registration."""

EVENT_COLUMNS: dict[str, EventColumn] = {}
"""The event columns by name."""

SUMMARIES: dict[str, Summary] = {}
"""The summaries by name; each comes after its inputs."""


def feature(
    *tables: str,
    family: str,
    unit: str,
    role: Role,
    words: str,
    actionable: bool = False,
    empty: float | None = None,
    columns: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
    models: tuple[str, ...] = (),
) -> Callable[[_Function], _Function]:
    """Register a function as the feature of its name; the first line of its docstring is the definition.

    The function receives the table of a customer's events strictly before `as_of` and returns an aggregate. In
    addition to the raw columns the table has `as_of`, `wave_starts_at`, `seconds_ago` and the event columns. A
    later time of an event, such as `replied_at`, is null unless it too was before `as_of`; `replied_at_happened`
    says whether it was, and is null where this is unknown.

    With `inputs` the function receives the table of built features and returns a value per row. With `models` it
    receives the data frame of built features and the fitted models, and returns an array.

    Examples
    --------
    >>> @feature("orders", family="frequency", unit="orders", role="neither", words="orders so far", empty=0)
    ... def orders_example(events):
    ...     \"\"\"Orders before as_of.\"\"\"
    ...     return events.count()
    >>> CATALOG.pop("orders_example").definition
    'Orders before as_of.'
    """

    def register(function: _Function) -> _Function:
        name = function.__name__
        definition = (function.__doc__ or "").strip().split("\n")[0]
        CATALOG[name] = Feature(
            name,
            tables,
            family,
            unit,
            role,
            actionable,
            words,
            definition,
            empty,
            columns,
            inputs,
            function,
            models,
        )
        return function

    return register


def event_column(table: str, *columns: str) -> Callable[[FeatureFunction], FeatureFunction]:
    """Register a function of a table's events as the event column of its name; it needs the raw `columns`."""

    def register(function: FeatureFunction) -> FeatureFunction:
        EVENT_COLUMNS[function.__name__] = EventColumn(table, columns, function)
        return function

    return register


def summary(table: str, *, inputs: tuple[str, ...] = ()) -> Callable[[FeatureFunction], FeatureFunction]:
    """Register a function of a table's events as the summary of its name, to be an input of features."""

    def register(function: FeatureFunction) -> FeatureFunction:
        SUMMARIES[function.__name__] = Summary(table, inputs, function)
        return function

    return register


def catalog_frame() -> pd.DataFrame:
    """Return the data dictionary: one row per feature, with the fields of `Feature` that describe it as columns.

    Examples
    --------
    >>> import silentnps
    >>> catalog = silentnps.catalog_frame()
    >>> catalog.loc[catalog["name"] == "returns_count_90d", ["unit", "role"]].iloc[0].tolist()
    ['returns', 'shadow']
    """
    hidden = {"function", "columns", "inputs", "models"}
    shown = [*(field.name for field in fields(Feature) if field.name not in hidden), "learned"]
    rows = [{name: getattr(entry, name) for name in shown} for entry in CATALOG.values()]
    frame = pd.DataFrame(rows, columns=shown)
    frame["tables"] = [", ".join(entry.tables) for entry in CATALOG.values()]
    return frame.astype({"empty": "float64"})
