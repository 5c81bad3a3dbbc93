"""The reasons of a score in one line."""

from __future__ import annotations

import numpy as np

from silentnps.explanation.explain import NEVER_INVITED, Explanation

_SMALLEST_POINTS = 0.05
"""Smaller contributions would read as 0.0."""


def top_reasons(explanation: Explanation, *, n: int = 3) -> list[str]:
    """Return the `n` features of the largest contributions of each row, such as "orders_late_count_90d -4.1; ...".

    In NPS points, the largest first; equal ones in the order of the features. Those that round to 0.0 are left out.
    """
    points = explanation.contributions.drop(columns=NEVER_INVITED, errors="ignore")
    names, values = [str(name) for name in points.columns], points.to_numpy(dtype=np.float64)
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :n]
    return [
        "; ".join(f"{names[i]} {row[i]:+.1f}" for i in largest if abs(row[i]) >= _SMALLEST_POINTS)
        for row, largest in zip(values, order, strict=True)
    ]
