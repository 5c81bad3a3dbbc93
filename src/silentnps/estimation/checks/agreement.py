"""What the other assumptions say beside the headline, for whoever has to defend the number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from silentnps.estimation.formulas.verdict import MATTERS, judged, told
from silentnps.numerics.arrays import Floats

_NAMES = {
    "survey": "the survey mean",
    "weighted": "weighting",
    "mar": "missing at random",
    "label_shift": "label shift",
    "selection": "the selection model",
}
_MEANING = {
    "survey": "those who answered are not like the silent",
    "weighted": "what the features explain of answering is not all there is",
    "mar": "satisfaction itself seems to drive who answers",
    "label_shift": "features drive who answers too",
    "selection": "the shadow features, or the form of the selection model, fail the test of the calls",
}
_CONFIDENCE = 0.95
_Row = Mapping[Any, Any]

DIFFERENCE = ("difference", "difference_low", "difference_high", "verdict")
"""The columns that `with_differences` adds to a table by assumption."""


def with_differences(
    table: pd.DataFrame,
    headline: str,
    replicates: Mapping[str, Floats],
    *,
    confidence_level: float = _CONFIDENCE,
    matters: float = MATTERS,
) -> pd.DataFrame:
    """Add how far each assumption lies from the headline, with an interval, and what that says.

    Parameters
    ----------
    table
        One row an assumption: assumption, value, low, high.
    headline
        The assumption of the headline, a row of the table.
    replicates
        The values of a bootstrap under each assumption, all of the same replicates in the same order.
    matters
        The least difference that matters, in points.

    Returns
    -------
    DataFrame
        With `difference` (value less the headline's), `difference_low`, `difference_high` and `verdict`, see
        `silentnps.estimation.formulas.verdict.judged`; of the headline 0 and no verdict, of bounds empty.

    Notes
    -----
    Assumptions are computed from the same answers, so that their errors go together: the interval of a difference
    is Student's t on the differences within replicates. The survey mean is known, so that its difference is as
    uncertain as the headline. An assumption that has no replicates beside the headline's (calls) counts as
    independent of it, which makes the interval too wide rather than too narrow where their errors go together.
    """
    rows = table.to_dict("records")
    mine = next(row for row in rows if row["assumption"] == headline)
    found: list[tuple[float, float, float, str]] = []
    for row in rows:
        if row["assumption"] not in _NAMES or row["assumption"] == headline:
            nothing = 0.0 if row["assumption"] == headline else math.nan
            found.append((nothing, nothing, nothing, ""))
            continue
        low, high = _interval(row, mine, replicates, confidence_level)
        found.append((row["value"] - mine["value"], low, high, judged(low, high, matters=matters)))
    return table.assign(**dict(zip(DIFFERENCE, zip(*found, strict=True), strict=True)))


def disagreement(table: pd.DataFrame, headline: str, *, matters: float = MATTERS) -> str:
    """Return which assumptions contradict the headline, what that means, which agree, and of which nobody knows.

    Parameters
    ----------
    table
        As `with_differences` returns it; one without differences is compared as if all were independent.
    headline
        The assumption of the headline, a row of the table.
    matters
        The least difference that matters, in points.
    """
    compared = table if "verdict" in table else with_differences(table, headline, {}, matters=matters)
    rows = {str(row["assumption"]): row for row in compared.to_dict("records")}
    mine = rows[headline]
    others = {name: str(rows[name]["verdict"]) for name in _NAMES if name in rows and name != headline}
    of = {verdict: [name for name, own in others.items() if own == verdict] for verdict in set(others.values())}
    against, like = of.get("contradicts", []), of.get("agrees", [])
    size = told(matters)
    if len(like) == len(others):
        return (
            f"Every other assumption lies within {size} of the headline of {mine['value']:+.1f}, its interval "
            f"counted: {_listed(like, rows)}. What is assumed about who answers matters little here."
        )
    unknown = [name for name in others if name not in against and name not in like]
    return " ".join(
        [
            *_contradicting(against, rows, mine),
            *_unknown(unknown, rows, mine, size),
            *([f"{_capital(_listed(like, rows))} agree{_s(like)} with it within {size}."] if like else []),
        ]
    )


def _interval(
    row: _Row, mine: _Row, replicates: Mapping[str, Floats], confidence_level: float
) -> tuple[float, float]:
    name, headline = row["assumption"], mine["assumption"]
    gap = float(row["value"] - mine["value"])
    if name == "survey":
        return float(row["value"] - mine["high"]), float(row["value"] - mine["low"])
    if name in replicates and headline in replicates:
        paired = replicates[name] - replicates[headline]
        half = float(stats.t.ppf(0.5 + confidence_level / 2, len(paired) - 1) * np.std(paired, ddof=1))
    else:
        half = math.hypot(*(one["high"] - one["low"] for one in (row, mine))) / 2
    return gap - half, gap + half


def _contradicting(names: list[str], rows: Mapping[str, _Row], mine: _Row) -> list[str]:
    if not names:
        return []
    meaning = _joined([_MEANING[name] for name in names if name != "weighted" or "mar" not in names])
    verb = "differs" if len(names) == 1 else "differ"
    return [
        f"{_capital(_listed(names, rows))} {verb} from the headline ({mine['low']:+.1f} to {mine['high']:+.1f}) by "
        f"more than chance explains: if the headline's assumption holds, {meaning}."
    ]


def _unknown(names: list[str], rows: Mapping[str, _Row], mine: _Row, size: str) -> list[str]:
    if not names:
        return []
    parts = [
        f"{_NAMES[name]} ({rows[name]['value']:+.1f}; difference {rows[name]['difference_low']:+.1f} to "
        f"{rows[name]['difference_high']:+.1f})"
        for name in names
    ]
    verb = "differs" if len(names) == 1 else "differ"
    return [
        f"Whether {_joined(parts)} {verb} from the headline of {mine['value']:+.1f} by {size} or more, these data "
        "cannot tell."
    ]


def _listed(names: list[str], rows: Mapping[str, _Row]) -> str:
    return _joined([f"{_NAMES[name]} ({rows[name]['value']:+.1f})" for name in names])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _s(names: list[str]) -> str:
    return "s" if len(names) == 1 else ""


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
