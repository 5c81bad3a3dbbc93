"""Tables of the draws: errors, coverage, width and seconds, as Markdown for people and as records for programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from mechanisms import CORE, MECHANISMS, STRESS

LEAST_COVERAGE = 0.92
"""The coverage that the exact binomial test of each core mechanism is against, one-sided."""

POOLS = {
    "core": tuple(CORE),
    "stress at the asked rate": tuple(
        name for name, rule in STRESS.items() if not (rule.rate or rule.answers or rule.shadow)
    ),
    "stress": tuple(STRESS),
}
"""Mechanisms whose intervals are counted together; a wrongly declared shadow is a case of its own."""

UNITS = {
    "draws": "draws",
    "failed": "draws",
    "rmse": "points",
    "bias": "points",
    "mean_absolute_error": "points",
    "coverage": "share",
    "width": "points",
    "seconds": "seconds",
    "coverage_p": "probability",
    "rmse_over_true_gamma": "ratio",
    "intervals": "intervals",
}
"""The unit of every measure."""

_DIGITS = {"share": ".3f", "probability": ".3f", "draws": ".0f", "intervals": ".0f", "seconds": ".1f"}


def measured(draws: pd.DataFrame) -> pd.DataFrame:
    """Add error and width in points and covered (1, 0 or NaN) to draws of value, low, high and truth."""
    numbers = draws.reindex(columns=["value", "low", "high", "truth", "seconds"]).astype(float)
    held = (numbers["low"] <= numbers["truth"]) & (numbers["truth"] <= numbers["high"])
    return draws.assign(
        **numbers,
        error_points=numbers["value"] - numbers["truth"],
        width=numbers["high"] - numbers["low"],
        covered=held.astype(float).where(numbers["low"].notna()),
    )


def summarise(draws: pd.DataFrame) -> pd.DataFrame:
    """Return one row per mechanism and method: errors and width in points, coverage, seconds, draws that failed."""
    groups = measured(draws).groupby(["mechanism", "method"], sort=False)
    return groups.agg(
        draws=("error_points", "count"),
        failed=("error_points", lambda error: int(error.isna().sum())),
        rmse=("error_points", lambda error: float(np.sqrt((error**2).mean()))),
        bias=("error_points", "mean"),
        mean_absolute_error=("error_points", lambda error: float(error.abs().mean())),
        coverage=("covered", "mean"),
        width=("width", "mean"),
        seconds=("seconds", "mean"),
    ).reset_index()


def rmse_table(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the RMSE in points, one row per method, one column per mechanism and the worst core mechanism.

    `seconds` is the mean time of one estimate, where it was measured.
    """
    rows = draws[draws["method"] != "segment"]
    summary = summarise(rows)
    methods, names = summary["method"].unique(), _in_order(summary["mechanism"])
    table = summary.pivot(index="method", columns="mechanism", values="rmse").reindex(index=methods, columns=names)
    core = [name for name in names if name in CORE]
    if core:
        table["worst_core"] = table[core].max(axis=1, skipna=False)
    return table.assign(seconds=measured(rows).groupby("method")["seconds"].mean())


def selection_table(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the selection estimate, one row per mechanism.

    `coverage_p` is the p-value of the exact binomial test that a core mechanism's coverage is below 0.92.
    """
    summary = summarise(draws).set_index(["method", "mechanism"])
    table = summary.loc["selection"].drop(columns=["failed", "mean_absolute_error"])
    table = table.reindex(_in_order(table.index))
    table["rmse_true_gamma"] = summary.loc["true_gamma"]["rmse"]
    table["rmse_over_true_gamma"] = table["rmse"] / table["rmse_true_gamma"]
    covered = measured(draws[draws["method"] == "selection"]).groupby("mechanism")["covered"].agg(["sum", "count"])
    table["coverage_p"] = pd.Series({name: _below(covered.loc[name]) for name in table.index if name in CORE})
    return table


def pooled_table(draws: pd.DataFrame) -> pd.DataFrame:
    """Return coverage and the number of intervals, one row per pool of mechanisms and method with intervals."""
    rows = measured(draws[draws["method"] != "segment"])
    found = [
        rows[rows["mechanism"].isin(names)].assign(pool=pool).groupby(["pool", "method"], sort=False)["covered"]
        for pool, names in POOLS.items()
    ]
    table = pd.concat([group.agg(["mean", "count"]) for group in found])
    return table.set_axis(["coverage", "intervals"], axis=1).query("intervals > 0")


def segment_table(draws: pd.DataFrame) -> pd.DataFrame:
    """Return errors, coverage and width of the segments, one row per mechanism; empty without segments."""
    table = summarise(draws[draws["method"] == "segment"]).set_index("mechanism")
    table = table.rename(columns={"draws": "intervals"})
    return table.reindex(_in_order(table.index))[["intervals", "mean_absolute_error", "coverage", "width"]]


def failure_table(draws: pd.DataFrame) -> pd.DataFrame:
    """Return how many draws failed, one row per method and reason."""
    failed = draws[draws["error"].notna()] if "error" in draws else draws.iloc[:0].assign(error=None)
    return failed.groupby(["method", "error"]).size().rename("failed").to_frame()


def markdown(draws: pd.DataFrame) -> str:
    """Return all tables as Markdown; those without rows are left out."""
    tables = {
        "RMSE of the silent's NPS, points": rmse_table(draws),
        "Selection": selection_table(draws),
        "Coverage of intervals, pooled": pooled_table(draws),
        "Segments": segment_table(draws),
        "Failures": failure_table(draws),
    }
    return "\n".join(f"### {title}\n\n{_lines(table)}" for title, table in tables.items() if len(table))


def records(draws: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every measure as a record of name (mechanism or pool / method), metric, value and unit."""
    alone = selection_table(draws)[["rmse_over_true_gamma", "coverage_p"]].assign(method="selection")
    rmse = rmse_table(draws)
    tables = [
        summarise(draws[draws["method"] != "segment"]).set_index(["mechanism", "method"]),
        alone.set_index("method", append=True),
        segment_table(draws).assign(method="segment").set_index("method", append=True),
        pooled_table(draws),
    ]
    if "worst_core" in rmse:
        tables.append(pd.concat({"worst_core": rmse[["worst_core"]].set_axis(["rmse"], axis=1)}))
    return [
        {"name": "/".join(key).replace(" ", "_"), "metric": metric, "value": float(value), "unit": UNITS[metric]}
        for table in tables
        for metric, column in table.items()
        for key, value in column.dropna().items()
    ]


def _below(covered: pd.Series) -> float:
    count, n = int(covered["sum"]), int(covered["count"])
    return float(binomtest(count, n, LEAST_COVERAGE, alternative="less").pvalue) if n else np.nan


def _in_order(names: pd.Series | pd.Index) -> list[str]:
    return [name for name in MECHANISMS if name in set(names)]


def _lines(table: pd.DataFrame) -> str:
    flat = table.reset_index()
    head = [str(name) for name in flat.columns]
    rows = [[_cell(name, value) for name, value in row.items()] for row in flat.to_dict("records")]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows]) + "\n"


def _cell(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value.replace("|", "/").replace("\n", " ")
    return "-" if pd.isna(value) else format(value, _DIGITS.get(UNITS.get(name, "points"), ".2f"))
