"""The bootstrap of everything learned: persons get random weights; models, calibrator and selection are refitted.

Drawn copies of persons would leave 37 % of them out, and a learner of the others is worse than the original: where
the signal is weak its estimates spread much wider than the original's. So each person gets a smooth random weight
of mean 1 and standard deviation `SCALE`, and what that moves is divided by `SCALE`: the exchangeably weighted
bootstrap of Praestgaard and Wellner (1993), Annals of Probability 21, theorem 2.1. With `SCALE` = 1 the weights
would be exponential (Rubin 1981), and a learner's effective number of answers half the original's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from silentnps.estimation.formulas.selection import prior_covariance
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import (
    RepeatEstimate,
    estimate_repeat,
    segment_estimates,
    segment_weights,
)
from silentnps.numerics.arrays import Floats
from silentnps.outcome.cross_fitting import crossfit
from silentnps.outcome.survey_data import SurveyData

_STREAM = 2
"""Sets the draws of the bootstrap apart from those of the splits, which have the same seed."""

SCALE = 0.5
"""Standard deviation of the weights of persons, whose mean is 1."""

CROSSED = 0.2
"""Share of the fits that have weights of an earlier one and another split."""

_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class BootstrapDraw:
    """NPS of silent customers in one replicate, or by one repeat of the original.

    By assumption, the composite of each segmentation's segments, and with each family of shadows `moved` to the
    response drivers. Those of a replicate spread as estimates do, and can lie beyond the range of what they
    estimate.
    """

    by_assumption: dict[str, float]
    gamma: Floats
    segments: tuple[Floats, ...]
    moved: Floats

    @staticmethod
    def combined(draws: Sequence[BootstrapDraw], factors: Sequence[float]) -> BootstrapDraw:
        """Return the sum of draws times factors, number by number."""
        return BootstrapDraw(
            {
                name: float(np.dot(factors, [draw.by_assumption[name] for draw in draws]))
                for name in draws[0].by_assumption
            },
            _combined([draw.gamma for draw in draws], factors),
            tuple(
                _combined(list(segments), factors)
                for segments in zip(*(draw.segments for draw in draws), strict=True)
            ),
            _combined([draw.moved for draw in draws], factors),
        )


def _combined(arrays: Sequence[Floats], factors: Sequence[float]) -> Floats:
    return np.asarray(sum(factor * array for factor, array in zip(factors, arrays, strict=True)))


def bootstrap(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    *,
    replicates: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[BootstrapDraw]:
    """Refit everything on weighted persons; the result does not depend on `n_jobs`.

    Persons who answered, who stayed silent, and who are not in the wave are weighted separately. Each draw has the
    split of one repeat, in turn, and draws the mean of gamma's prior from the prior: otherwise a penalised fit
    shrinks to nothing where the data are silent. Estimates are evaluated on the original silent customers, of a
    large base on a sample of them. Of `replicates` fits a fifth serves to measure the noise of the refitted trees,
    and the others are returned.

    Notes
    -----
    A replicate t* with the split of repeat r, whose original estimate is t_r, moved by m = (t* - t_r) / SCALE.
    Trees jump where weights change a little, and a division by SCALE enlarges that: some weights are fitted with a
    second split too, the mean of half the squared differences of their two m is the variance of the jumps, and m
    shrinks by f such that its variance is less by as much. With t the mean over the R repeats,

        t + f m + (t_r - t) / sqrt(R - 1)

    is returned. The last term has the variance of the splits in a mean of R repeats: their noise is counted
    once, as the headline has it. One repeat shows nothing of it.
    """
    n_splits = len(wave.splits)
    n_crossed = round(CROSSED * replicates) if n_splits > 1 else 0
    n = replicates - n_crossed
    seeds = np.random.SeedSequence([wave.random_state, _STREAM]).spawn(n)
    tasks = [(i, i % n_splits) for i in range(n)] + [(i, (i + 1) % n_splits) for i in range(n_crossed)]
    refit = _Refit.of(wave, repeats)
    jobs = (joblib.delayed(refit)(seeds[i], repeat) for i, repeat in tasks)
    moves: list[BootstrapDraw] = []
    for (_, repeat), draw in zip(tasks, joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs), strict=True):
        moves.append(movement(draw, refit.originals[repeat]))
        if progress is not None:
            progress(1)
    shrunk = without_jumps(moves[:n], moves[n:])
    return [spread(move, refit.originals, repeat) for move, (_, repeat) in zip(shrunk, tasks[:n], strict=True)]


@dataclass(frozen=True)
class _Refit:
    """What is refitted in each draw.

    `originals` are what the repeats say with the weights of the original, `repeats` what led to it; the fits start
    from `start`.
    """

    wave: CrossFittedWave
    repeats: list[RepeatEstimate]
    originals: list[BootstrapDraw]
    segment_weights: tuple[Floats, ...]
    start: RepeatEstimate

    @staticmethod
    def of(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> _Refit:
        """Prepare the refits: of a large base the repeats are estimated again on the sample that draws look at."""
        weights, sample = segment_weights(wave, repeats), wave.sampled()
        start = repeats[0]
        if sample is not wave:
            repeats = [estimate_repeat(margins, sample, start=start) for margins in sample.margins]
        originals = [draw_of(repeat, sample, weights) for repeat in repeats]
        without_margins = replace(sample, margins=sample.margins[:0])  # draws make their own
        return _Refit(without_margins, repeats, originals, weights, start)

    def __call__(self, seed: np.random.SeedSequence, repeat: int) -> BootstrapDraw:
        """Refit with the weights of a seed and the split of a repeat."""
        wave = self.wave
        with threadpool_limits(limits=1):
            rng = np.random.default_rng(seed)
            weights = person_weights(wave.data, rng)
            if wave.row_weights is not None:
                weights = weights * wave.row_weights
            split = wave.splits[repeat]
            margins = crossfit(wave.data, wave.design, classifier=wave.classifier, split=split, weights=weights)
            reweighted = wave.reweighted(weights)
            refitted = estimate_repeat(
                margins,
                reweighted,
                prior_mean=drawn_prior_mean(wave.prior_sd, rng, scale=SCALE),
                start=self.start,
                original=self.repeats[repeat].fit,
            )
            return draw_of(refitted, reweighted, self.segment_weights)


def movement(replicate: BootstrapDraw, original: BootstrapDraw) -> BootstrapDraw:
    """Return by how much weights of standard deviation 1 would have moved a replicate from its original."""
    return BootstrapDraw.combined([replicate, original], [1.0 / SCALE, -1.0 / SCALE])


def without_jumps(moves: Sequence[BootstrapDraw], crossed: Sequence[BootstrapDraw]) -> list[BootstrapDraw]:
    """Return moves whose variance is less by that of the jumps of trees, at most by half.

    `crossed` are those of the first weights with a second split. Gamma shrinks as the headline does. Segments and
    moved shadows keep their distance from the headline: they jump with it, so a difference hardly has jumps.
    """
    names = list(moves[0].by_assumption)
    factors = {
        name: _shrinkage(
            np.array([one.by_assumption[name] for one in moves]),
            np.array([one.by_assumption[name] for one in crossed]),
        )
        for name in names
    }
    headline = "selection" if "selection" in names else "mar"
    return [_shrunk(one, factors, headline) for one in moves]


def _shrunk(move: BootstrapDraw, factors: dict[str, float], headline: str) -> BootstrapDraw:
    closer = (factors[headline] - 1.0) * move.by_assumption[headline]
    return BootstrapDraw(
        {name: factors[name] * value for name, value in move.by_assumption.items()},
        factors[headline] * move.gamma,
        tuple(segments + closer for segments in move.segments),
        move.moved + closer,
    )


def _shrinkage(moves: Floats, crossed: Floats) -> float:
    spread_of_moves = moves.var(ddof=1) if len(moves) > 1 else 0.0
    if len(crossed) == 0 or spread_of_moves == 0.0:
        return 1.0
    jumps = np.mean((moves[: len(crossed)] - crossed) ** 2) / 2.0
    return float(np.sqrt(np.clip(1.0 - jumps / spread_of_moves, _LEAST_SHARE, 1.0)))


def spread(move: BootstrapDraw, originals: Sequence[BootstrapDraw], repeat: int) -> BootstrapDraw:
    """Return a move from the original of a repeat as an estimate spreads; see `bootstrap`."""
    n = len(originals)
    of_split = 1.0 / np.sqrt(n - 1) if n > 1 else 0.0
    factors = np.full(n, (1.0 - of_split) / n)
    factors[repeat] += of_split
    return BootstrapDraw.combined([move, *originals], [1.0, *factors])


def draw_of(
    repeat: RepeatEstimate, wave: CrossFittedWave, weights: tuple[Floats, ...] | None = None
) -> BootstrapDraw:
    """Return what a repeat says of a wave, as a bootstrap draw does; `weights` are those of `segment_weights`."""
    segments = tuple(each.composite for each in segment_estimates(repeat, wave, weights=weights))
    return BootstrapDraw(repeat.by_assumption, repeat.point.selection.gamma, segments, repeat.moved)


def drawn_prior_mean(prior_sd: float, rng: np.random.Generator, *, scale: float = 1.0) -> Floats:
    """Draw the mean of gamma's prior from the prior, shrunk to zero by `scale`, shape (2,)."""
    return np.asarray(scale * rng.multivariate_normal(np.zeros(2), prior_covariance(prior_sd)))


def person_weights(data: SurveyData, rng: np.random.Generator, *, scale: float = SCALE) -> Floats:
    """Return a random weight of each row's person, shape (rows,), of standard deviation `scale`.

    They follow a gamma distribution. Customers who answered, silent customers and the others of the data each keep
    their mean of 1.
    """
    n_persons = int(data.persons.max()) + 1
    stratum = np.zeros(n_persons, dtype=np.int64)
    np.maximum.at(stratum, data.persons[data.target], 1)
    np.maximum.at(stratum, data.persons[data.target & data.answered], 2)
    drawn = rng.gamma(scale**-2, size=n_persons)
    for value in range(3):
        members = stratum == value
        if members.any():
            drawn[members] /= drawn[members].mean()
    return np.asarray(drawn[data.persons])
