"""The bootstrap of everything learned: persons get random weights; models, calibrator and selection are refitted.

Drawn copies of persons would leave 37 % of them out, and a learner of the others is worse than the original: where
the signal is weak its estimates spread much wider than the original's. So each person gets a smooth random weight
of mean 1 and standard deviation `SCALE`, and what that moves is divided by `SCALE`: the exchangeably weighted
bootstrap of Praestgaard and Wellner (1993), Annals of Probability 21, theorem 2.1. With `SCALE` = 1 the weights
would be exponential (Rubin 1981), and a learner's effective number of answers half the original's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import prior_covariance
from silentnps.estimation.formulas.small_areas import SegmentEstimates, estimate_segments
from silentnps.estimation.wave.analysis import Repeat, Wave, analyse
from silentnps.numerics.arrays import Floats
from silentnps.numerics.segmentation import Segmentation
from silentnps.outcome.cross_fitting import OutcomeDesign, Split, crossfit
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.survey_data import SurveyData

_STREAM = 2
"""Sets the draws of the bootstrap apart from those of the splits, which have the same seed."""

SCALE = 0.5
"""Standard deviation of the weights of persons, whose mean is 1."""

CROSSED = 0.2
"""Share of the fits that have weights of an earlier one and another split."""

_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Replicate:
    """NPS of the silent in one replicate, or by one repeat of the original.

    By assumption, the composite of each segmentation's segments, and with each family of shadows `moved` to the
    drivers. Those of a replicate spread as estimates do, and can lie beyond the range of what they estimate.
    """

    by_assumption: dict[str, float]
    gamma: Floats
    segments: tuple[Floats, ...]
    moved: Floats

    @staticmethod
    def combined(replicates: Sequence[Replicate], factors: Sequence[float]) -> Replicate:
        """Return the sum of replicates times factors, number by number."""
        return Replicate(
            {
                name: float(np.dot(factors, [one.by_assumption[name] for one in replicates]))
                for name in replicates[0].by_assumption
            },
            _combined([one.gamma for one in replicates], factors),
            tuple(
                _combined(list(segments), factors)
                for segments in zip(*(one.segments for one in replicates), strict=True)
            ),
            _combined([one.moved for one in replicates], factors),
        )


def _combined(arrays: Sequence[Floats], factors: Sequence[float]) -> Floats:
    return np.asarray(sum(factor * array for factor, array in zip(factors, arrays, strict=True)))


@dataclass(frozen=True)
class Plan:
    """What is refitted in each replicate; the fits begin from `start`, a result of the original.

    A replicate has the split of one repeat, in turn; `originals` are what the repeats say with the weights of the
    original, `fits` what led to it. `row_weights` are frequency weights of the rows where the silent are a sample.
    """

    data: SurveyData
    design: OutcomeDesign
    wave: Wave
    parts: tuple[int, ...]
    classifier: OrdinalClassifier
    splits: tuple[Split, ...]
    prior_sd: float
    segmentations: tuple[Segmentation, ...] = ()
    segment_weights: tuple[Floats, ...] = ()
    start: Repeat | None = None
    row_weights: Floats | None = None
    originals: tuple[Replicate, ...] = ()
    fits: tuple[OriginalFit, ...] = ()


def bootstrap(
    plan: Plan,
    *,
    replicates: int,
    random_state: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[Replicate]:
    """Return refits on weighted persons; the result does not depend on `n_jobs`.

    Persons who answered, who stayed silent, and who are not in the wave are weighted separately. Each replicate
    draws the mean of gamma's prior from the prior: otherwise a penalised fit shrinks to nothing where the data are
    silent. Estimates are evaluated on the original silent customers. Of `replicates` fits a fifth serves to measure
    the noise of the refitted trees, and the others are returned.

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
    n_splits = len(plan.splits)
    n_crossed = round(CROSSED * replicates) if n_splits > 1 else 0
    n = replicates - n_crossed
    seeds = np.random.SeedSequence([random_state, _STREAM]).spawn(n)
    tasks = [(i, i % n_splits) for i in range(n)] + [(i, (i + 1) % n_splits) for i in range(n_crossed)]
    jobs = (joblib.delayed(_replicate)(plan, seeds[i], repeat) for i, repeat in tasks)
    moves: list[Replicate] = []
    for (_, repeat), made in zip(tasks, joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs), strict=True):
        moves.append(movement(made, plan.originals[repeat]))
        if progress is not None:
            progress(1)
    shrunk = without_jumps(moves[:n], moves[n:])
    return [spread(move, plan.originals, repeat) for move, (_, repeat) in zip(shrunk, tasks[:n], strict=True)]


def movement(replicate: Replicate, original: Replicate) -> Replicate:
    """Return by how much weights of standard deviation 1 would have moved a replicate from its original."""
    return Replicate.combined([replicate, original], [1.0 / SCALE, -1.0 / SCALE])


def without_jumps(moves: Sequence[Replicate], crossed: Sequence[Replicate]) -> list[Replicate]:
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


def _shrunk(move: Replicate, factors: dict[str, float], headline: str) -> Replicate:
    closer = (factors[headline] - 1.0) * move.by_assumption[headline]
    return Replicate(
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


def spread(move: Replicate, originals: Sequence[Replicate], repeat: int) -> Replicate:
    """Return a move from the original of a repeat as an estimate spreads; see `bootstrap`."""
    n = len(originals)
    of_split = 1.0 / np.sqrt(n - 1) if n > 1 else 0.0
    factors = np.full(n, (1.0 - of_split) / n)
    factors[repeat] += of_split
    return Replicate.combined([move, *originals], [1.0, *factors])


def original(repeat: Repeat, wave: Wave, plan: Plan) -> Replicate:
    """Return what a repeat of the original says of a wave, as a replicate says it."""
    segments = tuple(estimates.composite for estimates in cut_into_segments(repeat, wave, plan))
    return Replicate(repeat.by_assumption, repeat.point.selection.gamma, segments, repeat.moved)


def cut_into_segments(
    repeat: Repeat, wave: Wave, plan: Plan, *, total: float | None = None
) -> tuple[SegmentEstimates, ...]:
    """Estimate the segments of every segmentation of a plan from one repeat; `total` is what they add up to."""
    weights = plan.segment_weights or (None,) * len(plan.segmentations)
    return tuple(
        estimate_segments(repeat.point, wave.sample, cut.codes, len(cut.labels), weight=weight, total=total)
        for cut, weight in zip(plan.segmentations, weights, strict=True)
    )


def _replicate(plan: Plan, seed: np.random.SeedSequence, repeat: int) -> Replicate:
    with threadpool_limits(limits=1):
        rng = np.random.default_rng(seed)
        weights = person_weights(plan.data, rng)
        if plan.row_weights is not None:
            weights = weights * plan.row_weights
        margins = crossfit(
            plan.data, plan.design, classifier=plan.classifier, split=plan.splits[repeat], weights=weights
        )
        wave = plan.wave.reweighted(weights)
        drawn = drawn_prior_mean(plan.prior_sd, rng, scale=SCALE)
        made = analyse(
            margins,
            wave,
            plan.parts,
            prior_sd=plan.prior_sd,
            prior_mean=drawn,
            start=plan.start,
            original=plan.fits[repeat],
        )
        return original(made, wave, plan)


def drawn_prior_mean(prior_sd: float, rng: np.random.Generator, *, scale: float = 1.0) -> Floats:
    """Draw the mean of gamma's prior from the prior, shrunk to zero by `scale`, shape (2,)."""
    return np.asarray(scale * rng.multivariate_normal(np.zeros(2), prior_covariance(prior_sd)))


def person_weights(data: SurveyData, rng: np.random.Generator, *, scale: float = SCALE) -> Floats:
    """Return a random weight of each row's person, shape (rows,), of standard deviation `scale`.

    They follow a gamma distribution. Those who answered, the silent and the others of the data each keep their mean
    of 1.
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
