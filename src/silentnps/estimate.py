"""`estimate_nps`: from feature rows and ratings to the NPS of those who never answered, with an interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.errors import DataError
from silentnps.estimation.assumptions import ASSUMPTIONS
from silentnps.estimation.diagnostics import diagnose, sensitivity_curve
from silentnps.estimation.nps import (
    CLASS_VALUES,
    Floats,
    NPSEstimate,
    census,
    class_of_rating,
    mix,
    normal_estimate,
    nps_of_classes,
)
from silentnps.estimation.result import NPSReport
from silentnps.estimation.segments import own_draws_variance
from silentnps.models.analysis import Repeat, analyse, headline_shares, wave_of
from silentnps.models.bootstrap import Plan, Replicate, Segmentation, bootstrap, cut_into_segments
from silentnps.models.crossfit import OutcomeDesign, crossfit_repeats
from silentnps.models.segment_table import segment_table
from silentnps.models.survey import (
    SurveyData,
    check_invited,
    check_persons,
    check_ratings,
    resolve_drivers,
    tidy_features,
)
from silentnps.models.training import classifier_of, parts_of

Progress = Callable[[int], None]


def estimate_nps(
    features: pd.DataFrame,
    rating: pd.Series,
    *,
    response_drivers: Sequence[str] | None = None,
    shadow_features: Sequence[str] | None = None,
    invited: pd.Series | None = None,
    person: pd.Series | None = None,
    segments: pd.DataFrame | pd.Series | None = None,
    confidence_level: float = 0.95,
    selection_prior_sd: float = 0.5,
    random_state: int = 0,
) -> NPSReport:
    """Estimate the NPS of customers who did not answer.

    Parameters
    ----------
    features
        One row per customer, numeric and categorical columns; NaN is allowed, infinity is not.
    rating
        0-10 aligned with `features`, NaN for silent customers.
    response_drivers, shadow_features
        Columns that drive answering, and columns that move satisfaction but not, at equal satisfaction,
        answering. Columns declared as neither are response drivers. Without shadows the headline is missing at
        random.
    invited
        Boolean, aligned; without it all count as invited.
    person
        Ids, where a person has several rows.
    segments
        One column per segmentation, aligned.
    selection_prior_sd
        Standard deviation of the prior of selection by satisfaction, in log odds.

    Returns
    -------
    NPSReport
        Estimates in points with intervals from a bootstrap of everything that was learned.

    Raises
    ------
    DataError
        If inputs are misaligned, a declared column is absent, ratings are not 0-10, or there are fewer than 30
        answers or only one class.

    Notes
    -----
    Source and assumptions: `silentnps.estimation.selection`.
    """
    data = _survey_data(features, rating, response_drivers, shadow_features, invited, person)
    frame = _segment_frame(segments, features)
    estimation = _options(confidence_level, selection_prior_sd, tuple(frame.columns))
    data.check()
    design, model = OutcomeDesign.of(data), ModelConfig()
    margins = crossfit_repeats(
        data,
        design,
        classifier=classifier_of(model),
        folds=model.folds,
        repeats=model.repeats,
        random_state=random_state,
    )
    parts = parts_of("logistic" if data.few_answers else "stack")
    return estimate_from_margins(
        data, design, margins, parts, model=model, estimation=estimation, segments=frame, random_state=random_state
    )


@dataclass(frozen=True)
class _Fitted:
    plan: Plan
    repeats: list[Repeat]
    replicates: list[Replicate]
    estimation: EstimationConfig


def estimate_from_margins(
    data: SurveyData,
    design: OutcomeDesign,
    margins: Floats,
    parts: tuple[int, ...],
    *,
    model: ModelConfig,
    estimation: EstimationConfig,
    segments: pd.DataFrame,
    random_state: int,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> NPSReport:
    """Estimate from margins that were cross-fitted before (shape (repeats, rows, parts, 2)).

    `segments` has one row per row of the wave. Everything is refitted in the bootstrap.
    """
    wave = wave_of(data)
    with threadpool_limits(limits=1):
        repeats = [analyse(one, wave, parts, prior_sd=estimation.selection_prior_sd) for one in margins]
    cuts = tuple(_segmentation(segments[name]) for name in segments.columns)
    plan = Plan(data, design, wave, parts, classifier_of(model), model.folds, estimation.selection_prior_sd, cuts)
    plan = replace(plan, segment_weights=_segment_weights(plan, repeats))
    replicates = bootstrap(
        plan, replicates=estimation.replicates, random_state=random_state, n_jobs=n_jobs, progress=progress
    )
    return _report(_Fitted(plan, repeats, replicates, estimation))


def _report(fitted: _Fitted) -> NPSReport:
    plan, repeats, sample = fitted.plan, fitted.repeats, fitted.plan.wave.sample
    level = fitted.estimation.confidence_level
    respondents = census(sample.classes[sample.answered], confidence_level=level)
    shares = headline_shares(repeats)
    table = _by_assumption(fitted)
    silent = _silent_estimate(fitted, plan.wave.headline, float(shares @ CLASS_VALUES))
    return NPSReport(
        silent=silent,
        base=mix(respondents, silent),
        respondents=respondents,
        headline=plan.wave.headline,
        shares=shares,
        by_assumption=table,
        segments=segment_table(
            plan, repeats, fitted.replicates, confidence_level=level, min_n=fitted.estimation.min_segment_n
        ),
        diagnostics=diagnose(
            repeats[0].point,
            sample,
            np.array([replicate.gamma for replicate in fitted.replicates]),
            prior_sd=fitted.estimation.selection_prior_sd,
        ),
        sensitivity=sensitivity_curve(repeats[0].probabilities, sample),
        warnings=_warnings(plan.data),
    )


def _silent_estimate(fitted: _Fitted, assumption: str, value: float) -> NPSEstimate:
    sample, level = fitted.plan.wave.sample, fitted.estimation.confidence_level
    silent = ~sample.answered
    if not silent.any():
        return census(np.array([], dtype=np.int64), confidence_level=level)
    draws = own_draws_variance(fitted.repeats[0].point.silent_probabilities[silent])
    values = [replicate.by_assumption[assumption] for replicate in fitted.replicates]
    standard_error = float(np.sqrt(np.var(values, ddof=1) + draws))
    return normal_estimate(
        value, standard_error, n=int(silent.sum()), confidence_level=level, degrees=len(values) - 1
    )


def _by_assumption(fitted: _Fitted) -> pd.DataFrame:
    sample, level = fitted.plan.wave.sample, fitted.estimation.confidence_level
    survey = nps_of_classes(sample.classes, confidence_level=level)
    rows: list[dict[str, object]] = [{"assumption": "survey", **survey.to_dict()}]
    for name in [key for key in fitted.repeats[0].by_assumption if key != "survey"]:
        value = float(np.mean([repeat.by_assumption[name] for repeat in fitted.repeats]))
        rows.append({"assumption": name, **_silent_estimate(fitted, name, value).to_dict()})
    rows.append({"assumption": "manski", "low": -100.0, "high": 100.0, "n": int((~sample.answered).sum())})
    table = pd.DataFrame(rows)
    table["confidence_level"] = level
    table["note"] = table["assumption"].map(ASSUMPTIONS)
    return table


def _warnings(data: SurveyData) -> tuple[str, ...]:
    found = []
    if data.few_answers:
        found.append(
            f"Only {data.n_answers} answers: missing at random is assumed and the model must not be promoted."
        )
    if not data.shadow_features:
        found.append(
            "No shadow feature is declared: missing at random is assumed. See the sensitivity to that assumption."
        )
    if data.invited.all():
        found.append("Invitations are not recorded or all were invited: everybody counts as invited.")
    return tuple(found)


def _segment_weights(plan: Plan, repeats: list[Repeat]) -> tuple[Floats, ...]:
    every = [cut_into_segments(repeat, plan.wave, plan) for repeat in repeats]
    return tuple(
        np.asarray(np.mean([one[i].weight for one in every], axis=0)) for i in range(len(plan.segmentations))
    )


def _segmentation(column: pd.Series) -> Segmentation:
    text = column.astype("object").where(column.notna(), "(missing)").astype(str)
    codes, labels = pd.factorize(text, sort=True)
    return Segmentation(str(column.name), codes.astype(np.int64), tuple(str(label) for label in labels))


def _segment_frame(segments: pd.DataFrame | pd.Series | None, features: pd.DataFrame) -> pd.DataFrame:
    if segments is None:
        return pd.DataFrame(index=features.index)
    frame = segments.to_frame() if isinstance(segments, pd.Series) else segments
    _check_aligned("segments", frame.index, features.index)
    return frame.rename(columns=str)


def _survey_data(
    features: pd.DataFrame,
    rating: pd.Series,
    response_drivers: Sequence[str] | None,
    shadow_features: Sequence[str] | None,
    invited: pd.Series | None,
    person: pd.Series | None,
) -> SurveyData:
    aligned: Mapping[str, pd.Series | None] = {"rating": rating, "invited": invited, "person": person}
    for name, column in aligned.items():
        if column is not None:
            _check_aligned(name, column.index, features.index)
    n = len(features)
    values = check_ratings(rating)
    shadows = tuple(shadow_features or ())
    tidy = tidy_features(features)
    drivers = resolve_drivers(tuple(tidy.columns), response_drivers, shadows)
    classes = class_of_rating(values)
    asked = np.ones(n, dtype=np.bool_) if invited is None else check_invited(invited)
    persons = np.arange(n) if person is None else check_persons(person)
    return SurveyData(tidy, classes, np.ones(n, dtype=np.bool_), asked | (classes >= 0), persons, drivers, shadows)


def _options(confidence_level: float, selection_prior_sd: float, segments: tuple[str, ...]) -> EstimationConfig:
    try:
        return EstimationConfig(
            confidence_level=confidence_level, selection_prior_sd=selection_prior_sd, segments=segments
        )
    except ValidationError as error:
        first = error.errors()[0]
        words = first["msg"].replace("Input should be", "must be")
        raise DataError(f"{first['loc'][0]} {words}; got {first['input']}. Pass another value.") from None


def _check_aligned(name: str, index: pd.Index, wanted: pd.Index) -> None:
    if not index.equals(wanted):
        raise DataError(
            f"{name} must have the index of features; got {len(index)} rows against {len(wanted)}. "
            f"Reindex it: {name}.reindex(features.index)."
        )
