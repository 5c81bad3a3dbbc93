"""A wave ready to be estimated: what the original answers say, and what a bootstrap refits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.wave.analysis import Repeat, Wave, analyse, wave_of
from silentnps.estimation.wave.bootstrap import Plan, cut_into_segments, original
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.segmentation import segmentation_of
from silentnps.outcome.cross_fitting import OutcomeDesign, splits_of_repeats
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.survey_data import SurveyData

_SILENTS_PER_ANSWER, _FEWEST_SILENTS = 4, 20_000


@dataclass(frozen=True)
class StudyInputs:
    """What a wave is estimated from, and how.

    `margins` are cross-fitted, shape (repeats, rows, parts, 2), `parts` the positions of those that count;
    `segments` has one row per row of the wave.
    """

    data: SurveyData
    design: OutcomeDesign
    margins: Floats
    parts: tuple[int, ...]
    model: ModelConfig
    estimation: EstimationConfig
    segments: pd.DataFrame
    random_state: int


@dataclass(frozen=True)
class Study:
    """What a report and a bootstrap start from.

    `whole` speaks of every customer of the wave, `plan` of those that a replicate looks at: of a large base all
    answers and a random sample of the silent. `repeats` are of the whole wave, fitted on the same sample.
    """

    whole: Plan
    plan: Plan
    margins: Floats
    repeats: list[Repeat]


def study_of(inputs: StudyInputs) -> Study:
    """Analyse every repeat of the margins, and plan the bootstrap."""
    data, parts, model = inputs.data, inputs.parts, inputs.model
    prior_sd, segments = inputs.estimation.selection_prior_sd, inputs.segments
    kept = rows_to_fit(data, random_state=inputs.random_state)
    wave = wave_of(data)
    wave = wave.reweighted(fitting_weights(data, kept))
    repeats = analysed(inputs.margins, wave, parts, prior_sd=prior_sd)
    cuts = tuple(segmentation_of(segments[name]) for name in segments.columns)
    splits = splits_of_repeats(data, folds=model.folds, repeats=len(repeats), random_state=inputs.random_state)
    whole = Plan(data, inputs.design, wave, parts, classifier_of(model), splits, prior_sd, cuts)
    whole = replace(whole, segment_weights=_segment_weights(whole, repeats), start=repeats[0])
    whole = _with_originals(whole, repeats)
    return Study(whole, _thinned(whole, kept, inputs.margins), inputs.margins, repeats)


def classifier_of(model: ModelConfig) -> OrdinalClassifier:
    """Return the trees' classifier of a configuration."""
    return OrdinalClassifier(
        n_estimators=model.trees,
        num_leaves=model.leaves,
        learning_rate=model.learning_rate,
        min_child_samples=model.min_leaf_rows,
        reg_lambda=model.ridge,
        colsample_bytree=model.feature_fraction,
    )


def analysed(margins: Floats, wave: Wave, parts: tuple[int, ...], *, prior_sd: float) -> list[Repeat]:
    """Return the analysis of each repeat; later ones begin where the first ended."""
    repeats: list[Repeat] = []
    with threadpool_limits(limits=1):
        for one in margins:
            start = repeats[0] if repeats else None
            repeats.append(analyse(one, wave, parts, prior_sd=prior_sd, start=start))
    return repeats


def rows_to_fit(data: SurveyData, *, random_state: int) -> Integers:
    """Return the rows that selection is fitted on: all answers, and at most four silents an answer, or 20,000.

    More silents hardly sharpen the fit: its error is that of the answers. That many are drawn of the invited and
    of the never invited, who else could crowd them out.
    """
    most = max(_SILENTS_PER_ANSWER * data.n_answers, _FEWEST_SILENTS)
    rng = np.random.default_rng([random_state, 1])
    kept = [np.flatnonzero(data.answered)]
    for group in _silents(data):
        rows = np.flatnonzero(group)
        kept.append(rows if len(rows) <= most else rng.choice(rows, most, replace=False))
    return np.sort(np.concatenate(kept))


def fitting_weights(data: SurveyData, kept: Integers) -> Floats:
    """Return frequency weights of all rows: of the silent the inverse of the share that is kept, or 0."""
    chosen = np.zeros(len(data.classes))
    chosen[kept] = 1.0
    weights = np.ones(len(data.classes))
    for group in _silents(data):
        if group.any():
            weights[group] = chosen[group] / chosen[group].mean()
    return weights


def _silents(data: SurveyData) -> tuple[Booleans, Booleans]:
    """Return which rows are silent though invited, and which were never invited."""
    return ~data.answered & data.invited, ~data.answered & ~data.invited


def _thinned(whole: Plan, kept: Integers, margins: Floats) -> Plan:
    if len(kept) == len(whole.data.classes):
        return whole
    mine = np.flatnonzero(np.isin(whole.wave.rows, kept))
    weights = fitting_weights(whole.data, kept)[kept]
    thinned = replace(
        whole,
        data=whole.data.take(kept),
        design=whole.design.take(kept),
        wave=whole.wave.take(kept),
        splits=tuple(split.take(kept) for split in whole.splits),
        segmentations=tuple(replace(cut, codes=cut.codes[mine]) for cut in whole.segmentations),
        row_weights=weights,
    )
    return _with_originals(thinned, [_again(one[kept], thinned) for one in margins])


def _again(margins: Floats, plan: Plan) -> Repeat:
    """Analyse a repeat of the original on the rows that a replicate looks at."""
    return analyse(margins, plan.wave, plan.parts, prior_sd=plan.prior_sd, start=plan.start)


def _with_originals(plan: Plan, repeats: list[Repeat]) -> Plan:
    originals = tuple(original(repeat, plan.wave, plan) for repeat in repeats)
    return replace(plan, originals=originals, fits=tuple(repeat.fit for repeat in repeats))


def _segment_weights(plan: Plan, repeats: list[Repeat]) -> tuple[Floats, ...]:
    every = [cut_into_segments(repeat, plan.wave, plan) for repeat in repeats]
    return tuple(
        np.asarray(np.mean([one[i].weight for one in every], axis=0)) for i in range(len(plan.segmentations))
    )
