"""The beeswarm plot of contributions: the only place that draws with shap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.estimation.encoding import is_category
from silentnps.explanation.explain import Explanation

_MOST_DOTS = 3000


def beeswarm(explanation: Explanation, features: pd.DataFrame, path: Path, *, max_features: int = 15) -> None:
    """Write shap's beeswarm plot as a PNG: a dot per customer and feature, in NPS points.

    Colour is the value of a number, grey that of a category. Of many customers 3,000, evenly spaced, are drawn.
    """
    import matplotlib.pyplot as plt  # seconds to import, and only wanted here
    import shap

    rows = np.unique(np.linspace(0, len(features) - 1, _MOST_DOTS).round().astype(np.int64))
    points = explanation.contributions.iloc[rows]
    shown = shap.Explanation(
        values=points.to_numpy(copy=True),
        base_values=np.full(len(rows), explanation.base_value),
        data=_colours(features, list(points.columns), rows),
        feature_names=[str(name) for name in points.columns],
    )
    figure, axes = plt.subplots()
    try:
        with _own_global_seed():
            shap.plots.beeswarm(shown, max_display=max_features, ax=axes, show=False, plot_size=None)
        figure.set_size_inches(8.0, 1.5 + 0.4 * min(max_features, points.shape[1]))
        axes.set_xlabel("Contribution to expected NPS, in points")
        figure.savefig(path, dpi=150, bbox_inches="tight", metadata={"Software": None})
    finally:
        plt.close(figure)


def _colours(features: pd.DataFrame, names: list[str], rows: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the values that colour the dots; text where there is nothing to order, which shap draws in grey."""
    colours = np.full((len(rows), len(names)), "", dtype=object)
    for i, name in enumerate(names):
        if name in features and not is_category(features[name]):
            values = features[name].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan)
            if not np.isnan(values).all():
                colours[:, i] = values
    return colours


@contextmanager
def _own_global_seed() -> Iterator[None]:
    """Seed numpy's global generator, which shap's jitter draws from, and give it back as it was."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
