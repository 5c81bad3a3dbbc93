"""Plots of contributions in NPS points: the only module that draws with shap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster import hierarchy

from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.feature_groups import Dendrogram
from silentnps.explanation.phrases import phrase
from silentnps.explanation.topics import group_by_topic
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Integers, evenly_spaced

_MOST_DOTS = 3000
_LONGEST = 60


def beeswarm(explanation: Explanation, features: pd.DataFrame, path: Path, *, max_features: int = 15) -> None:
    """Write shap's beeswarm plot as a PNG: one dot per customer and feature, in NPS points.

    Colour shows the value of a number; categories are grey. At most 3,000 customers, evenly spaced, are drawn.
    """
    rows = evenly_spaced(len(features), _MOST_DOTS)
    points = explanation.contributions.iloc[rows]
    names = list(points.columns)
    shown = {"values": points.to_numpy(copy=True), "base_values": np.full(len(rows), explanation.base_value)}

    def draw(shap: Any, axes: Any) -> None:
        explained = shap.Explanation(**shown, data=_colours(features, names, rows), feature_names=_text(names))
        shap.plots.beeswarm(explained, max_display=max_features, ax=axes, show=False, plot_size=None)
        axes.set_xlabel("Contribution to expected NPS, in points")

    _picture(draw, path, height=1.5 + 0.4 * min(max_features, len(names)))


def waterfall(
    explanation: Explanation, features: pd.DataFrame, row: int, path: Path, *, max_features: int = 12
) -> None:
    """Write shap's waterfall plot of one row as a PNG: from the base value to the expected NPS, in points.

    Each bar is a topic, in the words of its leading feature.
    """
    topics = group_by_topic(replace(explanation, contributions=explanation.contributions.iloc[[row]]))
    leading = explanation.contributions.columns[topics.leading[0]]
    names = [_short(_label(str(name), features, row)) for name in leading]
    values = topics.points[0].copy()

    def draw(shap: Any, axes: Any) -> None:
        explained = shap.Explanation(values=values, base_values=explanation.base_value, feature_names=names)
        shap.plots.waterfall(explained, max_display=max_features, show=False)
        axes.set_xlabel("Expected NPS, in points")

    _picture(draw, path, height=1.5 + 0.45 * min(max_features, len(names)))


def dendrogram(joined: Dendrogram, path: Path) -> None:
    """Write a dendrogram of correlated features as a PNG; the more correlated, the further left branches meet."""

    def draw(shap: Any, axes: Any) -> None:
        if len(joined.names) > 1:
            hierarchy.dendrogram(joined.linkage, labels=_text(list(joined.names)), orientation="left", ax=axes)
        axes.set_xlabel("1 - |rank correlation|, average of the groups")

    _picture(draw, path, height=1.5 + 0.18 * len(joined.names))


def _picture(draw: Callable[[Any, Any], None], path: Path, *, height: float) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt  # takes seconds to import, and is needed only here

    shap = _shap()
    figure, axes = plt.subplots()
    try:
        with _fixed_global_seed():
            draw(shap, axes)
        figure.set_size_inches(8.0, height)
        figure.savefig(path, dpi=150, bbox_inches="tight", format="png", metadata={"Software": None})
    finally:
        plt.close(figure)


def _shap() -> Any:
    """Import shap in a thread of its own.

    It keeps the errors of what it could not import, and so every frame below them with all that their callers hold:
    of a training, hundreds of megabytes for as long as the process lives.
    """

    def imported() -> Any:
        import shap

        return shap

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(imported).result()


def _label(name: str, features: pd.DataFrame, row: int) -> str:
    if name == NEVER_INVITED:
        return name
    value = features[name].iloc[row]
    return phrase(name, None if pd.isna(value) else value)


def _text(names: list[Any]) -> list[str]:
    return [_short(str(name)) for name in names]


def _short(text: str) -> str:
    """Shorten a text to fit a plot, and escape the sign that starts a formula in matplotlib."""
    plain = text.replace("$", "\\$")
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _colours(features: pd.DataFrame, names: list[str], rows: Integers) -> NDArray[np.object_]:
    """Return the values that colour the dots; text, which shap draws in grey, where there is no order."""
    colours = np.full((len(rows), len(names)), "", dtype=object)
    for i, name in enumerate(names):
        if name in features and not is_category(features[name]):
            values = features[name].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan)
            if not np.isnan(values).all():
                colours[:, i] = values
    return colours


@contextmanager
def _fixed_global_seed() -> Iterator[None]:
    """Seed numpy's global generator, which shap's jitter uses, and restore its state afterwards."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
