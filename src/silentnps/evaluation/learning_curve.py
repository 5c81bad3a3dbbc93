"""What more answers would bring: scores at growing sizes, and a power law extrapolated to twice the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from silentnps.evaluation.intervals import RESAMPLES, percentiles
from silentnps.numerics.arrays import Floats, Integers

SIZES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the persons who answered on which the model is refitted."""

_EXPONENTS = (0.25, 0.5, 0.75, 1.0, 1.5)
_TWICE = 2.0
_FALLING = 0.975

FitAndScore = Callable[[Integers, np.random.Generator], Mapping[str, float]]
"""Fits on the given rows of the answers and returns scores (lower is better) that are out of fold or held out."""


@dataclass(frozen=True)
class LearningCurve:
    """Scores by size.

    `table` has one row per metric and size: metric, share, n (answers, the mean), value (mean of the repeats), low,
    high, kind ("measured" or "extrapolated"). `reasons` says for each metric why it was not extrapolated; empty if
    it was.
    """

    table: pd.DataFrame
    reasons: dict[str, str]


def learning_curve(
    fit_and_score: FitAndScore,
    persons: Integers,
    sizes: Sequence[float] = SIZES,
    *,
    rng: np.random.Generator,
    repeats: int = 5,
) -> LearningCurve:
    """Refit on random shares of the persons and extrapolate each score to twice the answers.

    The law is a + b n^-c, with a, b >= 0 by non-negative least squares and c from a fixed grid (0.25 to 1.5),
    fitted to all repeats together. Its interval is the percentile bootstrap of whole repeats. The ends of the
    measured points are their lowest and highest repeat.

    Parameters
    ----------
    persons
        Integer codes of the persons of the answers, shape (n,); a subset holds all answers of a person or none.
    sizes
        Shares of the persons in (0, 1].

    Notes
    -----
    A score is not extrapolated, and gets a reason, if there are fewer than three sizes or two repeats; if it does
    not fall (b = 0) in more than 2.5 % of the resamples; or if a mean is farther than three standard errors, and 1
    %, from the law. The subsets share the same answers, so the interval is too short: it covers the noise of
    fitting, not of who answered.
    """
    n_rows, scores = [], []
    for _ in range(repeats):
        subsets = [_subset(persons, share, rng) for share in sizes]
        n_rows.append([len(rows) for rows in subsets])
        scores.append([dict(fit_and_score(rows, rng)) for rows in subsets])
    counts = np.array(n_rows, dtype=np.float64)
    tables, reasons = [], {}
    for metric in scores[0][0]:
        values = np.array([[at_size[metric] for at_size in row] for row in scores])
        rows, reasons[metric] = _curve_of(counts, values, sizes, len(persons), rng)
        tables.append(pd.DataFrame(rows).assign(metric=metric))
    table = pd.concat(tables, ignore_index=True)
    return LearningCurve(table[["metric", "share", "n", "value", "low", "high", "kind"]], reasons)


def fit_power_law(n: Floats, scores: Floats) -> tuple[float, float, float]:
    """Return a, b and c of the least-squares fit of a + b n^-c, with a, b >= 0 and c from a grid.

    Examples
    --------
    >>> n = np.array([100.0, 200.0, 400.0])
    >>> [round(x, 6) for x in fit_power_law(n, 0.2 + 3.0 * n**-0.5)]
    [0.2, 3.0, 0.5]
    """
    fits = []
    for exponent in _EXPONENTS:
        power = (n / n.max()) ** -exponent
        (a, b), residual = nnls(np.column_stack([np.ones_like(power), power]), scores)
        fits.append((residual, a, b * n.max() ** exponent, exponent))
    _, a, b, c = min(fits)
    return float(a), float(b), float(c)


def _subset(persons: Integers, share: float, rng: np.random.Generator) -> Integers:
    all_persons = np.unique(persons)
    chosen = rng.choice(all_persons, max(round(share * len(all_persons)), 1), replace=False)
    return np.flatnonzero(np.isin(persons, chosen))


def _curve_of(
    counts: Floats, values: Floats, sizes: Sequence[float], n_answers: int, rng: np.random.Generator
) -> tuple[list[dict[str, Any]], str]:
    """Return the rows of one metric from counts and scores, both (repeats, sizes), and why none is extrapolated."""
    rows: list[dict[str, Any]] = [
        {
            "share": share,
            "n": counts[:, i].mean(),
            "value": values[:, i].mean(),
            "low": values[:, i].min(),
            "high": values[:, i].max(),
            "kind": "measured",
        }
        for i, share in enumerate(sizes)
    ]
    if len(set(sizes)) < 3 or len(values) < 2:
        return rows, "fewer than three sizes or two repeats"
    law = fit_power_law(counts.ravel(), values.ravel())
    resampled = [rng.integers(len(values), size=len(values)) for _ in range(RESAMPLES)]
    laws = [fit_power_law(counts[chosen].ravel(), values[chosen].ravel()) for chosen in resampled]
    reason = _why_not(law, laws, counts, values)
    if not reason:
        n = _TWICE * n_answers
        low, high = percentiles(np.array([_at(resampled_law, n) for resampled_law in laws]))
        row = {"share": _TWICE, "n": n, "value": _at(law, n), "low": float(low), "high": float(high)}
        rows.append({**row, "kind": "extrapolated"})
    return rows, reason


def _at(law: tuple[float, float, float], n: float) -> float:
    a, b, c = law
    return float(a + b * n**-c)


def _why_not(
    law: tuple[float, float, float], laws: list[tuple[float, float, float]], counts: Floats, values: Floats
) -> str:
    if np.mean([b > 0 for _, b, _ in laws]) < _FALLING:
        return "the score does not fall with more answers by more than the noise of the repeats"
    means = values.mean(axis=0)
    expected = np.array([_at(law, n) for n in counts.mean(axis=0)])
    noise = 3 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    if (np.abs(means - expected) > np.maximum(noise, 0.01 * means)).any():
        return "the scores do not follow a power law of the number of answers"
    return ""
