"""What-if scenarios: the response of the model to changed features, which is not an effect."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.errors import ConfigError
from silentnps.explanation.feature_groups import is_actionable
from silentnps.explanation.phrases import phrase
from silentnps.features.catalog import CATALOG
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Floats

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_MOST_LEVELS = 20
_CHOOSING_ROWS = 1_000
_NOTICED_POINTS = 1.0
_QUICK = 0.25

_UNKNOWN = "a what-if must change features of the model; got {!r}. Correct the name."

COLUMNS = ("scenario", "words", "points", "share_better", "n")


@dataclass(frozen=True)
class AtMost:
    """A value that larger values are lowered to."""

    value: float


@dataclass(frozen=True)
class Scenario:
    """Values that features would have, by name: a number, a level, None (missing) or `AtMost`.

    `words` describe the scenario to people.
    """

    name: str
    words: str
    values: Mapping[str, Any]


JOINT_SCENARIOS = (
    Scenario(
        "deliveries_on_time",
        "every delivery on time",
        {
            "orders_late_share_180d": AtMost(0.0),
            "orders_late_count_90d": 0.0,
            "orders_days_late_max_180d": AtMost(0.0),
            "orders_days_late_mean_180d": AtMost(0.0),
            "orders_days_since_last_late": None,
            "orders_late_under_way_90d": 0.0,
        },
    ),
    Scenario(
        "orders_fulfilled",
        "no order left waiting for its fulfilment",
        {"orders_unfulfilled_90d": 0.0, "orders_unfulfilled_oldest_days_90d": 0.0},
    ),
    Scenario(
        "cases_closed",
        "every support case answered and closed",
        {
            "support_open_cases": 0.0,
            "support_open_complaints": 0.0,
            "support_oldest_open_days": 0.0,
            "support_unanswered_cases": 0.0,
        },
    ),
    Scenario(
        "no_complaints",
        "no complaints",
        {
            "support_complaints_180d": 0.0,
            "support_open_complaints": 0.0,
            "support_days_since_last_complaint": None,
            "support_escalations_365d": 0.0,
        },
    ),
    Scenario(
        "no_returns",
        "nothing returned",
        {
            "returns_count_90d": 0.0,
            "returns_count_365d": 0.0,
            "returns_days_since_last": None,
            "returns_refund_amount_365d": 0.0,
            "returns_refund_share_365d": AtMost(0.0),
            "returns_per_order_365d": AtMost(0.0),
        },
    ),
)
"""Features that can change only together, because they describe the same events."""

FASTER_SERVICE = {
    "support_hours_to_response_mean_365d": "first responses as fast as the fastest quarter's",
    "support_hours_to_close_mean_365d": "cases closed as fast as the fastest quarter's",
    "orders_fulfilment_days_mean_180d": "orders fulfilled as fast as the fastest quarter's",
    "orders_fulfilment_days_max_180d": "the slowest order fulfilled as fast as the fastest quarter's",
    "orders_delivery_days_mean_180d": "deliveries as fast as the fastest quarter's",
}
"""Waiting times that could be shorter: at most that of the quarter of customers who wait least."""

_DEPENDENT_FEATURES = frozenset(
    {"support_cases_90d", "support_cases_365d", "support_days_since_last", "orders_under_way_90d"}
)
"""Actionable features that cannot change on their own."""


def with_changed_values(bundle: Bundle, features: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    """Return the features with some values changed in every row.

    Features that were learned from others, such as percentiles, stay as they are.

    Raises
    ------
    ConfigError
        If a name is not a feature of the model, or a value is neither a finite number nor a level of the model.
    """
    changed = features.copy()
    for name, value in values.items():
        if name not in bundle.code_book.columns or name not in features:
            raise ConfigError(_UNKNOWN.format(name))
        changed[name] = _changed(features[name], value, bundle.code_book.categories.get(name))
    return changed


def refuse_unknown_changes(declared: Mapping[str, Mapping[str, Any]], features: pd.DataFrame) -> None:
    """Refuse, before a model is trained on them, scenarios that it could not be asked about; ConfigError."""
    for name, value in (change for values in declared.values() for change in values.items()):
        if name not in features:
            raise ConfigError(_UNKNOWN.format(name))
        column = features[name]
        levels = tuple(sorted(column.dropna().astype(str).unique())) if is_category(column) else None
        _changed(column.head(1), value, levels)


def _changed(column: pd.Series, value: Any, levels: Collection[str] | None) -> Any:
    """Return what a column holds in a scenario; `levels` are those that the model knows, None of a number."""
    name = str(column.name)
    return _numbers(column, name, value) if levels is None else _level(name, value, levels)


def scenario_gains(
    bundle: Bundle, features: pd.DataFrame, values: Mapping[str, Any], invited: Booleans | None = None
) -> Floats:
    """Return by how many points changed values would raise the expected NPS of each row, shape (n,)."""
    scenario = Scenario("", "", values)
    return gains_by_customer(bundle, features, [scenario], invited)[""].to_numpy(dtype=np.float64)


def list_scenarios(
    bundle: Bundle,
    features: pd.DataFrame,
    *,
    actionable: Collection[str] = (),
    declared: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Scenario]:
    """List what could change: declared scenarios, `JOINT_SCENARIOS`, `FASTER_SERVICE`, other actionable features.

    A single feature takes the one of its common values (quantiles .1, .25, .5, .75, .9, the value without events,
    or its frequent levels) with the highest mean expected NPS over some of the rows.
    """
    rows = features.iloc[:: max(len(features) // _CHOOSING_ROWS, 1)]
    names = [str(name) for name in bundle.code_book.columns if name in features]
    chosen = [Scenario(name, name.replace("_", " "), values) for name, values in (declared or {}).items()]
    for joint in (joint for joint in JOINT_SCENARIOS if joint.name not in (declared or {})):
        present = {name: value for name, value in joint.values.items() if name in names}
        chosen += [Scenario(joint.name, joint.words, present)] if present else []
    for name, words in FASTER_SERVICE.items():
        if name in names and features[name].notna().any() and name not in (declared or {}):
            chosen.append(Scenario(name, words, {name: AtMost(float(features[name].quantile(_QUICK)))}))
    taken = {*FASTER_SERVICE, *_DEPENDENT_FEATURES, *(name for joint in JOINT_SCENARIOS for name in joint.values)}
    for name in names:
        on_its_own = name in actionable or name not in taken
        if on_its_own and is_actionable(name, actionable) and name not in (declared or {}):
            best = _best_value(bundle, rows, name)
            chosen.append(Scenario(name, phrase(name, best), {name: best}))
    return chosen


def gains_by_customer(
    bundle: Bundle,
    features: pd.DataFrame,
    scenarios: Collection[Scenario],
    invited: Booleans | None = None,
) -> pd.DataFrame:
    """Return by how many points each scenario raises each row, one column per scenario."""
    asked = np.ones(len(features), dtype=np.bool_) if invited is None else np.asarray(invited, dtype=np.bool_)
    before = _scores(bundle, features, asked)
    gains = {
        scenario.name: _scores(bundle, with_changed_values(bundle, features, scenario.values), asked) - before
        for scenario in scenarios
    }
    return pd.DataFrame(gains, index=features.index)


def summarize_gains(by_row: pd.DataFrame, scenarios: Collection[Scenario]) -> pd.DataFrame:
    """Return the mean gain of each scenario, columns `COLUMNS`, largest first.

    `points` is the mean gain over the rows of `gains_by_customer`; `share_better` is the share of rows that gain a
    point or more.
    """
    rows = [
        {
            "scenario": scenario.name,
            "words": scenario.words,
            "points": float(by_row[scenario.name].mean()),
            "share_better": float((by_row[scenario.name] >= _NOTICED_POINTS).mean()),
            "n": len(by_row),
        }
        for scenario in scenarios
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("points", ascending=False, kind="stable", ignore_index=True)


def _scores(bundle: Bundle, features: pd.DataFrame, invited: Booleans) -> Floats:
    return expected_nps(bundle.silent_probabilities(features, invited))


def _best_value(bundle: Bundle, rows: pd.DataFrame, name: str) -> Any:
    asked = np.ones(len(rows), dtype=np.bool_)
    values = _common_values(rows[name], name)
    means = [_scores(bundle, with_changed_values(bundle, rows, {name: value}), asked).mean() for value in values]
    return values[int(np.argmax(means))]


def _common_values(column: pd.Series, name: str) -> list[Any]:
    known = column.dropna()
    if is_category(column):
        return [str(level) for level in known.astype(str).value_counts().index[:_MOST_LEVELS]] or [None]
    quantiles = np.quantile(known.to_numpy(dtype=np.float64), _QUANTILES, method="lower") if len(known) else []
    empty = CATALOG[name].empty if name in CATALOG else None
    extra = [] if empty is None else [float(empty)]
    return sorted({float(value) for value in quantiles} | set(extra)) or [None]


def _numbers(column: pd.Series, name: str, value: Any) -> pd.Series:
    if value is None:
        return pd.Series(np.nan, index=column.index)
    if isinstance(value, AtMost):
        return column.astype("float64").clip(upper=value.value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if isinstance(value, bool) or not np.isfinite(number):
        raise ConfigError(f"a what-if must give {name!r} a finite number; got {value!r}. Correct the value.")
    return pd.Series(number, index=column.index)


def _level(name: str, value: Any, levels: Collection[str]) -> str | None:
    """Return the level that a value stands for: as written, as a whole number, or as true or false."""
    if value is None:
        return None
    other = str(int(value)) if isinstance(value, float) and value == int(value) else str(value)
    for text in (str(value), other.lower() if isinstance(value, bool) else other):
        if text in levels:
            return text
    raise ConfigError(
        f"a what-if must give {name!r} a level that the model knows: {', '.join(list(levels)[:_MOST_LEVELS])}; "
        f"got {value!r}. Correct the value."
    )
