"""What detractors, passives and promoters of the whole base have more of, and less, than everybody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.comparison.class_masses import class_masses, own_variance
from silentnps.estimation.comparison.simultaneous import Simultaneous, simultaneous
from silentnps.estimation.comparison.standardised import Standardised
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.numerics.arrays import Floats
from silentnps.schema import NPS_CLASSES

COLUMNS = (
    *("nps_class", "feature", "level", "class_mean", "base_mean", "difference", "low", "high", "standard_error"),
    *("joint_low", "joint_high", "p_value", "p_adjusted", "differs", "detectable", "n", "confidence_level"),
)
CLASS_COLUMNS = ("nps_class", "share", "low", "high", "standard_error", "n", "n_respondents", "confidence_level")


@dataclass(frozen=True)
class ClassProfiles:
    """Profiles of the classes, and their sizes.

    `profiles` has one row per class and feature, or level of a category: the means of the class and of the base (of
    a level: its shares), and their difference in standard deviations of the base with intervals as in
    `silentnps.estimation.comparison.segments.compare_segments`; `n` counts the customers of the base whose value is
    known. `classes` has the estimated share of each class in the base. `constant` names features left out because
    they are the same for everybody.
    """

    profiles: pd.DataFrame
    classes: pd.DataFrame
    constant: tuple[str, ...]


def class_profiles(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    drawn: Bootstrap,
    *,
    confidence_level: float = 0.95,
    seed: int = 0,
) -> ClassProfiles:
    """Return what the customers of each class, answered or silent, have more and less of than the base.

    Notes
    -----
    The mean of a feature over a class is doubly robust, see `class_masses`: answers as they are, silent customers
    by q(y | x), corrected by the answers. Its variance is that over the replicates of the bootstrap, which learn
    and weight everything again, plus that of the silent customers' own classes. It is association: what goes with a
    class need not be its cause. With few answers in a class the mean of a rare feature is far from normal.
    """
    frame = wave.data.features.iloc[wave.rows]
    answered = wave.sample.answered
    columns = Standardised.of(frame, _counts(wave))
    statistic = _Statistic(columns, wave)
    point = np.mean([statistic(repeat, wave) for repeat in repeats], axis=0)
    draws = drawn.draws_of(wave, statistic)
    unseen = statistic.unseen(np.mean([statistic.masses(repeat, wave) for repeat in repeats], axis=0), point)
    flat = point[:, :-1].ravel()
    joint = simultaneous(
        flat,
        draws[:, :, :-1].reshape(len(draws), -1),
        unseen=unseen[:, :-1].ravel(),
        confidence_level=confidence_level,
        seed=seed,
    )
    sizes = simultaneous(point[:, -1], draws[:, :, -1], unseen=unseen[:, -1], confidence_level=confidence_level)
    return ClassProfiles(
        _profiles(columns, point[:, :-1], joint, statistic.n_known, confidence_level),
        _classes(point[:, -1], sizes, wave, answered, confidence_level),
        columns.constant,
    )


@dataclass(frozen=True)
class _Statistic:
    """Standardised means of each class, followed by its share: shape (3, k + 1), from a repeat and its wave."""

    columns: Standardised
    wave: CrossFittedWave

    @cached_property
    def _own(self) -> tuple[Floats, Floats]:
        return self.columns.transform(self.wave.data.features.iloc[self.wave.rows])

    @cached_property
    def _sampled(self) -> tuple[Floats, Floats]:
        sample = self.wave.sampled()
        return self._own if sample is self.wave else self.columns.transform(sample.data.features.iloc[sample.rows])

    @property
    def n_known(self) -> Floats:
        """Return how many customers of the base have a known value, shape (k,)."""
        return np.asarray(_counts(self.wave) @ self._own[1])

    def masses(self, repeat: RepeatEstimate, wave: CrossFittedWave) -> Floats:
        """Return by how many customers of each class the rows of a wave count, shape (rows, 3)."""
        return class_masses(repeat.probabilities, repeat.point, wave.sample, self.wave.sample.n_silent)

    def __call__(self, repeat: RepeatEstimate, wave: CrossFittedWave) -> Floats:
        masses = self.masses(repeat, wave)
        values, known = self._own if len(wave.rows) == len(self.wave.rows) else self._sampled
        sizes = masses.sum(axis=0)
        means = masses.T @ values / np.maximum(masses.T @ known, 1.0)
        return np.column_stack([means, sizes / sizes.sum()])

    def unseen(self, masses: Floats, point: Floats) -> Floats:
        """Return the variance of the silent customers' own classes, shape (3, k + 1)."""
        values, known = self._own
        variance = own_variance(masses, self.wave.sample.answered).T
        means, total = point[:, :-1], masses.sum()
        squares = variance @ values**2 - 2.0 * means * (variance @ values) + means**2 * (variance @ known)
        of_means = squares / np.maximum(masses.T @ known, 1.0) ** 2
        return np.column_stack([np.maximum(of_means, 0.0), variance.sum(axis=1) / total**2])


def _counts(wave: CrossFittedWave) -> Floats:
    return np.ones(len(wave.rows)) if wave.sample.counts is None else wave.sample.counts


def _profiles(
    columns: Standardised, point: Floats, joint: Simultaneous, n_known: Floats, level: float
) -> pd.DataFrame:
    k = len(columns.names)
    flat = point.ravel()
    rows: dict[str, Any] = {
        "nps_class": np.repeat(NPS_CLASSES, k),
        "feature": [*columns.names] * 3,
        "level": [*columns.levels] * 3,
        "class_mean": (columns.means + point * columns.sds).ravel(),
        "base_mean": np.tile(columns.means, 3),
        "difference": flat,
        "low": flat - joint.half_widths,
        "high": flat + joint.half_widths,
        "standard_error": joint.errors,
        "joint_low": flat - joint.joint_half_widths,
        "joint_high": flat + joint.joint_half_widths,
        "p_value": joint.p_values,
        "p_adjusted": joint.p_adjusted,
        "differs": np.abs(flat) > joint.joint_half_widths,
        "detectable": joint.detectable,
        "n": np.tile(n_known.round().astype(np.int64), 3),
        "confidence_level": level,
    }
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _classes(
    shares: Floats, sizes: Simultaneous, wave: CrossFittedWave, answered: Any, level: float
) -> pd.DataFrame:
    n = int(answered.sum() + wave.sample.n_silent.sum())
    rows = {
        "nps_class": NPS_CLASSES,
        "share": shares,
        "low": np.clip(shares - sizes.half_widths, 0.0, 1.0),
        "high": np.clip(shares + sizes.half_widths, 0.0, 1.0),
        "standard_error": sizes.errors,
        "n": n,
        "n_respondents": np.bincount(wave.sample.classes[answered], minlength=3),
        "confidence_level": level,
    }
    return pd.DataFrame(rows, columns=list(CLASS_COLUMNS))
