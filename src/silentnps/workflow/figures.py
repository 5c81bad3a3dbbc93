"""The pictures of a training that are logged beside its numbers."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from silentnps.data.schema import NPS_CLASSES
from silentnps.estimation.nps import Floats, Integers
from silentnps.explanation.explain import explain
from silentnps.explanation.plot import beeswarm
from silentnps.models.survey import SurveyData
from silentnps.models.training import Training

_EXPLAINED_ROWS = 1000


def draw_figures(folder: Path, data: SurveyData, training: Training) -> list[tuple[str, Path]]:
    """Draw the reasons of the silent's scores and the calibration; return (artifact folder, file) pairs."""
    calibration, drivers = folder / "calibration.png", folder / "shap_summary.png"
    _draw_calibration(calibration, training.out_of_fold, data.classes[data.answered])
    silent = np.flatnonzero(data.target & ~data.answered)
    if len(silent) == 0:
        return [("plots", calibration)]
    rows = silent[:: max(len(silent) // _EXPLAINED_ROWS, 1)]
    frame = data.features.iloc[rows]
    beeswarm(explain(training.bundle, frame, data.invited[rows]), frame, drivers)
    return [("plots", calibration), ("plots", drivers)]


def _draw_calibration(path: Path, probabilities: Floats, classes: Integers) -> None:
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for code, name in enumerate(NPS_CLASSES):
        groups = np.array_split(np.argsort(probabilities[:, code], kind="stable"), 15)
        kept = [group for group in groups if len(group)]
        predicted = [probabilities[group, code].mean() for group in kept]
        observed = [(classes[group] == code).mean() for group in kept]
        axes.plot(predicted, observed, marker="o", markersize=3, label=name)
    axes.set(xlabel="predicted probability", ylabel="observed share", title="Calibration, out of fold")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
