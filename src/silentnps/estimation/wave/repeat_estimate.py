"""Estimates under every assumption from each repeat of the cross-fitting: calibrate, select, estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from silentnps.estimation.checks.shadows import moved_estimates
from silentnps.estimation.formulas.assumptions import label_shift_nps, missing_at_random, survey_nps, weighted_nps
from silentnps.estimation.formulas.doubly_robust import PointEstimate, estimate_point, select
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.estimation.formulas.small_areas import SegmentEstimates, estimate_segments
from silentnps.estimation.wave.across_waves import AcrossWaves, calibrator_of, prior_across
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import both, in_threads, one_thread
from silentnps.outcome.calibration import Calibrator


@dataclass(frozen=True)
class RepeatModels:
    """The models fitted on the margins of one repeat, and the numbers that need further models.

    With the margins they give the whole estimate again without a fit: see `repeat_of_models`. `selection` is that
    of the headline; `prior` and `step` are those of gamma given other waves, None where there are none; the others
    as in `RepeatEstimate`.
    """

    calibrator: Calibrator
    selection: SelectionModel
    invitation: SelectionModel | None
    by_assumption: dict[str, float]
    moved: Floats
    prior: GammaPrior | None = None
    step: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain lists, for files."""
        across = {} if self.prior is None else {"prior": self.prior.to_dict(), "step": self.step}
        return {
            "calibrator": self.calibrator.to_dict(),
            "selection": self.selection.to_dict(),
            "invitation": None if self.invitation is None else self.invitation.to_dict(),
            "by_assumption": self.by_assumption,
            "moved": self.moved.tolist(),
            **across,
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> RepeatModels:
        """Rebuild the models from `to_dict`."""
        invitation = values["invitation"]
        return RepeatModels(
            Calibrator.from_dict(values["calibrator"]),
            SelectionModel.from_dict(values["selection"]),
            None if invitation is None else SelectionModel.from_dict(invitation),
            {str(name): float(value) for name, value in values["by_assumption"].items()},
            np.array(values["moved"], dtype=np.float64),
            GammaPrior.from_dict(values["prior"]) if "prior" in values else None,
            values.get("step"),
        )


@dataclass(frozen=True)
class RepeatEstimate:
    """What the margins of one repeat say.

    `probabilities` are p(y | x) among respondents for the wave's rows; `at_random` is the estimate under missing
    at random, None where it was not fitted again; `by_assumption` the NPS of silent customers in points under each
    assumption that gives a number; `moved` the same with each family of shadows among the response drivers, shape
    (families,); `prior` that of gamma. Where other waves tell of it, `step` is how much gamma drifts from wave to
    wave (log odds), and `across` what was learned of them (None where it was read from a file).
    """

    calibrator: Calibrator
    probabilities: Floats
    point: PointEstimate
    at_random: PointEstimate | None
    by_assumption: dict[str, float]
    moved: Floats
    prior: GammaPrior
    step: float | None = None
    across: AcrossWaves | None = None

    @property
    def models(self) -> RepeatModels:
        """Return the fitted models alone."""
        return RepeatModels(
            self.calibrator,
            self.point.selection,
            self.point.invitation,
            self.by_assumption,
            self.moved,
            None if self.step is None else self.prior,
            self.step,
        )

    @property
    def fit(self) -> OriginalFit:
        """Return what a bootstrap draw of this repeat departs from."""
        return OriginalFit(self.probabilities, self.point.selection)


def estimate_repeats(wave: CrossFittedWave, *, n_jobs: int = 1) -> list[RepeatEstimate]:
    """Return the estimate of each repeat; later ones start where the first ended."""
    with one_thread():
        first = estimate_repeat(wave.margins_of_waves(wave.margins[0]), wave, n_jobs=n_jobs)
        others = (
            partial(estimate_repeat, wave.margins_of_waves(margins), wave, start=first)
            for margins in wave.margins[1:]
        )
        return [first, *in_threads(others, n_jobs=n_jobs)]


def estimate_repeat(
    margins: Floats,
    wave: CrossFittedWave,
    *,
    prior_draws: Floats | None = None,
    start: RepeatEstimate | None = None,
    original: OriginalFit | None = None,
    n_jobs: int = 1,
) -> RepeatEstimate:
    """Calibrate one repeat's margins on the wave's answers and estimate under every assumption.

    Parameters
    ----------
    margins
        Cross-fitted margins of the candidate's components for the rows of the wave, followed by those of its other
        waves, shape (rows, components, 2): see `CrossFittedWave.margins_of_waves`.
    prior_draws
        Draws of the mean of the prior of selection by satisfaction, shape (waves, 2): of the first wave, and unit
        steps from wave to wave; 0 without them.
    start
        An earlier estimate of the same wave, from whose selection models the fits start.
    original
        What a bootstrap draw that was cross-fitted again departs from, for the rows of the wave; `start` is then
        the estimate that it belongs to.
    n_jobs
        Threads; the estimate is the same with 2 as with 1.
    """
    own, others = wave.by_wave(margins)
    calibrator = calibrator_of(own, wave.sample)
    probabilities = calibrator.probabilities(own)
    at_random, (prior, across) = both(
        partial(missing_at_random, probabilities, wave.full_sample, start=start.at_random if start else None),
        partial(
            prior_across,
            wave,
            probabilities,
            others,
            draws=prior_draws,
            start=start.point.selection if start else None,
            before=start.across if start else None,
            again=original is not None,
        ),
        n_jobs=n_jobs,
    )
    point = selected(probabilities, wave, prior, start, original) if wave.headline == "selection" else at_random
    return RepeatEstimate(
        calibrator=calibrator,
        probabilities=probabilities,
        point=point,
        at_random=at_random,
        by_assumption=_by_assumption(wave, probabilities, at_random, point),
        moved=_moved(wave, probabilities, point, prior, original),
        prior=prior,
        step=across.drift.step if across else None,
        across=across,
    )


def selected(
    probabilities: Floats,
    wave: CrossFittedWave,
    prior: GammaPrior,
    start: RepeatEstimate | None,
    original: OriginalFit | None = None,
) -> PointEstimate:
    """Return the estimate under selection by satisfaction; `start` and `original` as in `estimate_repeat`."""
    fitted = select(
        probabilities,
        wave.sample,
        prior_sd=prior.covariance,
        prior_mean=prior.mean,
        start=start.point.selection if start else None,
        original=original,
    )
    return estimate_point(probabilities, wave.sample, fitted, start=start.point if start else None)


def repeat_of_models(margins: Floats, wave: CrossFittedWave, models: RepeatModels) -> RepeatEstimate:
    """Return the estimate of a repeat whose models were fitted before, on the same margins and wave."""
    probabilities = models.calibrator.probabilities(margins)
    return RepeatEstimate(
        calibrator=models.calibrator,
        probabilities=probabilities,
        point=point_of_models(probabilities, wave, models),
        at_random=None,
        by_assumption=models.by_assumption,
        moved=models.moved,
        prior=models.prior or GammaPrior.of(wave.prior_sd),
        step=models.step,
    )


def point_of_models(probabilities: Floats, wave: CrossFittedWave, models: RepeatModels) -> PointEstimate:
    """Return the headline's estimate of models fitted before, given p(y | x) of the wave's rows."""
    sample = wave.sample if wave.headline == "selection" else wave.full_sample
    return estimate_point(probabilities, sample, models.selection, invitation=models.invitation)


def _by_assumption(
    wave: CrossFittedWave, probabilities: Floats, at_random: PointEstimate, point: PointEstimate
) -> dict[str, float]:
    return {
        "survey": survey_nps(wave.sample),
        "weighted": weighted_nps(at_random, wave.full_sample),
        "mar": at_random.nps,
        "label_shift": label_shift_nps(probabilities, wave.sample),
        wave.headline: point.nps,
    }


def _moved(
    wave: CrossFittedWave,
    probabilities: Floats,
    point: PointEstimate,
    prior: GammaPrior,
    original: OriginalFit | None,
) -> Floats:
    if wave.families is None:
        return np.zeros(0)
    return moved_estimates(
        probabilities,
        wave.sample,
        point,
        wave.families,
        prior_sd=prior.covariance,
        prior_mean=prior.mean,
        original=original,
    )


def headline_shares(repeats: list[RepeatEstimate]) -> Floats:
    """Return the class shares of silent customers: the mean of the repeats."""
    return np.asarray(np.mean([repeat.point.shares for repeat in repeats], axis=0))


def segment_weights(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> tuple[Floats, ...]:
    """Return, for each segmentation, how much its segments' own answers count, the mean of the repeats."""
    by_repeat = [segment_estimates(repeat, wave) for repeat in repeats]
    return tuple(
        np.asarray(np.mean([estimates[i].weight for estimates in by_repeat], axis=0))
        for i in range(len(wave.segmentations))
    )


def segment_estimates(
    repeat: RepeatEstimate,
    wave: CrossFittedWave,
    *,
    weights: tuple[Floats, ...] | None = None,
    total: float | None = None,
) -> tuple[SegmentEstimates, ...]:
    """Estimate the segments of every segmentation from one repeat.

    `weights` are those of `segment_weights`, without them each segmentation finds its own; `total` is what the
    segments add up to, without it the repeat's own NPS.
    """
    return tuple(
        estimate_segments(
            repeat.point,
            wave.sample,
            cut.codes,
            len(cut.labels),
            weight=None if weights is None else weights[i],
            total=total,
            everybody=cut.everybody,
        )
        for i, cut in enumerate(wave.segmentations)
    )
