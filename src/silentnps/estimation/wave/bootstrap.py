"""The bootstrap of everything learned, drawn once: models, calibrator and selection of weighted persons.

What replicates learn is in `silentnps.estimation.wave.replicates`. Their analysis, from the margins to the NPS of
silent customers, is here: it can be done again, with other roles of the features or by other segments, without
learning again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from silentnps.estimation.value.spend_shares import nps_and_detractors, spend_trust
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import (
    RepeatEstimate,
    RepeatModels,
    estimate_repeat,
    repeat_of_models,
    segment_estimates,
    segment_weights,
)
from silentnps.estimation.wave.replicates import SCALE, Plan, Task, learn_replicates
from silentnps.numerics.arrays import Floats, Floats32
from silentnps.numerics.parallel import in_threads

_LEAST_SHARE = 0.5
_IN_POINTS = np.array([1.0, 0.0])
"""Which numbers of `by_spend` are an NPS, and jump with the headline."""


@dataclass(frozen=True)
class BootstrapDraw:
    """NPS of silent customers in one replicate, or by one repeat of the original.

    By assumption, the composite of each segmentation's segments, and with each family of shadows `moved` to the
    response drivers; of `by_spend` the NPS and the share of detractors, shape (2,), without spend (0,). Those of a
    replicate spread as estimates do, and can lie beyond the range of what they estimate.
    """

    by_assumption: dict[str, float]
    gamma: Floats
    segments: tuple[Floats, ...]
    moved: Floats
    by_spend: Floats = field(default_factory=lambda: np.zeros(0))

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
            _combined([draw.by_spend for draw in draws], factors),
        )


def _combined(arrays: Sequence[Floats], factors: Sequence[float]) -> Floats:
    return np.asarray(sum(factor * array for factor, array in zip(factors, arrays, strict=True)))


@dataclass(frozen=True)
class Bootstrap:
    """The bootstrap of a wave: the out-of-fold margins of every fit, and the models fitted on them.

    `margins` has shape (tasks of the plan, rows, components, 2), for the rows that draws look at: those of the
    wave, of a large base a sample of them, and those of the other waves that tell of selection. `models` are in the
    same order; `originals` are those of the repeats of the original on these rows.
    """

    plan: Plan
    margins: Floats32
    models: list[RepeatModels]
    originals: list[RepeatModels]

    def draws(self, wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> list[BootstrapDraw]:
        """Return one draw for each replicate, by the segments of `wave`; `repeats` are those of the original.

        Of the fits, one of weight 1 for each split is what replicates move from, and a fifth serves to measure the
        noise of the refitted trees; the others are returned.

        Notes
        -----
        A replicate t* with the split of repeat r, whose fit with weights 1 is b_r, moved by m = (t* - b_r) / SCALE.
        Trees jump where weights change a little, and a division by SCALE enlarges that: some weights are fitted
        with a second split too, the mean of half the squared differences of their two m is the variance of the
        jumps, and m shrinks by f such that its variance is less by as much. With t the mean over the R repeats of
        the original, whose estimates are t_r,

            t + f m + (t_r - t) / sqrt(R - 1)

        is returned. The last term has the variance of the splits in a mean of R repeats: their noise is counted
        once, as the headline has it. One repeat shows nothing of it.
        """
        weights, sample = segment_weights(wave, repeats), wave.sampled()
        trust = spend_trust([repeat.point for repeat in repeats], wave.sample, wave.spend)
        n, tasks = len(self.plan.bases), self.plan.tasks
        draws = [
            _draw(sample.by_wave(margins)[0], models, sample.reweighted(task.draw(sample)[0]), weights, trust)
            for task, margins, models in zip(tasks, self.margins, self.models, strict=True)
        ]
        originals = [
            _draw(sample.margins_of(margins), models, sample, weights, trust)
            for margins, models in zip(sample.margins, self.originals, strict=True)
        ]
        moves = [movement(draw, draws[task.repeat]) for draw, task in zip(draws[n:], tasks[n:], strict=True)]
        n_kept = len(self.plan.replicates)
        shrunk = without_jumps(moves[:n_kept], moves[n_kept:])
        return [
            spread(move, originals, task.repeat) for move, task in zip(shrunk, self.plan.replicates, strict=True)
        ]

    def draws_of(
        self, wave: CrossFittedWave, statistic: Callable[[RepeatEstimate, CrossFittedWave], Floats]
    ) -> Floats:
        """Return one draw of other numbers for each replicate, shape (replicates, ...), as `draws` does.

        `statistic` computes them from a repeat and its wave, a sample of silent customers where there are many.
        The jumps of trees stay in: draws spread somewhat wider than they need.
        """
        sample, n = wave.sampled(), len(self.plan.bases)
        values = np.array(
            [
                statistic(_repeat(margins, models, sample, task), sample)
                for task, margins, models in zip(self.plan.tasks, self.margins, self.models, strict=True)
            ]
        )
        originals = [
            statistic(repeat_of_models(sample.margins_of(margins), sample, models), sample)
            for margins, models in zip(sample.margins, self.originals, strict=True)
        ]
        moves = ((values[n + i] - values[task.repeat]) / SCALE for i, task in enumerate(self.plan.replicates))
        return np.array(
            [
                _combined([move, *originals], [1.0, *_split_factors(len(originals), task.repeat)])
                for move, task in zip(moves, self.plan.replicates, strict=True)
            ]
        )


def bootstrap(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    *,
    replicates: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Bootstrap:
    """Refit everything on weighted persons; the result does not depend on `n_jobs`.

    Persons who answered, who stayed silent, and who are not in the wave are weighted separately. Each fit has the
    split of one repeat, in turn, and draws the mean of gamma's prior from the prior: otherwise a penalised fit
    shrinks to nothing where the data are silent. Estimates are evaluated on the original silent customers, of a
    large base on a sample of them. `progress` is called once for each of `replicates` fits and for each repeat.
    """
    plan = Plan.of(wave.random_state, len(wave.splits), replicates)
    margins = learn_replicates(wave.sampled(), plan, n_jobs=n_jobs, progress=progress)
    return analyse(wave, repeats, plan, margins, n_jobs=n_jobs)


def analyse(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    plan: Plan,
    margins: Floats32,
    *,
    n_jobs: int = 1,
) -> Bootstrap:
    """Fit calibrators and selection models on margins that were learned before, with the roles of `wave`."""
    sample, originals = wave.sampled(), repeats
    if sample is not wave:
        originals = [
            estimate_repeat(sample.margins_of_waves(one), sample, start=repeats[0]) for one in sample.margins
        ]
    n = len(plan.bases)
    first = _Analyse(sample, (originals[0],) * n)
    calls = (partial(first, task, one) for task, one in zip(plan.bases, margins[:n], strict=True))
    bases = list(in_threads(calls, n_jobs=n_jobs))
    second = _Analyse(sample, tuple(bases))
    of_weights = zip(plan.tasks[n:], margins[n:], strict=True)
    others = in_threads((partial(second.models, task, one) for task, one in of_weights), n_jobs=n_jobs)
    models = [*(base.models for base in bases), *others]
    return Bootstrap(plan, margins, models, [repeat.models for repeat in originals])


@dataclass(frozen=True)
class _Analyse:
    """The wave that fits are analysed on, and for each split an estimate that the analysis starts from."""

    wave: CrossFittedWave
    starts: tuple[RepeatEstimate, ...]

    def __call__(self, task: Task, margins: Floats32) -> RepeatEstimate:
        """Return the estimate of a task's margins; one with random weights departs from the fit of weight 1."""
        start = self.starts[task.repeat]
        weights, prior_draws = task.draw(self.wave)
        return estimate_repeat(
            margins.astype(np.float64),
            self.wave.reweighted(weights),
            prior_draws=prior_draws,
            start=start,
            original=None if task.seed is None else start.fit,
        )

    def models(self, task: Task, margins: Floats32) -> RepeatModels:
        """Return the models of the estimate alone."""
        return self(task, margins).models


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
        move.by_spend + closer * _IN_POINTS[: len(move.by_spend)],
    )


def _shrinkage(moves: Floats, crossed: Floats) -> float:
    spread_of_moves = moves.var(ddof=1) if len(moves) > 1 else 0.0
    if len(crossed) == 0 or spread_of_moves == 0.0:
        return 1.0
    jumps = np.mean((moves[: len(crossed)] - crossed) ** 2) / 2.0
    return float(np.sqrt(np.clip(1.0 - jumps / spread_of_moves, _LEAST_SHARE, 1.0)))


def spread(move: BootstrapDraw, originals: Sequence[BootstrapDraw], repeat: int) -> BootstrapDraw:
    """Return a move from the original of a repeat as an estimate spreads; see `bootstrap`."""
    return BootstrapDraw.combined([move, *originals], [1.0, *_split_factors(len(originals), repeat)])


def _split_factors(n: int, repeat: int) -> Floats:
    of_split = 1.0 / np.sqrt(n - 1) if n > 1 else 0.0
    factors = np.full(n, (1.0 - of_split) / n)
    factors[repeat] += of_split
    return factors


def _repeat(margins: Floats32, models: RepeatModels, sample: CrossFittedWave, task: Task) -> RepeatEstimate:
    weighted = sample.reweighted(task.draw(sample)[0])
    return repeat_of_models(sample.by_wave(margins.astype(np.float64))[0], weighted, models)


def _draw(
    margins: Floats | Floats32,
    models: RepeatModels,
    wave: CrossFittedWave,
    weights: tuple[Floats, ...],
    trust: float,
) -> BootstrapDraw:
    if not wave.segmentations and wave.spend is None:
        return BootstrapDraw(models.by_assumption, models.selection.gamma, (), models.moved)
    return draw_of(repeat_of_models(margins.astype(np.float64), wave, models), wave, weights, trust)


def draw_of(
    repeat: RepeatEstimate,
    wave: CrossFittedWave,
    weights: tuple[Floats, ...] | None = None,
    trust: float | None = None,
) -> BootstrapDraw:
    """Return what a repeat says of a wave, as a bootstrap draw does; see `segment_weights` and `spend_trust`."""
    segments = tuple(each.composite for each in segment_estimates(repeat, wave, weights=weights))
    by_spend = nps_and_detractors(repeat.point, wave.sample, wave.spend, trust)
    return BootstrapDraw(repeat.by_assumption, repeat.point.selection.gamma, segments, repeat.moved, by_spend)
