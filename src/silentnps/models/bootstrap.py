"""The bootstrap of everything learned: persons are drawn; models, calibrator and selection are refitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from silentnps.estimation.nps import Floats
from silentnps.estimation.segments import SegmentEstimates, estimate_segments
from silentnps.estimation.selection import prior_covariance
from silentnps.models.analysis import Repeat, Wave, analyse
from silentnps.models.crossfit import OutcomeDesign, crossfit
from silentnps.models.ordinal import OrdinalClassifier
from silentnps.models.segmentation import Segmentation
from silentnps.models.survey import SurveyData

_STREAM = 2
"""Sets the draws of the bootstrap apart from those of the splits, which have the same seed."""


@dataclass(frozen=True)
class Plan:
    """What is refitted in each replicate; the fits begin from `start`, a result of the original.

    `row_weights` are frequency weights of the rows where the silent are a sample.
    """

    data: SurveyData
    design: OutcomeDesign
    wave: Wave
    parts: tuple[int, ...]
    classifier: OrdinalClassifier
    folds: int
    prior_sd: float
    segmentations: tuple[Segmentation, ...] = ()
    segment_weights: tuple[Floats, ...] = ()
    start: Repeat | None = None
    row_weights: Floats | None = None


@dataclass(frozen=True)
class Replicate:
    """NPS of the silent in one replicate.

    By assumption, the composite of each segmentation's segments, and with each family of shadows `moved` to the
    drivers.
    """

    by_assumption: dict[str, float]
    gamma: Floats
    segments: tuple[Floats, ...]
    moved: Floats


def bootstrap(
    plan: Plan,
    *,
    replicates: int,
    random_state: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[Replicate]:
    """Return `replicates` refits on resampled persons; the result does not depend on `n_jobs`.

    Persons who answered, who stayed silent, and who are not in the wave are resampled separately. Each replicate
    draws the mean of gamma's prior from the prior: otherwise a penalised fit shrinks to nothing where the data are
    silent. Estimates are evaluated on the original silent customers.
    """
    seeds = np.random.SeedSequence([random_state, _STREAM]).spawn(replicates)
    jobs = (joblib.delayed(_replicate)(plan, seed) for seed in seeds)
    done: list[Replicate] = []
    for result in joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs):
        done.append(result)
        if progress is not None:
            progress(1)
    return done


def cut_into_segments(
    repeat: Repeat, wave: Wave, plan: Plan, *, total: float | None = None
) -> tuple[SegmentEstimates, ...]:
    """Estimate the segments of every segmentation of a plan from one repeat; `total` is what they add up to."""
    weights = plan.segment_weights or (None,) * len(plan.segmentations)
    return tuple(
        estimate_segments(repeat.point, wave.sample, cut.codes, len(cut.labels), weight=weight, total=total)
        for cut, weight in zip(plan.segmentations, weights, strict=True)
    )


def _replicate(plan: Plan, seed: np.random.SeedSequence) -> Replicate:
    with threadpool_limits(limits=1):
        rng = np.random.default_rng(seed)
        weights = person_weights(plan.data, rng)
        if plan.row_weights is not None:
            weights = weights * plan.row_weights
        margins = crossfit(
            plan.data, plan.design, classifier=plan.classifier, folds=plan.folds, rng=rng, weights=weights
        )
        wave = plan.wave.reweighted(weights)
        drawn = rng.multivariate_normal(np.zeros(2), prior_covariance(plan.prior_sd))
        repeat = analyse(margins, wave, plan.parts, prior_sd=plan.prior_sd, prior_mean=drawn, start=plan.start)
        segments = tuple(estimates.composite for estimates in cut_into_segments(repeat, wave, plan))
        return Replicate(repeat.by_assumption, repeat.point.selection.gamma, segments, repeat.moved)


def person_weights(data: SurveyData, rng: np.random.Generator) -> Floats:
    """Return how often each row's person is drawn, shape (rows,): those who answered, the silent, others apart."""
    n_persons = int(data.persons.max()) + 1
    stratum = np.zeros(n_persons, dtype=np.int64)
    np.maximum.at(stratum, data.persons[data.target], 1)
    np.maximum.at(stratum, data.persons[data.target & data.answered], 2)
    counts = np.zeros(n_persons)
    for value in range(3):
        members = np.flatnonzero(stratum == value)
        if len(members):
            counts[members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)))
    return np.asarray(counts[data.persons])
