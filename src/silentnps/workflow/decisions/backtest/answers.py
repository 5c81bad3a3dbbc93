"""Each wave's answers held to what the model of the wave before predicted; its estimate, and the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.evaluation.backtest.predictions import Predicted, class_gaps, nps_gap, score_predictions
from silentnps.evaluation.backtest.transitions import answered_twice, mean_shift
from silentnps.numerics.arrays import Floats
from silentnps.workflow.decisions.backtest.truth import mean_truth
from silentnps.workflow.decisions.backtest.waves import AsThen, Customers

Pairs = Sequence[tuple[str, str]]

_STREAM = 11
"""Sets these resamples apart from other random draws of the same seed."""


def predict_answers(
    customers: Customers, then: Mapping[str, AsThen], pairs: Pairs
) -> dict[str, tuple[Predicted, Predicted]]:
    """Return, by wave, its answers as the model of the wave before predicts them, and what that learned from."""
    found = {}
    for before, after in pairs:
        learned = then[before].answers
        assert learned is not None
        found[after] = (customers.predicted(then[before].bundle, after), learned)
    return found


def table_of_waves(
    customers: Customers,
    then: Mapping[str, AsThen],
    pairs: Pairs,
    predicted: Mapping[str, tuple[Predicted, Predicted]],
    truth: Floats | None,
    confidence_level: float,
) -> pd.DataFrame:
    """Return one row per wave: the NPS predicted of its answers and what they say; the estimate, and the truth."""
    rows = []
    for before, after in pairs:
        gap = nps_gap(*predicted[after], confidence_level=confidence_level)
        row: dict[str, Any] = {
            "wave": after,
            "learned_up_to": before,
            "n_answers": gap.n,
            "n_answers_before": gap.n_before,
            "predicted": gap.predicted,
            "survey": gap.observed,
            "difference": gap.difference,
            "difference_low": gap.low,
            "difference_high": gap.high,
        }
        row |= _estimate(then[after].level)
        rows.append(row | _truth(customers, after, row, truth) | {"confidence_level": confidence_level})
    return pd.DataFrame(rows)


def _estimate(level: Mapping[str, float] | None) -> dict[str, float]:
    names = [f"{of}{end}" for of in ("silent", "base") for end in ("", "_low", "_high")]
    known = level or {}
    row = {name: float(known.get(name, np.nan)) for name in names}
    return {"n": known.get("n", np.nan), "n_silent": known.get("n_silent", np.nan)} | row


def _truth(customers: Customers, wave: str, row: Mapping[str, Any], truth: Floats | None) -> dict[str, Any]:
    """Return the true NPS of the silent customers and of the base, and whether the intervals hold them."""
    if truth is None:
        return {}
    found: dict[str, Any] = {}
    for of, answered in (("silent", False), ("base", None)):
        known = mean_truth(truth, np.isin(np.arange(len(truth)), customers.rows(wave, answered=answered)))
        estimated = row[of] == row[of] and known == known
        held = bool(row[f"{of}_low"] <= known <= row[f"{of}_high"]) if estimated else None
        found |= {f"{of}_truth": known, f"{of}_held": held}
    return found


def table_of_shares(predicted: Mapping[str, tuple[Predicted, Predicted]], confidence_level: float) -> pd.DataFrame:
    """Return the expected and the observed share of each class among the answers of each wave."""
    rows = []
    for wave, pair in predicted.items():
        for name, gap in class_gaps(*pair, confidence_level=confidence_level).items():
            rows.append(
                {
                    "wave": wave,
                    "nps_class": name,
                    "n": gap.n,
                    "expected_share": gap.predicted,
                    "observed_share": gap.observed,
                    "difference": gap.difference,
                    "low": gap.low,
                    "high": gap.high,
                    "confidence_level": confidence_level,
                }
            )
    return pd.DataFrame(rows)


def table_of_metrics(
    predicted: Mapping[str, tuple[Predicted, Predicted]], config: ProjectConfig, confidence_level: float
) -> pd.DataFrame:
    """Return the metrics of the predictions of each wave."""
    tables = []
    for wave, pair in predicted.items():
        rng = np.random.default_rng([config.random_state, _STREAM])
        table = score_predictions(*pair, rng=rng, confidence_level=confidence_level)
        table.insert(0, "wave", wave)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def table_of_transitions(customers: Customers, pairs: Pairs, config: ProjectConfig, level: float) -> pd.DataFrame:
    """Return how those who answered two waves in a row moved between the classes."""
    tables = []
    for before, after in pairs:
        first, second = (_by_person(customers, wave, answered=True) for wave in (before, after))
        both = first.index.intersection(second.index)
        classes = (customers.classes[rows[both].to_numpy()] for rows in (first, second))
        table = answered_twice(*classes, fewest=config.estimation.min_segment_n, confidence_level=level)
        tables.append(table.assign(before=before, after=after))
    return _pairs_first(tables)


def table_of_shifts(
    customers: Customers, then: Mapping[str, AsThen], pairs: Pairs, barred: frozenset[str], level: float
) -> pd.DataFrame:
    """Return by how much probabilities of those silent in two waves in a row moved, by the model of the first."""
    tables = []
    scored = ~customers.frame["customer_id"].isin(barred).to_numpy()
    for before, after in pairs:
        first, second = (_by_person(customers, wave, answered=False) for wave in (before, after))
        both = first.index.intersection(second.index)
        both = both[scored[first[both].to_numpy()]]
        if len(both):
            bundle = then[before].bundle
            moved = (customers.as_silent(bundle, rows[both].to_numpy()) for rows in (first, second))
            tables.append(mean_shift(*moved, confidence_level=level).assign(before_wave=before, after_wave=after))
    if not tables:
        return pd.DataFrame()
    return _pairs_first(
        [table.rename(columns={"before": "before_mean", "after": "after_mean"}) for table in tables]
    )


def _pairs_first(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    names = {"before_wave": "before", "after_wave": "after"}
    table = table.rename(columns=names)
    return table[["before", "after", *(name for name in table if name not in ("before", "after"))]]


def _by_person(customers: Customers, wave: str, *, answered: bool) -> pd.Series:
    rows = customers.rows(wave, answered=answered)
    return pd.Series(rows, index=customers.persons[rows])
