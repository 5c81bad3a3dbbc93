"""One sentence on what the other assumptions say, for whoever has to defend the number."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

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


def disagreement(by_assumption: pd.DataFrame, headline: str) -> str:
    """Return which assumptions contradict the headline, and what that means.

    An assumption contradicts the headline where the two differ by more than both intervals together allow.

    Parameters
    ----------
    by_assumption
        As in `NPSReport.by_assumption`.
    headline
        The assumption of the headline, a row of the table.
    """
    records: list[dict[str, Any]] = [dict(row) for _, row in by_assumption.iterrows()]
    rows = {str(row["assumption"]): row for row in records}
    mine = rows[headline]
    others = [name for name in _NAMES if name in rows and name != headline]
    against = [name for name in others if _apart(rows[name], mine)]
    if not against:
        return (
            f"No other assumption contradicts the headline of {mine['value']:+.1f}: "
            "what is assumed about who answers matters little here."
        )
    listed = _joined([f"{_NAMES[name]} ({rows[name]['value']:+.1f})" for name in against])
    verb = "differs" if len(against) == 1 else "differ"
    meaning = _joined([_MEANING[name] for name in against if name != "weighted" or "mar" not in against])
    agreeing = [_NAMES[name] for name in others if name not in against]
    rest = f"; {_joined(agreeing)} {'does' if len(agreeing) == 1 else 'do'} not" if agreeing else ""
    return (
        f"{listed[0].upper()}{listed[1:]} {verb} from the headline ({mine['low']:+.1f} to {mine['high']:+.1f}) by "
        f"more than the intervals allow{rest}: if the headline's assumption holds, {meaning}."
    )


def _apart(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two estimates differ by more than their intervals, taken as independent, allow."""
    halves = (row["high"] - row["low"] for row in (one, other))
    return bool(abs(one["value"] - other["value"]) > math.hypot(*halves) / 2)


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
