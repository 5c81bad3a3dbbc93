"""`estimate_nps`: from feature rows and ratings to the NPS of those who never answered, with an interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.errors import DataError
from silentnps.estimation.wave.arguments import check_arguments, renamed_arguments
from silentnps.estimation.wave.checked_inputs import refuse_other_scale, refuse_rounded_persons
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wave.report import assemble_report
from silentnps.estimation.wave.shadow_roles import settle_roles
from silentnps.leakage.leaks import refuse_leaks
from silentnps.numerics.arrays import Booleans
from silentnps.numerics.nps import SILENT, class_of_rating
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier
from silentnps.outcome.survey_data import (
    FollowUp,
    SurveyData,
    check_invited,
    check_persons,
    check_ratings,
    resolve_drivers,
    tidy_features,
)

Progress = Callable[[int], None]


@renamed_arguments(followup="follow_up")
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
    follow_up: pd.Series | None = None,
    allow_leaks: Sequence[str] | None = None,
    rating_scale: str | None = None,
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
    follow_up
        Ratings of silent customers who were drawn at random and called, indexed by their labels in `features`;
        NaN where the call was not answered. From 30 answers on the headline rests on them.
    allow_leaks
        Columns that may tell the rating or who answered, whatever the leak audit finds in them.
    rating_scale
        "0-10" or "1-10" where ratings are on that scale though they look like another one.

    Returns
    -------
    NPSReport
        Estimates in points with intervals from a bootstrap of everything that was learned.

    Raises
    ------
    DataError
        If inputs are of another kind or misaligned, a declared column is absent, ratings are not 0-10 or look like
        another scale (see `silentnps.data.values.rating_scale.doubt_of`), ids of persons are rounded, there are
        fewer than 30 answers or only one class, or a column knows the rating or who answered: the text names all
        of them, with the evidence.

    Notes
    -----
    Source and assumptions: `silentnps.estimation.formulas.selection`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> features = pd.DataFrame({"tenure_years": rng.exponential(3, 300), "days_late": rng.poisson(1, 300)})
    >>> satisfaction = 8.5 - 1.2 * features["days_late"] + rng.normal(0, 1.5, 300)
    >>> answers = rng.random(300) < 1 / (1 + np.exp(3 - 0.3 * satisfaction))
    >>> rating = satisfaction.round().clip(0, 10).rename("rating").where(answers)
    >>> report = estimate_nps(features, rating, shadow_features=["days_late"])
    >>> report.respondents.n, report.silent.n
    (105, 195)
    >>> report.silent.low < report.silent.value < report.silent.high < report.respondents.value
    True
    """
    series = {"rating": rating, "invited": invited, "person": person, "follow_up": follow_up}
    names = {"response_drivers": response_drivers, "shadow_features": shadow_features, "allow_leaks": allow_leaks}
    check_arguments(features, series, segments=segments, names=names, random_state=random_state)
    refuse_other_scale(rating, declared=rating_scale)
    refuse_rounded_persons(person)
    data = _survey_data(features, rating, response_drivers, shadow_features, invited, person)
    data = replace(data, follow_up=_follow_up(follow_up, features, data.answered))
    frame = _segment_frame(segments, features)
    estimation = _options(confidence_level, selection_prior_sd, tuple(frame.columns))
    data.check()
    refuse_leaks(
        data,
        check_ratings(rating),
        rating_name=rating.name,
        allowed=allow_leaks or (),
        random_state=random_state,
    )
    return estimate_wave(_cross_fitted(data, estimation, frame, random_state=random_state))


def _cross_fitted(
    data: SurveyData, estimation: EstimationConfig, segments: pd.DataFrame, *, random_state: int
) -> CrossFittedWave:
    """Cross-fit the default model: a stack of trees and linear component, or the latter alone on few answers."""
    design, model = OutcomeDesign.of(data), ModelConfig()
    margins = crossfit_repeats(
        data,
        design,
        classifier=tree_classifier(model),
        folds=model.folds,
        repeats=model.repeats,
        random_state=random_state,
    )
    return CrossFittedWave.of(
        data,
        design,
        margins,
        components=CANDIDATES["logistic" if data.few_answers else "stack"].components,
        model=model,
        estimation=estimation,
        segments=segments,
        random_state=random_state,
    )


def estimate_wave(
    wave: CrossFittedWave,
    *,
    settled: bool = False,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> NPSReport:
    """Estimate a wave whose margins were cross-fitted: calibrate, select, bootstrap, report.

    `settled` says that the roles of the features were decided at training. Everything is refitted in the bootstrap.
    """
    with threadpool_limits(limits=1):  # small matrices: threads that wait for each other cost more than they give
        wave, repeats, draws = settle_roles(
            wave,
            replicates=wave.estimation.replicates,
            settled=settled,
            n_jobs=n_jobs,
            progress=progress,
        )
        return assemble_report(wave, repeats, draws)


def _segment_frame(segments: pd.DataFrame | pd.Series | None, features: pd.DataFrame) -> pd.DataFrame:
    if segments is None:
        return pd.DataFrame(index=features.index)
    frame = segments.to_frame() if isinstance(segments, pd.Series) else segments
    _check_aligned("segments", frame.index, features.index)
    _check_once("segments", frame)
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
    _check_once("features", features)
    n = len(features)
    values = check_ratings(rating)
    shadows = tuple(dict.fromkeys(shadow_features or ()))
    tidy = tidy_features(features)
    drivers = resolve_drivers(tuple(tidy.columns), response_drivers, shadows)
    classes = class_of_rating(values)
    asked = np.ones(n, dtype=np.bool_) if invited is None else check_invited(invited)
    persons = np.arange(n) if person is None else check_persons(person)
    return SurveyData(tidy, classes, np.ones(n, dtype=np.bool_), asked | (classes >= 0), persons, drivers, shadows)


def _follow_up(follow_up: pd.Series | None, features: pd.DataFrame, answered: Booleans) -> FollowUp | None:
    if follow_up is None or follow_up.empty:
        return None
    if not features.index.is_unique or not follow_up.index.is_unique:
        raise DataError(
            "follow_up must be matched by unique labels; got a label of features or follow_up twice. "
            "Reset the index of both."
        )
    rows = features.index.get_indexer(follow_up.index)
    if (rows < 0).any():
        raise DataError(
            f"follow_up must be of customers in features; got {int((rows < 0).sum())} labels that are not in "
            "its index. Leave them out."
        )
    called = np.zeros(len(features), dtype=np.bool_)
    called[rows] = True
    classes = np.full(len(features), SILENT)
    classes[rows] = class_of_rating(check_ratings(follow_up))
    calls = FollowUp(called, classes)
    calls.among(~answered)
    return calls


def _options(confidence_level: float, selection_prior_sd: float, segments: tuple[str, ...]) -> EstimationConfig:
    try:
        return EstimationConfig(
            confidence_level=confidence_level, selection_prior_sd=selection_prior_sd, segments=segments
        )
    except ValidationError as error:
        first = error.errors()[0]
        words = first["msg"].replace("Input should be", "must be")
        raise DataError(f"{first['loc'][0]} {words}; got {first['input']}. Pass another value.") from None


def _check_once(name: str, frame: pd.DataFrame) -> None:
    twice = frame.columns[frame.columns.map(str).duplicated()]
    if len(twice):
        raise DataError(f"{name} must have each column once; got {str(twice[0])!r} twice. Rename or drop one.")


def _check_aligned(name: str, index: pd.Index, wanted: pd.Index) -> None:
    if not index.equals(wanted):
        raise DataError(
            f"{name} must have the index of features; got {len(index)} rows against {len(wanted)}. "
            f"Reindex it: {name}.reindex(features.index)."
        )
