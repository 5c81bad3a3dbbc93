"""The customers of a wave as groups: all of them, and the segments of each segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.estimation.trend.drawn import Drawn
from silentnps.estimation.trend.every_wave import EstimatedWave
from silentnps.estimation.trend.groups import Answers, Group, Silent
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.monte_carlo import sampling_variance, sampling_variance_of_segments
from silentnps.estimation.wave.repeat_estimate import (
    RepeatEstimate,
    RepeatModels,
    repeat_of_models,
    segment_estimates,
    segment_weights,
)
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.segmentation import Segmentation
from silentnps.numerics.silent_population import strata

ALL = ("", "")
"""The segmentation and the segment of all customers."""

Groups = dict[tuple[str, str], Group]
"""Groups by their segmentation and segment."""


@dataclass(frozen=True)
class _Numbers:
    """What a fit says of a wave: class shares of silent customers, and the NPS of each segmentation's segments."""

    shares: Floats
    segments: tuple[Floats, ...]


def groups_of_wave(estimated: EstimatedWave) -> Groups:
    """Return all customers of a wave, and the segments of its segmentations."""
    wave = estimated.wave
    repeats = [
        repeat_of_models(wave.margins_of(margins), wave, models)
        for margins, models in zip(wave.margins, estimated.repeats, strict=True)
    ]
    fits = _every_fit(estimated, repeats)
    groups = {ALL: _everybody(estimated, repeats, fits)}
    for i, cut in enumerate(wave.segmentations):
        groups |= _segments(i, cut, wave, repeats, fits, groups[ALL])
    return groups


def _everybody(estimated: EstimatedWave, repeats: list[RepeatEstimate], fits: list[list[_Numbers]]) -> Group:
    wave, sample = estimated.wave, estimated.wave.sample
    name, drawn = wave.headline, estimated.bootstrap
    nps = Drawn.of(
        [repeat.point.nps for repeat in repeats],
        [models.by_assumption[name] for models in drawn.originals],
        [models.by_assumption[name] for models in drawn.models],
    )
    shares = tuple(Drawn.of(*([each.shares[k] for each in part] for part in fits)) for k in range(3))
    counts = None if sample.counts is None else sample.counts[wave.silent]
    unseen = own_draws_variance(repeats[0].point.silent_probabilities[wave.silent], counts)
    unseen += sampling_variance(wave, repeats)
    n_asked, n_never = (int(n) for n in sample.n_silent)
    silent = Silent(n_asked + n_never, nps, unseen, shares=shares)
    return _group(wave, np.ones(len(wave.rows), dtype=np.bool_), n_asked, silent)


def _segments(
    i: int,
    cut: Segmentation,
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    fits: list[list[_Numbers]],
    everybody: Group,
) -> Groups:
    """Return the segments of the i-th segmentation; see `silentnps.estimation.wave.segment_table`."""
    weights = segment_weights(wave, repeats)
    estimates = [segment_estimates(repeat, wave, weights=weights)[i] for repeat in repeats]
    between = np.mean([estimate.between_variance for estimate in estimates])
    unseen = (1.0 - weights[i]) ** 2 * between + estimates[0].own_variance
    unseen = unseen + sampling_variance_of_segments(wave, repeats, cut)
    n_silent, n_asked = cut.n_silent(wave.silent), _n_asked(cut, wave)
    of_all = None if everybody.silent is None else everybody.silent.nps
    groups: Groups = {}
    for code, label in enumerate(cut.labels):
        nps = Drawn.of(*([each.segments[i][code] for each in part] for part in fits))
        silent = Silent(int(n_silent[code]), nps, float(unseen[code]), of_all)
        groups[cut.name, label] = _group(wave, cut.codes == code, int(n_asked[code]), silent)
    return groups


def _group(wave: CrossFittedWave, members: Booleans, n_asked: int, silent: Silent) -> Group:
    chosen = members & wave.sample.answered
    answers = Answers(wave.data.persons[wave.rows][chosen], wave.sample.classes[chosen])
    n_invited = n_asked + int((chosen & wave.sample.invited).sum())
    return Group(answers.n + silent.n, n_invited, answers, silent)


def _n_asked(cut: Segmentation, wave: CrossFittedWave) -> Integers:
    """Return the numbers of invited silent customers of each segment."""
    if cut.everybody is not None:
        return np.asarray(cut.everybody.n[0])
    asked, _ = strata(wave.sample.answered, wave.sample.invited)
    return np.bincount(cut.codes[asked], minlength=len(cut.labels))


def _every_fit(estimated: EstimatedWave, repeats: list[RepeatEstimate]) -> list[list[_Numbers]]:
    """Return the numbers of the repeats, of the originals, and of the fits."""
    wave, drawn = estimated.wave, estimated.bootstrap
    weights, sample = segment_weights(wave, repeats), wave.sampled()
    own = [_numbers(repeat, wave, weights) for repeat in repeats]
    originals = own
    if sample is not wave:
        originals = [
            _numbers(_again(sample.margins_of(margins), models, sample), sample, weights)
            for margins, models in zip(sample.margins, drawn.originals, strict=True)
        ]
    fits = []
    for task, margins, models in zip(drawn.plan.tasks, drawn.margins, drawn.models, strict=True):
        reweighted = sample.reweighted(task.draw(sample)[0])
        fits.append(_numbers(_again(_own_rows(margins, sample), models, reweighted), reweighted, weights))
    return [own, originals, fits]


def _own_rows(margins: Floats, wave: CrossFittedWave) -> Floats:
    """Return the margins of a wave's rows, which come first where a bootstrap has those of other waves too."""
    return margins[: len(wave.rows)]


def _again(margins: Floats, models: RepeatModels, wave: CrossFittedWave) -> RepeatEstimate:
    return repeat_of_models(margins.astype(np.float64), wave, models)


def _numbers(repeat: RepeatEstimate, wave: CrossFittedWave, weights: Sequence[Floats]) -> _Numbers:
    segments = segment_estimates(repeat, wave, weights=tuple(weights))
    return _Numbers(repeat.point.shares, tuple(each.composite for each in segments))
