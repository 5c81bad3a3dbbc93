"""What the answers of the other waves say of selection in one: the prior of its gamma.

With few answers a wave's own prior pulls gamma to 0, and the estimate towards the survey. Gamma of several waves is
one quantity that drifts (`silentnps.estimation.formulas.drift`): the other waves give a wave a prior that knows
their answers, learned with the same outcome model. A replicate learns from its own weights and models all over,
except for how fast gamma drifts and how precisely each wave tells of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from silentnps.estimation.formulas.doubly_robust import Sample, invited_problem, select
from silentnps.estimation.formulas.drift import Drift, Evidence
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import in_threads
from silentnps.outcome.calibration import Calibrator, fit_calibrator


@dataclass(frozen=True)
class AcrossWaves:
    """Selection in all waves, seen from one of them.

    `evidence` has one entry per wave in the order of time, `fits` one per other wave, each under the prior of a
    wave by itself; `prior` is that of gamma in the wave itself, given the answers of the others.
    """

    drift: Drift
    evidence: tuple[Evidence, ...]
    fits: tuple[OriginalFit, ...]
    prior: GammaPrior


def prior_across(
    wave: CrossFittedWave,
    probabilities: Floats,
    margins: list[Floats],
    *,
    draws: Floats | None = None,
    start: SelectionModel | None = None,
    before: AcrossWaves | None = None,
    again: bool = False,
    n_jobs: int = 1,
) -> tuple[GammaPrior, AcrossWaves | None]:
    """Return the prior of a wave's gamma, and what was learned of the other waves.

    `draws` are those of `redrawn_prior` of a replicate that was fitted `again`, departing from `before`; the others
    as in `learn_across`. A wave whose headline is not selection, or without others, has the prior of its own.
    """
    prior = GammaPrior.of(wave.prior_sd, None if draws is None else draws[0])
    if wave.headline != "selection":
        return prior, before
    if not again:
        across = learn_across(wave, probabilities, margins, start=start, before=before, n_jobs=n_jobs)
        return across.prior if across else prior, across
    if before is not None and draws is not None:
        prior = redrawn_prior(before, wave, margins, draws)
    return prior, before


def learn_across(
    wave: CrossFittedWave,
    probabilities: Floats,
    margins: list[Floats],
    *,
    start: SelectionModel | None = None,
    before: AcrossWaves | None = None,
    n_jobs: int = 1,
) -> AcrossWaves | None:
    """Fit selection in every wave by itself, and combine the others; None where there are no others.

    Parameters
    ----------
    probabilities
        p(y | x) among respondents of the wave itself, shape (rows, 3).
    margins
        Of the other waves, see `CrossFittedWave.by_wave`.
    start, before
        A fit of the wave, and what an earlier estimate learned of the other waves, to start from.
    """
    if not wave.others:
        return None
    prior = GammaPrior.of(wave.prior_sd)
    models = [None] * len(margins) if before is None else [fit.selection for fit in before.fits]
    calls = [partial(_fit_alone, wave, probabilities, prior, start)]
    for other, each, model in zip(wave.others, margins, models, strict=True):
        of_other = calibrator_of(each, other.sample).probabilities(each)
        calls.append(partial(_fit_alone, other, of_other, prior, model))
    alone, *fits = in_threads(calls, n_jobs=n_jobs)
    samples, ordered = [other.sample for other in wave.others], list(fits)
    samples.insert(wave.place, wave.sample)
    ordered.insert(wave.place, alone)
    evidence = tuple(evidence_of(sample, fit, prior) for sample, fit in zip(samples, ordered, strict=True))
    step = wave.estimation.selection_step
    drift = Drift.learned(evidence, sd=wave.prior_sd) if step is None else Drift.declared(step, sd=wave.prior_sd)
    return AcrossWaves(drift, evidence, tuple(fits), drift.cavity(evidence, wave.place))


def redrawn_prior(before: AcrossWaves, wave: CrossFittedWave, margins: list[Floats], draws: Floats) -> GammaPrior:
    """Return the prior of a replicate: other waves fitted again on its weights and margins, on a drawn path.

    `draws` has shape (waves, 2): the mean of gamma of the first wave, and unit steps of the walk.
    """
    path, evidence = before.drift.path(draws), list(before.evidence)
    for i, (other, each, fit) in enumerate(zip(wave.others, margins, before.fits, strict=True)):
        t = i + (i >= wave.place)
        prior = GammaPrior.of(wave.prior_sd, path[t])
        probabilities = calibrator_of(each, other.sample).probabilities(each)
        model = select(
            probabilities,
            other.sample,
            prior_sd=wave.prior_sd,
            prior_mean=prior.mean,
            start=fit.selection,
            original=fit,
        )
        evidence[t] = evidence[t].moved(model.gamma[[0, 2]], prior)
    return before.drift.cavity(evidence, wave.place, path=path)


def calibrator_of(margins: Floats, sample: Sample) -> Calibrator:
    """Fit the calibrator of a wave's answers."""
    answered = sample.answered
    return fit_calibrator(margins[answered], sample.classes[answered], sample.weights[answered])


def _fit_alone(
    wave: CrossFittedWave, probabilities: Floats, prior: GammaPrior, start: SelectionModel | None
) -> OriginalFit:
    return OriginalFit(probabilities, select(probabilities, wave.sample, prior_sd=prior.covariance, start=start))


def evidence_of(sample: Sample, fit: OriginalFit, prior: GammaPrior) -> Evidence:
    """Return what the answers of a wave say of gamma, of a fit under the prior of a wave by itself."""
    problem = invited_problem(fit.probabilities, sample, prior_sd=prior.covariance)
    problem.penalise_as(fit.selection, sample.groups, 0)
    return Evidence.of(fit.selection.gamma[[0, 2]], problem.gamma_covariance(fit.selection), prior)
