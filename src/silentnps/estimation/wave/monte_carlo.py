"""The variance of an estimate that comes from looking at a sample of silent customers in place of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.segmentation import Segmentation
from silentnps.numerics.silent_population import strata, variance_of_mean


def sampling_variance(wave: CrossFittedWave, repeats: Sequence[RepeatEstimate]) -> float:
    """Return the sampling variance of the NPS of silent customers, in squared points; 0 where all are held.

    That of the stratified difference estimator: of what the cross-fitted models say less the control, within the
    invited and within those never invited (Särndal, Swensson and Wretman 1992, sections 3.7 and 6.3).
    """
    population = wave.sample.population
    if population is None or population.total == 0:
        return 0.0
    gaps = _gaps(wave, repeats)
    shares = population.n / population.total
    return float(
        sum(
            share**2 * variance_of_mean(gaps[group], int(n))
            for share, n, group in zip(shares, population.n, _strata(wave), strict=True)
        )
    )


def sampling_variance_of_segments(
    wave: CrossFittedWave, repeats: Sequence[RepeatEstimate], cut: Segmentation
) -> Floats:
    """Return the same of every segment of a segmentation, shape (segments,).

    A segment with fewer than two customers in the sample has the variance of one customer of its stratum.
    """
    n_segments = len(cut.labels)
    if cut.everybody is None:
        return np.zeros(n_segments)
    gaps, n_silent = _gaps(wave, repeats), np.maximum(cut.everybody.n.sum(axis=0), 1)
    variance = np.zeros(n_segments)
    for n, group in zip(cut.everybody.n, _strata(wave), strict=True):
        codes, overall = cut.codes[group], gaps[group].var(ddof=1) if group.sum() > 1 else 0.0
        drawn = np.bincount(codes, minlength=n_segments)
        centered = gaps[group] - (np.bincount(codes, gaps[group], n_segments) / np.maximum(drawn, 1))[codes]
        within = np.bincount(codes, centered**2, n_segments) / np.maximum(drawn - 1, 1)
        spread = np.where(drawn > 1, within, overall) / np.maximum(drawn, 1)
        variance += (n / n_silent) ** 2 * spread * np.clip(1.0 - drawn / np.maximum(n, 1), 0.0, 1.0)
    return variance


def _strata(wave: CrossFittedWave) -> tuple[Booleans, Booleans]:
    return strata(wave.sample.answered, wave.sample.invited)


def _gaps(wave: CrossFittedWave, repeats: Sequence[RepeatEstimate]) -> Floats:
    """Return expected NPS by the cross-fitted models less that by the control, of each row, in points."""
    law = np.mean([repeat.point.silent_probabilities for repeat in repeats], axis=0)
    control = 0.0 if wave.sample.population is None else wave.sample.population.control
    return np.asarray((law - control) @ CLASS_VALUES)
