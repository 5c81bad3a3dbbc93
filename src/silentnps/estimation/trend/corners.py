"""What the base of a period would think with the attributes, the events or the outcome function of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.formulas.doubly_robust import silent_law
from silentnps.estimation.trend.drawn import Drawn
from silentnps.estimation.trend.every_wave import EstimatedWave
from silentnps.estimation.trend.parts import CORNERS, Corner, Exchange
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatModels
from silentnps.numerics.additive_design import fit_encoder
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES


@dataclass(frozen=True)
class Corners:
    """The expected NPS of each corner in every fit, and its variance from samples of silent customers."""

    means: dict[Corner, Drawn]
    sampling: float


@dataclass(frozen=True)
class _Period:
    """The waves of a period, as fits look at them, and the share of each in its base."""

    estimated: tuple[EstimatedWave, ...]
    waves: tuple[CrossFittedWave, ...]
    shares: Floats

    @staticmethod
    def of(estimated: Sequence[EstimatedWave]) -> _Period:
        waves = tuple(each.wave.sampled() for each in estimated)
        sizes = np.array([counts_of(wave).sum() for wave in waves])
        return _Period(tuple(estimated), waves, sizes / sizes.sum())

    def margins(self, k: int, *, original: bool) -> Floats:
        """Return the margins of the period's customers in the k-th fit, or in the k-th repeat of the original."""
        found = []
        for estimated, wave in zip(self.estimated, self.waves, strict=True):
            own = estimated.bootstrap.margins[k][: len(wave.rows)]
            found.append(wave.margins_of(wave.margins[k]) if original else own)
        return np.concatenate(found).astype(np.float64)


def counts_of(wave: CrossFittedWave) -> Floats:
    """Return how many customers each row of a wave stands for."""
    counts = wave.sample.counts
    return wave.sample.weights if counts is None else counts


def corners_of(
    before: Sequence[EstimatedWave], after: Sequence[EstimatedWave], attributes: Sequence[str]
) -> Corners:
    """Return the expected NPS of the base at each corner of two periods, in every fit.

    The outcome function of a wave is E[v | x] of its customers, whether they answer or not: p(y | x) with the share
    of those who would answer, and q(y | x) with that of the others. `attributes` are the features that say who the
    customers are; all others say what happened to them.
    """
    exchange = _Exchanged.of((_Period.of(before), _Period.of(after)), attributes)
    n_repeats, n_fits = len(before[0].bootstrap.originals), len(before[0].bootstrap.plan.tasks)
    originals = [exchange.means(k, original=True) for k in range(n_repeats)]
    fits = [exchange.means(k, original=False) for k in range(n_fits)]
    means = {}
    for corner in CORNERS:
        by_repeat = [each[corner] for each in originals]
        means[corner] = Drawn.of(by_repeat, by_repeat, [each[corner] for each in fits])
    return Corners(means, exchange.sampling())


@dataclass(frozen=True)
class _Exchanged:
    """Two periods, the weights by which their customers have the attributes of each other, and their designs.

    `designs` are the response drivers of the customers of a period as a wave's model sees them, by the period of
    the customers, the period of the wave, and its place there.
    """

    periods: tuple[_Period, _Period]
    exchange: Exchange
    designs: dict[tuple[int, int, int], Floats]

    @staticmethod
    def of(periods: tuple[_Period, _Period], attributes: Sequence[str]) -> _Exchanged:
        waves = [wave for period in periods for wave in period.waves]
        features = waves[0].data.features
        frame = features[list(attributes)].iloc[np.concatenate([wave.rows for wave in waves])]
        later = np.repeat([False, True], [sum(len(wave.rows) for wave in period.waves) for period in periods])
        encoder, counts = fit_encoder(frame), np.concatenate([counts_of(wave) for wave in waves])
        exchange = Exchange.of(encoder.transform(frame), encoder.groups, later, counts)
        designs = {}
        for i, of_rows in enumerate(periods):
            rows = np.concatenate([wave.rows for wave in of_rows.waves])
            for j, period in enumerate(periods):
                for place, wave in enumerate(period.waves):
                    names = list(wave.data.response_drivers)
                    own = i == j and len(period.waves) == 1
                    designs[i, j, place] = (
                        wave.sample.drivers if own else wave.driver_encoder.transform(features[names].iloc[rows])
                    )
        return _Exchanged(periods, exchange, designs)

    def means(self, k: int, *, original: bool) -> dict[Corner, float]:
        """Return the mean of each corner in the k-th fit, or in the k-th repeat of the original."""
        margins = [period.margins(k, original=original) for period in self.periods]
        expected = [
            (self._expected(0, j, margins[0], k, original), self._expected(1, j, margins[1], k, original))
            for j in (0, 1)
        ]
        return {corner: self.exchange.mean(corner, expected[corner[2]]) for corner in CORNERS}

    def sampling(self) -> float:
        """Return the variance of a corner that comes from samples of silent customers, in squared points.

        That of the mean with the exchanged weights, by the residuals of the sampled customers.
        """
        variance = 0.0
        for i, period in enumerate(self.periods):
            weights, margins = self.exchange.exchanged[i], period.margins(0, original=True)
            expected = self._expected(i, i, margins, 0, True)
            left_out = np.concatenate([1.0 - 1.0 / counts_of(wave) for wave in period.waves])
            variance += float(np.maximum(left_out, 0.0) @ (weights * (expected - weights @ expected)) ** 2)
        return variance

    def _expected(self, i: int, j: int, margins: Floats, k: int, original: bool) -> Floats:
        """Return the expected NPS of the customers of period i by the outcome function of period j."""
        total = np.zeros(len(margins))
        period = self.periods[j]
        for place, (estimated, share) in enumerate(zip(period.estimated, period.shares, strict=True)):
            models = (estimated.bootstrap.originals if original else estimated.bootstrap.models)[k]
            total += share * _outcome(models, margins, self.designs[i, j, place])
        return total


def _outcome(models: RepeatModels, margins: Floats, drivers: Floats) -> Floats:
    """Return E[v | x] of customers who are asked, in points."""
    probabilities = models.calibrator.probabilities(margins)
    nobody = np.zeros(len(margins), dtype=np.bool_)
    return np.asarray(silent_law(probabilities, drivers, nobody, models.selection) @ CLASS_VALUES)
