"""The final model's probabilities of every silent customer, where training holds a sample of them.

They are the control of the estimate, see `silentnps.numerics.silent_population`, and what the step is fitted to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from silentnps.bundle.bundle import Bundle
from silentnps.estimation.formulas.doubly_robust import on_simplex
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.silent_population import SilentPopulation, strata
from silentnps.training.final_bundle import probabilities_before_step


@dataclass(frozen=True)
class EverySilent:
    """Class probabilities before the step of all silent customers of a wave, shape (n, 3), and who was invited.

    The arrays may lie on disk.
    """

    probabilities: Floats
    invited: Booleans

    @property
    def means(self) -> Floats:
        """Return the mean of those who were invited and of those who never were, shape (2, 3); 0 of nobody."""
        groups = (self.invited, ~self.invited)
        sums = [np.einsum("ij,i->j", self.probabilities, group.astype(np.float64)) for group in groups]
        sizes = np.maximum([group.sum() for group in groups], 1)
        return np.asarray(np.array(sums) / sizes[:, None])


SilentPass = Callable[[Bundle], EverySilent]
"""Computes the probabilities of every silent customer by a bundle, whose step it leaves out."""


def with_control(wave: CrossFittedWave, bundle: Bundle, everybody: EverySilent) -> CrossFittedWave:
    """Return a wave of sampled silent customers with the bundle's probabilities as control."""
    data = wave.data
    if data.population is None:
        return wave
    control = np.zeros((len(data.classes), 3))
    control[wave.rows[wave.silent]] = probabilities_before_step(bundle, wave, wave.silent)
    population = replace(data.population, control=control, means=everybody.means)
    return with_population(wave, population)


def with_population(wave: CrossFittedWave, population: SilentPopulation) -> CrossFittedWave:
    """Return a wave with another population, whose arrays are aligned with the rows of its data."""
    of_wave = population.take(wave.rows)
    return replace(
        wave,
        data=replace(wave.data, population=population),
        sample=replace(wave.sample, population=of_wave),
        full_sample=replace(wave.full_sample, population=of_wave),
    )


def shifted_repeats(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> list[RepeatEstimate]:
    """Return repeats that were estimated before the control of the wave was known, moved by it.

    Estimates that are no mean over silent customers (of the survey, weighted answers, label shift) stay.
    """
    shift = shift_by_control(wave)
    points, means = float(shift @ CLASS_VALUES), {"mar", wave.headline}
    return [
        replace(
            repeat,
            point=replace(repeat.point, shares=on_simplex(repeat.point.shares + shift)),
            by_assumption={name: value + points * (name in means) for name, value in repeat.by_assumption.items()},
            moved=repeat.moved + points,
        )
        for repeat in repeats
    ]


def shift_by_control(wave: CrossFittedWave) -> Floats:
    """Return how the control moves the class shares that were estimated without it, shape (3,)."""
    population = wave.sample.population
    if population is None or population.total == 0:
        return np.zeros(3)
    shift = np.zeros(3)
    groups = strata(wave.sample.answered, wave.sample.invited)
    for share, mean, group in zip(population.n / population.total, population.means, groups, strict=True):
        if group.any():
            shift += share * (mean - population.control[group].mean(axis=0))
    return shift
