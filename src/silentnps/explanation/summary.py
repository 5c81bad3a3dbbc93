"""Contributions summed up: for all customers, for segments, and for one customer in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.estimation.encoding import is_category
from silentnps.explanation.explain import Explanation

_SHOWN_POINTS = 0.05


def driver_table(
    explanation: Explanation, features: pd.DataFrame, catalog_words: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return one row per feature, the largest first.

    Columns: feature; words (from the catalogue, else the name); mean_absolute_points and mean_points of its
    contributions; direction, the sign of the rank correlation of value and contribution (0 for a category).
    """
    words = catalog_words or {}
    points = explanation.contributions
    table = pd.DataFrame(
        {
            "feature": [str(name) for name in points.columns],
            "words": [words.get(str(name), str(name)) for name in points.columns],
            "mean_absolute_points": points.abs().mean().to_numpy(),
            "mean_points": points.mean().to_numpy(),
            "direction": [_direction(features, name, points[name]) for name in points.columns],
        }
    )
    return table.sort_values("mean_absolute_points", ascending=False, kind="stable", ignore_index=True)


def segment_drivers(explanation: Explanation, segments: pd.Series | NDArray[Any]) -> pd.DataFrame:
    """Return mean contributions in each segment less those of all rows, one row per segment, in points.

    A row sums to the segment's mean expected NPS less that of all rows. `segments` has a label or code per row.
    """
    points = explanation.contributions
    labels = np.asarray(segments, dtype=object)
    means = points.groupby(pd.Series(labels, index=points.index, name="segment"), dropna=False, sort=True).mean()
    return means - points.mean()


def top_reasons(explanation: Explanation, k: int) -> list[str]:
    """Return the `k` largest contributions of each row in words; those under 0.05 points are left out.

    A row reads like "type_of_travel: -14.2; airline_status: +6.1".
    """
    points = explanation.contributions.to_numpy()
    names = [str(name) for name in explanation.contributions.columns]
    largest = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :k]
    return [
        "; ".join(f"{names[i]}: {row[i]:+.1f}" for i in chosen if abs(row[i]) >= _SHOWN_POINTS)
        for row, chosen in zip(points, largest, strict=True)
    ]


def _direction(features: pd.DataFrame, name: Any, points: pd.Series) -> int:
    if name not in features or is_category(features[name]):
        return 0
    values = features[name].to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(values)
    ranks, shares = pd.Series(values[known]).rank(), points[known].rank()
    centred = (ranks.to_numpy() - ranks.mean()) @ (shares.to_numpy() - shares.mean())
    return int(np.sign(np.round(centred, 6))) if known.any() else 0
