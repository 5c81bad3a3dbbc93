"""The catalogue: every feature with its definition, unit, family, role and words for the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

import pandas as pd

Role = Literal["response driver", "shadow", "neither"]
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Feature:
    """One feature of a customer at a moment, `as_of`.

    `columns` are the optional raw columns without which there is no such feature. A feature with `parts` is
    computed from these other features, any other from the events of its one table. `empty` is the value of a
    customer without events in a table that is there; None is unknown, NaN.

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


CATALOG: dict[str, Feature] = {}
"""Every feature by name, in the order of registration."""


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

    The function gets the table of the customer's events strictly before `as_of` (with the columns `as_of`,
    `wave_starts_at` and `seconds_ago` beside the raw ones) and returns an aggregate; with `parts` it gets the
    table of built features and returns a value of each row; with `models` the data frame of built features and
    the fitted models, and returns an array.
    """

    def register(function: _Function) -> _Function:
        name = function.__name__
        definition = (function.__doc__ or "").strip().split("\n")[0]
        CATALOG[name] = Feature(
            name, tables, family, unit, role, actionable, words, definition, empty, columns, parts, function, models
        )
        return function

    return register


def catalog_frame() -> pd.DataFrame:
    """Return the data dictionary: one row per feature, the fields of `Feature` that tell what it is as columns."""
    hidden = {"function", "columns", "parts", "models"}
    shown = [*(field.name for field in fields(Feature) if field.name not in hidden), "learned"]
    rows = [{name: getattr(each, name) for name in shown} for each in CATALOG.values()]
    frame = pd.DataFrame(rows, columns=shown)
    frame["tables"] = [", ".join(each.tables) for each in CATALOG.values()]
    return frame.astype({"empty": "float64"})
