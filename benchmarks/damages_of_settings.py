"""Damaged configurations and arguments, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from damages import MARK, Project, damaged_bytes, healthy

_BOMB = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]\n" for i in range(12))
_VALUES = [
    *(
        "2025-13-45",
        "2025-02-30T25:61:61Z",
        "0001-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
    ),
    *("1e300", "-1e300", "1e999", ".inf", "-.inf", ".nan", "9" * 5000, "-1", "0", "2147483648", "0x" + "f" * 400),
    *("1:2:3:4:5", "1_000", "0o17", "!!binary '####'", "!!float abc", "!!int ''", "!!timestamp x", "!!bool maybe"),
    *("!!python/object:os.system x", "!!set {a, b}", "!!omap [a: 1]", "? [a, b]\n  : c", "{[a]: b}", "{{a: b}: c}"),
    *(
        '"\\ud800"',
        '"\\0"',
        '"\\x07"',
        "'" + "x" * 5000 + "'",
        "*nope",
        "&a [*a]",
        "&a {b: *a}",
        "[" * 5000,
        "{a: " * 400,
    ),
    *(
        "[" * 60 + "]" * 60,
        "null",
        "~",
        "yes",
        "on",
        "[]",
        "{}",
        "[[]]",
        "|\n  text",
        ">-\n  text",
        "''",
        "'a\n\n  b'",
    ),
    *(
        "../" * 3000,
        "/nope/../../..",
        "~nobody/x",
        "~",
        "file:///x",
        "s3://bucket/x.csv",
        "http://x/y.csv",
        "NUL",
        "con",
    ),
    *(
        "Europe/Berlin",
        "Mars/Base",
        "UTC'; --",
        "../../etc/passwd",
        "Europe",
        "LOCAL",
        "+02:00",
        "america/new_york",
    ),
]
_KEYS = [
    *(
        "name",
        "output",
        "timezone",
        "tables",
        "engine",
        "random_state",
        "reading_seconds",
        "nope",
        "tables.customers",
    ),
    *("tables.responses", "tables.responses.path", "tables.responses.columns", "tables.responses.encoding"),
    *("tables.customers.columns.name", "tables.responses.columns.rating", "tables.customers.table"),
    *(
        "waves",
        "waves.dates",
        "waves.period",
        "waves.embargo_hours",
        "features.exclude",
        "features.higher_is_better",
    ),
    *("features.percentile_segment", "model.folds", "model.candidates", "estimation.confidence_level"),
    *("estimation.segments", "estimation.wave", "currencies", "currencies.to", "currencies.rates", "tracking.uri"),
    *("labels", "gates", "explanation", "spark.config", "spark"),
]


def settings(rng: random.Random, folder: Path) -> Project:
    """Give some keys values of other kinds, as YAML that is written by hand."""
    project = healthy(rng, folder)
    lines = _lines(project.config)
    for _ in range(rng.choice([1, 1, 2])):
        key, value = rng.choice(_KEYS), rng.choice(_VALUES)
        if rng.random() < 0.2:
            value = f"[{value}]"
        lines[key] = value
    text = _nested(lines)
    if rng.random() < 0.1:
        text += rng.choice(
            [_BOMB, "name: twice\n", "\t- x\n", "? a\n", "---\nname: other\n", "%TAG ! x\n", "a: b: c\n"]
        )
    project.rows = dict.fromkeys(project.rows)  # waves, zones and columns decide what is used
    (folder / "config.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    return project


def bytes_of_settings(rng: random.Random, folder: Path) -> Project:
    """Damage the bytes of the configuration."""
    project = healthy(rng, folder)
    path = project.write()
    encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
    content = path.read_text(encoding="utf-8").encode(encoding)
    path.write_bytes(damaged_bytes(rng, content) if rng.random() < 0.9 else content)
    project.rows = dict.fromkeys(project.rows)
    return project


def _lines(config: dict[str, Any], prefix: str = "") -> dict[str, str]:
    lines: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            lines |= _lines(value, f"{prefix}{key}.")
        else:
            lines[f"{prefix}{key}"] = str(value)
    return lines


def _nested(lines: dict[str, str]) -> str:
    """Return dotted keys as YAML; a key with a value and keys below it has the value."""
    tree: dict[str, Any] = {}
    for key, value in lines.items():
        place, parts = tree, key.split(".")
        for part in parts[:-1]:
            below = place.get(part)
            place[part] = below if isinstance(below, dict) else {}
            place = place[part]
        place[parts[-1]] = value

    def written(node: dict[str, Any], depth: int) -> str:
        text = ""
        for key, value in node.items():
            pad = "  " * depth
            text += (
                f"{pad}{key}:\n{written(value, depth + 1)}" if isinstance(value, dict) else f"{pad}{key}: {value}\n"
            )
        return text

    return written(tree, 0)


def moment(rng: random.Random) -> Any:
    """Return a moment at which the base is looked at: ends of the calendar, odd zones, other kinds."""
    return rng.choice(
        [
            *(datetime.min, datetime.max, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
            *(datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12))), datetime(1583, 1, 1)),
            *(datetime(2025, 4, 1), datetime(2025, 4, 1, tzinfo=UTC), datetime(1899, 12, 31), datetime(2201, 1, 1)),
        ]
    )


def arguments(rng: random.Random) -> dict[str, Any]:
    """Return arguments of `estimate_nps` of which one at least is not what it must be."""
    n = 60
    index = pd.RangeIndex(n)
    values = np.random.default_rng(rng.randrange(2**32))
    good: dict[str, Any] = {
        "features": pd.DataFrame({"a": values.normal(size=n), "b": values.choice(["x", MARK], n)}, index=index),
        "rating": pd.Series(np.where(np.arange(n) < 20, np.arange(n) % 11, np.nan), index=index),
    }
    name = rng.choice([*_WRONG, *_WRONG, "features", "rating"])
    wrong = _WRONG.get(name, _WRONG_COLUMNS)
    value = rng.choice(wrong)
    return {**good, name: value(good) if callable(value) else value}


Make = Callable[[dict[str, Any]], Any]
_WRONG_COLUMNS: list[Any] = [
    lambda good: good["rating"].to_numpy(),
    lambda good: good["rating"].tolist(),
    lambda good: good["features"].to_numpy(),
    lambda good: good["features"].to_dict(),
    lambda good: good["features"].head(0),
    lambda good: good["features"][[]],
    lambda good: good["features"].assign(c=pd.Series([{MARK: 1}] * 60)),
    lambda good: good["features"].assign(c=pd.Series([[MARK]] * 60)),
    lambda good: good["features"].assign(c=pd.Series([10**400] * 60)),
    lambda good: good["features"].assign(c=1j),
    lambda good: good["features"].assign(c=np.inf),
    lambda good: good["features"].assign(c=pd.Timestamp("2025-01-01")),
    lambda good: good["features"].assign(c=pd.Series([None, 1] * 30, dtype="Int64")),
    lambda good: pd.concat({MARK: good["features"]}, axis=1),
    lambda good: pd.concat([good["features"]] * 2, axis=1),
    lambda good: good["features"].set_axis(range(5, 65)),
    lambda good: good["rating"].astype(str),
    lambda good: good["rating"].map(lambda value: MARK),
    lambda good: good["rating"] + 1e300,
    lambda good: good["rating"] > 5,
    lambda good: good["rating"].astype(complex),
    lambda good: pd.Series([10**400] * 60),
    lambda good: pd.Series([Decimal(5)] * 60),
    *(None, MARK, 5, b"x", object(), [], {}, (), np.zeros((2, 2, 2)), np.float64("nan")),
]
_WRONG: dict[str, list[Any]] = {
    "response_drivers": [MARK, ["q"], [1], 5, [["a"]], np.array(["a"]), [None], {"a": 1}, b"a"],
    "shadow_features": [MARK, ["q"], [1], 5, [["a"]], ["a", "q"], "a"],
    "allow_leaks": [MARK, [1], 5, object()],
    "invited": [True, [True] * 60, np.ones(60), pd.Series([1] * 60), pd.Series([MARK] * 60), pd.Series([True] * 5)],
    "person": [[MARK] * 60, pd.Series([[MARK]] * 60), pd.Series([None] * 60), pd.Series([{}] * 60), 5],
    "segments": [["x"], MARK, 5, np.ones(60), {"a": 1}, pd.Series([MARK] * 5)],
    "confidence_level": [0, 1, 95, "x", None, float("nan"), np.array([0.9]), 1e300, [], 0.2],
    "selection_prior_sd": [-1, float("inf"), "x", None, 1e308, []],
    "random_state": [-1, None, MARK, 1.5, 10**30, 10**5000, True, [], np.random.default_rng(0)],
    "follow_up": [
        [1],
        MARK,
        pd.Series([5], index=[MARK]),
        pd.Series([99]),
        pd.Series([MARK]),
        pd.Series([5], index=[0]),
    ],
}
