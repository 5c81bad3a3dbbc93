"""A training and an estimate in the words and the table that MLflow shows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wave.nps_report import NPSReport

if TYPE_CHECKING:
    from silentnps.training.train import Training

TABLE = "estimate/nps.json"
PAGES = {
    "report": "report/report.html",
    "model card": "model_card/model_card.md",
    "reliability": "plots/reliability.png",
    "key drivers": "plots/shap_summary.png",
}
"""What to look at, by its words; the report is there after `silentnps report`."""


def described_training(project: str, training: Training) -> str:
    """Return the first estimate of a training, which has no interval yet."""
    info = training.bundle.info
    value = f"{training.nps_silent:+.1f}" if math.isfinite(training.nps_silent) else "unknown"
    customers = f"{info['n_silent']:,} silent customers, {info['n_answers_of_wave']:,} answers of the wave"
    return (
        f"NPS of silent customers of {project}, wave {info['wave']}: **{value}** so far; `silentnps estimate` adds "
        f"the interval. {customers}; chosen: {training.candidate}."
    )


def described_estimate(project: str, wave: str, report: NPSReport) -> str:
    """Return the estimate with its interval."""
    silent, level = _with_interval(report.silent), f"{100 * report.silent.confidence_level:g} %"
    return (
        f"NPS of silent customers of {project}, wave {wave}: **{silent}** ({level} interval). "
        f"Whole base {_with_interval(report.base)}; those who answered {report.respondents.value:+.1f}."
    )


def shown_estimate(report: NPSReport) -> pd.DataFrame:
    """Return one row per published group: whole base, silent customers, those who answered, segments.

    Columns: of, segment, nps, low, high (points, one decimal), customers, answers and confidence_level. `nps` of a
    segment is that of its silent customers; suppressed segments have no numbers. That of those who answered is
    counted, so it has no interval.
    """
    answers = report.respondents.n
    groups = [
        ("silent customers", report.silent, 0),
        ("whole base", report.base, answers),
        ("those who answered", replace(report.respondents, low=math.nan, high=math.nan), answers),
    ]
    whole = [
        {
            "of": of,
            "segment": "",
            "nps": one.value,
            "low": one.low,
            "high": one.high,
            "customers": one.n,
            "answers": n,
        }
        for of, one, n in [*groups, *_by_spend(report)]
    ]
    renamed = {"segmentation": "of", "n": "customers", "n_respondents": "answers", "value": "nps"}
    columns = ["of", "segment", "nps", "low", "high", "customers", "answers"]
    segments = report.segments.rename(columns=renamed).reindex(columns=columns)
    table = pd.DataFrame([*whole, *segments.to_dict("records")], columns=columns)
    table["answers"] = table["answers"].astype("Int64")
    points = ["nps", "low", "high"]
    return table.assign(**table[points].astype(float).round(1), confidence_level=report.silent.confidence_level)


def _by_spend(report: NPSReport) -> list[tuple[str, NPSEstimate, int]]:
    found = report.by_spend
    if found is None:
        return []
    groups = (
        ("silent customers, by spend", found.silent, 0),
        ("whole base, by spend", found.base, found.respondents.n),
    )
    return list(groups)


def _with_interval(estimate: NPSEstimate) -> str:
    return f"{estimate.value:+.1f}, {estimate.low:+.1f} to {estimate.high:+.1f}"
