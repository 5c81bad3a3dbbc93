"""The pictures of a training that are logged beside its numbers."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from silentnps.evaluation import Answers, Evaluation, LearningCurve, evaluate_answers
from silentnps.explanation.contributions.explain import Explanation
from silentnps.explanation.feature_groups import Dendrogram
from silentnps.explanation.plot import beeswarm, dendrogram, waterfall
from silentnps.schema import NPS_CLASSES

_TITLES = {"answers": "all answers alike", "silents": "weighted to look like the silent"}


def draw_reasons(
    folder: Path, explanation: Explanation, features: pd.DataFrame, joined: Dendrogram
) -> list[tuple[str, Path]]:
    """Draw the reasons for the scores of some customers, at least one; return (artifact folder, file) pairs.

    The waterfall is of the customer whose score is the middle one.
    """
    swarm, middle, tree = (folder / f"{name}.png" for name in ("shap_summary", "shap_waterfall", "correlated"))
    beeswarm(explanation, features, swarm)
    waterfall(explanation, features, int(np.argsort(explanation.expected_nps)[len(features) // 2]), middle)
    dendrogram(joined, tree)
    return [("plots", path) for path in (swarm, middle, tree)]


def evaluate_and_draw(
    folder: Path, answers: Answers, options: dict[str, Any]
) -> tuple[Evaluation, list[tuple[str, Path]]]:
    """Evaluate answers, with the options of `evaluate_answers`, and draw the result."""
    evaluation = evaluate_answers(answers, **options)
    return evaluation, draw_evaluation(folder, evaluation)


def draw_evaluation(folder: Path, evaluation: Evaluation) -> list[tuple[str, Path]]:
    """Draw reliability, confusion, gains and a learning curve if there is one; return (artifact folder, file)."""
    figures = {
        "reliability": _reliability(evaluation.reliability),
        "confusion": _confusion(evaluation.confusion),
        "gains": _gains(evaluation.gains),
    }
    if evaluation.learning is not None:
        figures["learning_curve"] = _learning(evaluation.learning)
    for name, figure in figures.items():
        figure.tight_layout()
        figure.savefig(folder / f"{name}.png", dpi=110)
        plt.close(figure)
    return [("plots", folder / f"{name}.png") for name in figures]


def _panels(rows: int, columns: int, **options: Any) -> tuple[Figure, Any]:
    """Return a figure and its panels, always an array of shape (rows, columns)."""
    figure: Figure
    figure, grid = plt.subplots(rows, columns, squeeze=False, **options)
    return figure, grid


def _reliability(table: pd.DataFrame) -> Figure:
    weightings = list(table["weighting"].unique())
    figure, grid = _panels(len(weightings), 3, figsize=(11, 3.7 * len(weightings)), sharex=True, sharey=True)
    for row, weighting in enumerate(weightings):
        for axes, name in zip(grid[row], NPS_CLASSES, strict=True):
            rows = table[(table["weighting"] == weighting) & (table["nps_class"] == name)]
            error = [rows["observed"] - rows["low"], rows["high"] - rows["observed"]]
            axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
            axes.errorbar(rows["predicted"], rows["observed"], yerr=error, fmt="o", markersize=4, capsize=2)
            axes.set(title=f"{name}, {_TITLES[weighting]}", xlim=(0, 1), ylim=(0, 1))
            axes.title.set_fontsize(9)
        grid[row][0].set_ylabel("observed share")
    for axes in grid[-1]:
        axes.set_xlabel("predicted probability")
    return figure


def _confusion(table: pd.DataFrame) -> Figure:
    weightings = list(table["weighting"].unique())
    figure, grid = _panels(1, len(weightings), figsize=(4.8 * len(weightings), 4.4))
    for axes, weighting in zip(grid[0], weightings, strict=True):
        _matrix(axes, table[table["weighting"] == weighting])
        axes.set_title(_TITLES[weighting], fontsize=10)
    return figure


def _matrix(axes: Axes, table: pd.DataFrame) -> None:
    counts, shares = (
        table.pivot_table(index="true", columns="predicted", values=name, dropna=False)
        .reindex(index=list(NPS_CLASSES), columns=list(NPS_CLASSES))
        .fillna(0.0)
        .to_numpy(dtype=np.float64)
        for name in ("count", "row_share")
    )
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i in range(3):
        for j in range(3):
            text = f"{counts[i, j]:,.0f}\n{shares[i, j]:.0%}"
            axes.text(j, i, text, ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
    axes.set(xticks=range(3), yticks=range(3), xlabel="predicted", ylabel="true")
    axes.set_xticklabels(NPS_CLASSES)
    axes.set_yticklabels(NPS_CLASSES)


def _gains(table: pd.DataFrame) -> Figure:
    classes = [name for name in NPS_CLASSES if name in set(table["nps_class"])]
    figure, grid = _panels(1, len(classes), figsize=(3.9 * len(classes), 3.9), sharey=True)
    for axes, name in zip(grid[0], classes, strict=True):
        for color, (weighting, rows) in zip(
            ("C0", "C1"), table[table["nps_class"] == name].groupby("weighting", sort=False), strict=False
        ):
            percent = 100 * rows["contacted_share"]
            axes.plot(percent, rows["precision"], color=color, label=_TITLES[str(weighting)])
            axes.axhline(rows["base_rate"].iloc[0], color=color, linestyle=":", linewidth=1)
        axes.set(title=name, xlabel="contacted, % (likeliest first)", ylim=(0, 1))
    grid[0][0].set_ylabel("share of the class among the contacted")
    grid[0][0].legend(fontsize=8, title="dotted: base rate", title_fontsize=8)
    return figure


def _learning(curve: LearningCurve) -> Figure:
    metrics = list(curve.reasons)
    figure, grid = _panels(1, len(metrics), figsize=(4.5 * len(metrics), 3.9))
    for axes, metric in zip(grid[0], metrics, strict=True):
        for kind, rows in curve.table[curve.table["metric"] == metric].groupby("kind", sort=False):
            error = [(rows["value"] - rows["low"]).clip(lower=0), (rows["high"] - rows["value"]).clip(lower=0)]
            marker = "o-" if kind == "measured" else "s"
            axes.errorbar(rows["n"], rows["value"], yerr=error, fmt=marker, capsize=3, label=str(kind))
        axes.set(title=metric, xlabel="answers", ylabel="score (lower is better)")
        if curve.reasons[metric]:
            axes.set_xlabel(f"answers\n(not extrapolated: {fill(curve.reasons[metric], 50)})", fontsize=8)
        axes.legend(fontsize=8)
    return figure
