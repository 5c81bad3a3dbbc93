"""Contributions summarized over customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from silentnps.explanation.contributions.explain import Explanation
from silentnps.numerics.additive_design import is_category


def driver_table(
    explanation: Explanation, features: pd.DataFrame, catalog_words: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return one row per feature, largest first.

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


def _direction(features: pd.DataFrame, name: Any, points: pd.Series) -> int:
    if name not in features or is_category(features[name]):
        return 0
    values = features[name].to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(values)
    ranks, shares = pd.Series(values[known]).rank(), points[known].rank()
    centred = (ranks.to_numpy() - ranks.mean()) @ (shares.to_numpy() - shares.mean())
    return int(np.sign(np.round(centred, 6))) if known.any() else 0
