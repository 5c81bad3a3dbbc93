"""The estimate of every wave with answers, from the margins and the bootstrap that a training kept.

One outcome model serves all waves, and selection is fitted in all of them together. A replicate has the same
weights of persons, the same outcome model and the same path of gamma in every wave, so differences between waves,
replicate by replicate, know that the same customers and the same model are in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from silentnps.estimation.formulas.doubly_robust import Sample, estimate_point, fit_invitation
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.estimation.trend.joint_selection import JointSelection, KnownFit, fit_together, fit_together_again
from silentnps.estimation.wave.across_waves import calibrator_of
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatModels
from silentnps.estimation.wave.replicates import Plan, Task
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import in_threads
from silentnps.numerics.silent_population import SilentPopulation, strata
from silentnps.outcome.calibration import Calibrator

Progress = Callable[[int], None]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class EstimatedWave:
    """A wave with the models of every fit.

    `repeats` are those of the repeats of the cross-fitting, on the rows that `bootstrap` looks at its `originals`.
    Of waves other than that of the training, `by_assumption` has the headline alone. `wave` has no others beside
    it.
    """

    wave: CrossFittedWave
    repeats: list[RepeatModels]
    bootstrap: Bootstrap


def n_fits(plan: Plan) -> int:
    """Return how many fits of all waves there are, for a progress bar."""
    return 2 * len(plan.bases) + plan.n_replicates


def estimate_every_wave(
    wave: CrossFittedWave,
    repeats: list[RepeatModels],
    drawn: Bootstrap,
    *,
    n_silent: Sequence[tuple[int, int]],
    n_jobs: int = 1,
    progress: Progress = lambda n: None,
) -> list[EstimatedWave]:
    """Return every wave that tells of selection, in the order of time; that of the training as it was trained.

    Parameters
    ----------
    wave
        The wave of the training, with the others beside it.
    repeats, drawn
        What the training kept.
    n_silent
        Of each other wave, the numbers of its silent customers who were invited and who never were: its rows hold a
        sample of them.
    progress
        Is called once for each of `n_fits`.
    """
    own = EstimatedWave(replace(wave, others=(), place=0), repeats, drawn)
    if not wave.others:
        return [own]
    every, n = _Every.of(wave.sampled(), n_silent), len(drawn.plan.bases)
    of_repeats = [every.own.margins_of_waves(margins) for margins in every.own.margins]
    originals = [every.fit(of_repeats[0], drawn.originals[0], None, n_jobs)]
    progress(1)
    later = zip(of_repeats[1:], drawn.originals[1:], strict=True)
    others = (partial(every.fit, *each, originals[0]) for each in later)
    originals.extend(_counted(in_threads(others, n_jobs=n_jobs), progress))
    given = list(zip(drawn.plan.tasks, drawn.margins, drawn.models, strict=True))
    first = (partial(every.fit, margins, models, originals[0]) for _, margins, models in given[:n])
    bases = list(_counted(in_threads(first, n_jobs=n_jobs), progress))
    moved = (partial(every.refit, *each, bases[each[0].repeat]) for each in given[n:])
    fits = [base.models for base in bases]
    fits.extend(_counted(in_threads(moved, n_jobs=n_jobs), progress))
    return every.gathered(own, [each.models for each in originals], fits)


def _counted(results: Iterable[_Result], progress: Progress) -> Iterator[_Result]:
    for one in results:
        progress(1)
        yield one


@dataclass(frozen=True)
class _Fits:
    """One fit of all waves with weights 1."""

    selection: JointSelection
    models: list[RepeatModels]


@dataclass(frozen=True)
class _Every:
    """All waves in the order of time; `own` is that of the training."""

    own: CrossFittedWave
    waves: tuple[CrossFittedWave, ...]

    @staticmethod
    def of(own: CrossFittedWave, n_silent: Sequence[tuple[int, int]]) -> _Every:
        waves = [_with_population(other, n) for other, n in zip(own.others, n_silent, strict=True)]
        waves.insert(own.place, own)
        return _Every(own, tuple(waves))

    def fit(self, margins: Floats, models: RepeatModels, start: _Fits | None, n_jobs: int = 1) -> _Fits:
        """Fit selection with weights 1; `models` are those of the wave of the training."""
        samples = [wave.sample for wave in self.waves]
        calibrators, probabilities = self._calibrated(margins, models, samples)
        selection = fit_together(
            probabilities,
            samples,
            self._known(models),
            prior_sd=self.own.prior_sd,
            step=self.own.estimation.selection_step,
            start=start.selection if start else None,
            n_jobs=n_jobs,
        )
        before = start.models if start else [None] * len(samples)
        parts = zip(self.waves, samples, calibrators, probabilities, selection.given, before, strict=True)
        calls = (partial(_models, *part) for part in parts if part[0] is not self.own)
        found = list(in_threads(calls, n_jobs=n_jobs))
        found.insert(self.own.place, models)
        return _Fits(selection, found)

    def refit(self, task: Task, margins: Floats, models: RepeatModels, base: _Fits) -> list[RepeatModels]:
        """Return the models of a replicate, which departs from the fit of its split with weights 1."""
        samples = [wave.reweighted(task.draw(wave)[0]).sample for wave in self.waves]
        calibrators, probabilities = self._calibrated(margins, models, samples)
        draws = task.draw(self.own)[1]
        given = fit_together_again(
            probabilities,
            samples,
            self._known(models),
            base.selection,
            draws=np.zeros((len(samples), 2)) if draws is None else draws,
        )
        parts = zip(self.waves, samples, calibrators, probabilities, given, base.models, strict=True)
        return [models if part[0] is self.own else _models(*part) for part in parts]

    def _known(self, models: RepeatModels) -> KnownFit:
        """Return the fit of the wave of the training, and its prior."""
        return KnownFit(self.own.place, models.selection, models.prior or GammaPrior.of(self.own.prior_sd))

    def margins(self, margins: Floats) -> list[Floats]:
        """Divide margins of the rows of all waves into those of each."""
        own, others = self.own.by_wave(margins)
        others.insert(self.own.place, own)
        return others

    def gathered(
        self, own: EstimatedWave, originals: list[list[RepeatModels]], fits: list[list[RepeatModels]]
    ) -> list[EstimatedWave]:
        """Return the waves, each with its own margins and models."""
        margins = np.split(
            own.bootstrap.margins, np.cumsum([len(each.rows) for each in (self.own, *self.own.others)])[:-1], axis=1
        )
        margins.insert(self.own.place, margins.pop(0))
        found = []
        for t, wave in enumerate(self.waves):
            repeats, models = [each[t] for each in originals], [each[t] for each in fits]
            drawn = Bootstrap(own.bootstrap.plan, margins[t], models, repeats)
            found.append(own if wave is self.own else EstimatedWave(wave, repeats, drawn))
        return found

    def _calibrated(
        self, margins: Floats, models: RepeatModels, samples: Sequence[Sample]
    ) -> tuple[list[Calibrator], list[Floats]]:
        calibrators, probabilities = [], []
        for wave, each, sample in zip(self.waves, self.margins(margins), samples, strict=True):
            components = each.astype(np.float64)
            calibrators.append(models.calibrator if wave is self.own else calibrator_of(components, sample))
            probabilities.append(calibrators[-1].probabilities(components))
        return calibrators, probabilities


def _with_population(wave: CrossFittedWave, n_silent: tuple[int, int]) -> CrossFittedWave:
    """Return a wave that knows how many silent customers its sample of them stands for."""
    known = SilentPopulation.counted(*n_silent, np.zeros(len(wave.rows), dtype=np.bool_))
    samples = {name: replace(getattr(wave, name), population=known) for name in ("sample", "full_sample")}
    return replace(wave, **samples)


def _models(
    wave: CrossFittedWave,
    sample: Sample,
    calibrator: Calibrator,
    probabilities: Floats,
    selection: SelectionModel,
    start: RepeatModels | None,
) -> RepeatModels:
    """Return the models of a wave, and its estimate. Odds of silence are those among all, not among the sample."""
    selection = replace(selection, alpha=selection.alpha + _left_out(wave), factor=None)
    invitation = None
    if not sample.invited.all() and not sample.answered.all():
        counted = replace(sample, weights=sample.weights * _counts(sample))
        invitation = fit_invitation(counted, start=start.invitation if start else None)
    point = estimate_point(probabilities, sample, selection, invitation=invitation)
    return RepeatModels(calibrator, selection, invitation, {wave.headline: point.nps}, np.zeros(0))


def _left_out(wave: CrossFittedWave) -> float:
    """Return the log of how many invited silent customers there are for each one who is held."""
    asked, _ = strata(wave.sample.answered, wave.sample.invited)
    return float(np.log(wave.sample.n_silent[0] / asked.sum()))


def _counts(sample: Sample) -> Floats:
    return np.ones(len(sample.classes)) if sample.counts is None else sample.counts
