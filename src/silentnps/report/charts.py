"""Positions of what the page draws, as percentages of a drawing's width and height.

The drawings have no fixed width, so that their text stays readable on a phone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.metrics import expected_calibration_error
from silentnps.numerics.arrays import Floats, Integers
from silentnps.report.wording.words import interval, points
from silentnps.schema import NPS_CLASSES

_STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0)
_MOST_TICKS = 5
_EDGE = 4.0
_CURVE_LABELS = (-1.0, -0.5, 0.0, 0.5, 1.0)
_BINS = 10


@dataclass(frozen=True)
class Axis:
    """A range of values across (or up) a drawing, with a margin at both edges."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @staticmethod
    def around(values: list[float]) -> Axis:
        """Return an axis of NPS points around the finite `values`."""
        known = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(known), max(known)
        step = next((s for s in _STEPS if (high - low) / s <= _MOST_TICKS - 1), _STEPS[-1])
        first, last = math.floor(low / step), math.ceil(high / step)
        last = max(last, first + 1)
        return Axis(first * step, last * step, tuple(i * step for i in range(first, last + 1)))

    @staticmethod
    def exactly(values: list[float]) -> Axis:
        """Return an axis without ticks that spans exactly the finite `values`."""
        known = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(known), max(known)
        return Axis(low, max(high, low + 1.0), ())

    def at(self, value: float) -> float:
        """Return the position of a value from the left, in percent."""
        inside = min(max(value, self.low), self.high)
        return round(_EDGE + (100 - 2 * _EDGE) * (inside - self.low) / (self.high - self.low), 2)

    def up(self, value: float) -> float:
        """Return the position of a value from the top, in percent."""
        return round(100 - self.at(value), 2)

    @property
    def marks(self) -> list[tuple[float, str]]:
        """Return positions and labels of the ticks."""
        return [(self.at(tick), f"{tick:+.0f}".replace("-", "−") if tick else "0") for tick in self.ticks]


@dataclass(frozen=True)
class Dot:
    """A value with its interval on an axis; `tone` is its CSS class, `what` is the quantity measured."""

    name: str
    text: str
    range_text: str
    tone: str
    at: float | None
    start: float | None
    end: float | None
    what: str = "NPS"

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return f"{self.name}: {self.what} {self.text}" + (
            f", interval {self.range_text}" if self.range_text else ""
        )


def dot(axis: Axis, name: str, numbers: tuple[float, float, float], tone: str) -> Dot:
    """Place a value with its interval, given as (value, low, high)."""
    value, low, high = numbers
    ranged = math.isfinite(low) and math.isfinite(high) and high > low
    return Dot(
        name,
        points(value),
        interval(low, high) if ranged else "",
        tone,
        axis.at(value) if math.isfinite(value) else None,
        axis.at(low) if ranged else None,
        axis.at(high) if ranged else None,
    )


@dataclass(frozen=True)
class Curve:
    """The sensitivity curve: line pieces and labels as positions in percent."""

    pieces: list[tuple[float, float, float, float]]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    survey_at: float
    estimate_at: float
    spoken: str


def sensitivity_chart(report: NPSReport) -> Curve | None:
    """Place the NPS of silent customers over the strength of selection; None without a curve."""
    table = report.sensitivity
    if len(table) < 2:
        return None
    steps, values = table["class_step"].to_numpy(), table["nps_silent"].to_numpy()
    across = Axis(float(steps.min()), float(steps.max()), ())
    up = Axis.around([*values, report.respondents.value, report.silent.value])
    places = [(across.at(step), up.up(value)) for step, value in zip(steps, values, strict=True)]
    shown = [step for step in _CURVE_LABELS if steps.min() <= step <= steps.max()]
    return Curve(
        pieces=[(*start, *end) for start, end in pairwise(places)],
        across=[(across.at(step), f"×{math.exp(abs(step)):.1f}" if step else "equal") for step in shown],
        up=[(round(100 - at, 2), label) for at, label in up.marks],
        survey_at=up.up(report.respondents.value),
        estimate_at=up.up(report.silent.value),
        spoken=(
            f"Curve of the NPS of silent customers from {points(values[0])}, where dissatisfied customers answer "
            f"more readily, to {points(values[-1])}, where satisfied customers do."
        ),
    )


@dataclass(frozen=True)
class Calibration:
    """Predicted and observed shares of one class: `dots` are (x, y, predicted, observed, n)."""

    name: str
    dots: list[tuple[float, float, float, float, int]]
    gap_points: float

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        pairs = ", ".join(f"{100 * x:.0f} % predicted {100 * y:.0f} % observed" for _, _, x, y, _ in self.dots)
        return f"Calibration of {self.name}: {pairs}"


def calibration_charts(probabilities: Floats | None, classes: Integers | None) -> list[Calibration]:
    """Return one chart per class, in ten groups of equal size; none without out-of-fold predictions."""
    if probabilities is None or classes is None or len(classes) == 0:
        return []
    return [_calibration(probabilities[:, k], classes == k, name) for k, name in enumerate(NPS_CLASSES)]


def _calibration(predicted: Floats, positive: Integers, name: str) -> Calibration:
    axis = Axis(0.0, 1.0, ())
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(_BINS, len(predicted)))
    pairs = [(float(predicted[g].mean()), float(positive[g].mean()), len(g)) for g in groups]
    dots = [(axis.at(x), axis.up(y), x, y, n) for x, y, n in pairs]
    return Calibration(name, dots, 100 * expected_calibration_error(predicted, positive.astype(np.int64)))
