"""Which attributes of customers are not used as features because they identify people: training decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from silentnps.config import FeaturesConfig, ProjectConfig
from silentnps.errors import ConfigError
from silentnps.features.catalog import CATALOG
from silentnps.features.definitions.customers import attribute_names
from silentnps.features.engine.expressions import Tables
from silentnps.workflow.watch import Watch

if TYPE_CHECKING:
    from silentnps.data.checking.personal import LeftOut

LEFT_OUT = "left out"
"""In place of a severity: the column is not a feature."""

_CURE = "Bring it back with features.include."


@dataclass(frozen=True)
class AsTrained:
    """What the model in use decided: attributes that it has, their levels, and those left out with the reason."""

    columns: frozenset[str] = frozenset()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def known_names(names: Collection[str], config: ProjectConfig, trained: AsTrained) -> dict[str, str]:
    """Return the name of each attribute whose name in the file differs in case or blanks only from a known one.

    Known are the attributes of the model in use, and those that the configuration names. Where two attributes have
    such a name, or one has two, all keep their own.
    """
    from silentnps.data.exports.columns import plain  # opens DuckDB, which an estimate does without

    of_model = {*trained.columns, *trained.left_out} - CATALOG.keys()
    of_config = {name for used in _uses(config).values() for name in used} - CATALOG.keys()
    known = {*of_model, *of_config, *config.features.include, *config.features.exclude}
    alike: dict[str, tuple[list[str], list[str]]] = {}
    for name in names:
        alike.setdefault(plain(name), ([], []))[0].append(name)
    for name in known:
        alike.get(plain(name), ([], []))[1].append(name)
    pairs = [(own[0], said[0]) for own, said in alike.values() if len(own) == len(said) == 1]
    return {own: said for own, said in pairs if own != said}


def left_out_of(config: FeaturesConfig, tables: Tables, trained: AsTrained) -> tuple[LeftOut, ...]:
    """Return the attributes that are left out: those of the model in use, and of others what is personal.

    Attributes that the configuration includes or excludes are not judged.

    Raises
    ------
    ConfigError
        If `features.include` names no attribute, or one that is excluded.
    """
    from silentnps.data.checking.personal import LeftOut, personal_columns
    from silentnps.storage.duckdb_memory import limited_memory

    customers = tables["customers"]
    names = attribute_names(customers)
    _check_included(config, names)
    settled = {*config.include, *config.exclude, *trained.columns, *trained.left_out}
    with limited_memory(customers.get_backend()):
        personal = personal_columns(customers, [name for name in names if name not in settled])
    left_out = {column.column: column for column in personal}
    for name, reason in trained.left_out.items():
        if name in names and name not in {*config.include, *config.exclude}:
            left_out[name] = LeftOut(name, reason, int(customers[name].count().execute()))
    return tuple(left_out[name] for name in names if name in left_out)


def without_personal(
    config: ProjectConfig, tables: Tables, left_out: Iterable[LeftOut], trained: AsTrained
) -> Tables:
    """Return the tables without the attributes that are left out, and with the rare levels of others together.

    Raises
    ------
    ConfigError
        If the configuration uses an attribute that is left out.
    """
    from silentnps.data.checking.rare_levels import pool_rare_levels
    from silentnps.storage.duckdb_memory import limited_memory

    reasons = {column.column: column.reason for column in left_out}
    refuse_use(_uses(config), reasons)
    customers = tables["customers"].drop(*reasons)
    chosen = {*config.features.include, *config.features.exclude}
    texts = [
        name for name in attribute_names(customers) if customers[name].type().is_string() and name not in chosen
    ]
    with limited_memory(customers.get_backend()):
        return {**tables, "customers": pool_rare_levels(customers, texts, known=trained.levels)}


def refuse_use(uses: Mapping[str, Iterable[str]], reasons: Mapping[str, str]) -> None:
    """Raise a ConfigError where a key of the configuration names an attribute that is left out."""
    for key, names in uses.items():
        for name in names:
            if name in reasons:
                raise ConfigError(
                    f"{key} must name columns that are used; got {name!r}, which is left out as personal or "
                    f"near-unique ({reasons[name]}). Take it out there, or add it to features.include."
                )


def say_left_out(left_out: tuple[LeftOut, ...], watch: Watch) -> None:
    """Say in one line what is left out, if anything is."""
    if left_out:
        watch.say(in_one_line(left_out))


def in_one_line(left_out: Iterable[LeftOut]) -> str:
    """Return the columns that are left out with the reason of each, never a value; empty where there are none."""
    listed = ", ".join(f"{column.column} ({column.reason})" for column in left_out)
    return f"left out as personal or near-unique: {listed}; features.include brings one back" if listed else ""


def left_out_table(left_out: Iterable[LeftOut]) -> pd.DataFrame:
    """Return one row per column left out, in the columns of `findings_table`."""
    return pd.DataFrame(
        [
            {
                "table": "customers",
                "column": column.column,
                "rule": f"neither personal nor near-unique: {column.reason}",
                "severity": LEFT_OUT,
                "rows": column.rows,
                "first_rows": "",
                "cure": _CURE,
            }
            for column in left_out
        ]
    )


def _check_included(config: FeaturesConfig, names: tuple[str, ...]) -> None:
    for name in config.include:
        if name not in names:
            raise ConfigError(
                f"features.include must name attributes of customers; got {name!r}. Correct the name."
            )
        if name in config.exclude:
            raise ConfigError(
                f"features.include and features.exclude must not name the same; got {name!r}. Choose one."
            )


def _uses(config: ProjectConfig) -> dict[str, Iterable[str]]:
    features = config.features
    segment = features.percentile_segment
    return {
        "features.response_drivers": features.response_drivers,
        "features.shadow_features": features.shadow_features,
        "features.neither": features.neither,
        "features.actionable": features.actionable,
        "features.allow_leaks": features.allow_leaks,
        "features.percentile_segment": () if segment is None else (segment,),
        "estimation.segments": config.estimation.segments,
        "model.fairness": config.model.fairness,
        "explanation.what_if": [name for change in config.explanation.what_if.values() for name in change],
    }
