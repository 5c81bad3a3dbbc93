"""Selection of several waves fitted together: gamma as a quantity that drifts from each wave to the next.

Every wave is first fitted by itself, which gives what its answers say of gamma. Its prior is then what the answers of
all others say of it, and it is fitted again (`silentnps.estimation.formulas.drift`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from silentnps.estimation.formulas.doubly_robust import Sample, select
from silentnps.estimation.formulas.drift import Drift, Evidence
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.estimation.wave.across_waves import evidence_of
from silentnps.numerics.arrays import Floats


@dataclass(frozen=True)
class JointSelection:
    """Selection in every wave, in the order of time.

    `probabilities` are p(y | x) of each wave's rows; `alone` are the fits by itself, `given` those given the other
    waves.
    """

    drift: Drift
    evidence: tuple[Evidence, ...]
    probabilities: tuple[Floats, ...]
    alone: tuple[SelectionModel, ...]
    given: tuple[SelectionModel, ...]


def fit_together(
    probabilities: Sequence[Floats],
    samples: Sequence[Sample],
    *,
    prior_sd: float,
    step: float | None,
    known: tuple[int, SelectionModel],
    start: JointSelection | None = None,
) -> JointSelection:
    """Fit selection in every wave.

    Parameters
    ----------
    prior_sd, step
        The standard deviation of gamma in one wave, and of its change to the next (learned if None), in log odds.
    known
        A wave by its place, and its selection given the others, which was fitted before.
    start
        A fit of the same waves to start from; its penalties are kept.
    """
    prior, (place, model) = GammaPrior.of(prior_sd), known
    alone = []
    for t, (p, sample) in enumerate(zip(probabilities, samples, strict=True)):
        before = None if start is None else start.alone[t]
        alone.append(select(p, sample, prior_sd=prior.covariance, start=before))
    fitted = [OriginalFit(p, one) for p, one in zip(probabilities, alone, strict=True)]
    evidence = tuple(evidence_of(sample, fit, prior) for sample, fit in zip(samples, fitted, strict=True))
    drift = Drift.learned(evidence, sd=prior_sd) if step is None else Drift.declared(step, sd=prior_sd)
    given = []
    for t, (p, sample) in enumerate(zip(probabilities, samples, strict=True)):
        wave_prior, before = drift.cavity(evidence, t), None if start is None else start.given[t]
        given.append(model if t == place else _fitted(p, sample, wave_prior, before))
    return JointSelection(drift, evidence, tuple(probabilities), tuple(alone), tuple(given))


def fit_together_again(
    probabilities: Sequence[Floats],
    samples: Sequence[Sample],
    base: JointSelection,
    *,
    prior_sd: float,
    draws: Floats,
    known: tuple[int, SelectionModel],
) -> tuple[SelectionModel, ...]:
    """Return selection given the other waves in a replicate, which departs from `base`.

    `samples` have its weights, `probabilities` are what it relearned, and `draws`, shape (waves, 2), are the mean of
    gamma of the first wave and unit steps. How fast gamma drifts, and how precisely each wave tells of it, is kept.
    """
    path, evidence = base.drift.path(draws), list(base.evidence)
    for t, (p, sample) in enumerate(zip(probabilities, samples, strict=True)):
        prior, original = GammaPrior.of(prior_sd, path[t]), OriginalFit(base.probabilities[t], base.alone[t])
        alone = _fitted(p, sample, prior, base.alone[t], original)
        evidence[t] = evidence[t].moved(alone.gamma[[0, 2]], prior)
    given = []
    for t, (p, sample) in enumerate(zip(probabilities, samples, strict=True)):
        if t == known[0]:
            given.append(known[1])
            continue
        prior, original = base.drift.cavity(evidence, t, path=path), OriginalFit(base.probabilities[t], base.given[t])
        given.append(_fitted(p, sample, prior, base.given[t], original))
    return tuple(given)


def _fitted(
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
