"""Selection of several waves fitted together: gamma as a quantity that drifts from each wave to the next.

Every wave is first fitted by itself, which gives what its answers say of gamma. Its prior is then what the answers
of all others say of it, and it is fitted again (`silentnps.estimation.formulas.drift`). What a wave says of gamma
does not depend on the prior of its fit, which is taken out again: a replicate takes it from a fit under about the
prior that it ends with, and the wave of the training, which was fitted before, from that fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from silentnps.estimation.formulas.doubly_robust import Sample, select
from silentnps.estimation.formulas.drift import Drift, Evidence
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.estimation.wave.across_waves import evidence_of
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import in_threads


@dataclass(frozen=True)
class KnownFit:
    """The wave, by its place, that was fitted before: its selection, and the prior it was fitted under."""

    place: int
    selection: SelectionModel
    prior: GammaPrior


@dataclass(frozen=True)
class JointSelection:
    """Selection in every wave, in the order of time.

    `probabilities` are p(y | x) of each wave's rows; `alone` are the fits of each wave by itself, that of the known
    wave excepted; `given` those under `priors`, which know the other waves.
    """

    drift: Drift
    evidence: tuple[Evidence, ...]
    probabilities: tuple[Floats, ...]
    alone: tuple[SelectionModel, ...]
    given: tuple[SelectionModel, ...]
    priors: tuple[GammaPrior, ...]


def fit_together(
    probabilities: Sequence[Floats],
    samples: Sequence[Sample],
    known: KnownFit,
    *,
    prior_sd: float,
    step: float | None,
    start: JointSelection | None = None,
    n_jobs: int = 1,
) -> JointSelection:
    """Fit selection in every wave.

    Parameters
    ----------
    prior_sd, step
        The standard deviation of gamma in one wave, and of its change to the next (learned if None), in log odds.
    start
        A fit of the same waves to start from; its penalties are kept.
    """
    waves = range(len(samples))
    by_itself = [known.prior if t == known.place else GammaPrior.of(prior_sd) for t in waves]
    starts = [None] * len(samples) if start is None else list(start.alone)
    alone = _fitted(probabilities, samples, by_itself, starts, known, n_jobs)
    evidence = tuple(evidence_of(samples[t], OriginalFit(probabilities[t], alone[t]), by_itself[t]) for t in waves)
    drift = Drift.learned(evidence, sd=prior_sd) if step is None else Drift.declared(step, sd=prior_sd)
    priors = tuple(drift.cavity(evidence, t) for t in waves)
    starts = [None] * len(samples) if start is None else list(start.given)
    given = _fitted(probabilities, samples, priors, starts, known, n_jobs)
    return JointSelection(drift, evidence, tuple(probabilities), alone, given, priors)


def _fitted(
    probabilities: Sequence[Floats],
    samples: Sequence[Sample],
    priors: Sequence[GammaPrior],
    starts: Sequence[SelectionModel | None],
    known: KnownFit,
    n_jobs: int,
) -> tuple[SelectionModel, ...]:
    """Fit every wave but the known one under its prior."""
    parts = list(zip(probabilities, samples, priors, starts, strict=True))
    del parts[known.place]
    found = list(in_threads((partial(_fit, *part) for part in parts), n_jobs=n_jobs))
    found.insert(known.place, known.selection)
    return tuple(found)


def fit_together_again(
    probabilities: Sequence[Floats],
    samples: Sequence[Sample],
    known: KnownFit,
    base: JointSelection,
    *,
    draws: Floats,
) -> tuple[SelectionModel, ...]:
    """Return selection given the other waves in a replicate, which departs from `base`.

    `samples` have its weights, `probabilities` are what it relearned, and `draws`, shape (waves, 2), are the mean
    of gamma of the first wave and unit steps. How fast gamma drifts, and how precisely each wave tells of it, is
    kept.
    """
    path, evidence, found = base.drift.path(draws), list(base.evidence), list(base.given)
    originals = [OriginalFit(*fit) for fit in zip(base.probabilities, base.given, strict=True)]
    for t, (p, sample) in enumerate(zip(probabilities, samples, strict=True)):
        prior = GammaPrior(base.priors[t].mean + path[t], base.priors[t].covariance)
        if t == known.place:
            found[t], prior = known.selection, known.prior
        else:
            found[t] = _fit(p, sample, prior, base.given[t], originals[t])
        evidence[t] = evidence[t].moved(found[t].gamma[[0, 2]], prior)
    for t, (p, sample) in enumerate(zip(probabilities, samples, strict=True)):
        if t != known.place:
            prior = base.drift.cavity(evidence, t, path=path)
            found[t] = _fit(p, sample, prior, found[t], originals[t])
    return tuple(found)


def _fit(
    probabilities: Floats,
    sample: Sample,
    prior: GammaPrior,
    start: SelectionModel | None,
    original: OriginalFit | None = None,
) -> SelectionModel:
    return select(
        probabilities,
        sample,
        prior_sd=prior.covariance,
        prior_mean=prior.mean,
        start=start,
        original=original,
    )
