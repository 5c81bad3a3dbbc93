"""`estimate_nps`: from feature rows and ratings to the NPS of those who never answered, with an interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from pydantic import ValidationError

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.errors import DataError
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wave.repeat_estimate import RepeatModels, repeat_of_models
from silentnps.estimation.wave.report import assemble_report
from silentnps.estimation.wave.shadow_roles import settle_roles
from silentnps.leakage.leaks import refuse_leaks
from silentnps.numerics.parallel import one_thread
from silentnps.outcome.arguments import check_arguments, renamed_arguments
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier
from silentnps.outcome.survey_data import SurveyData, check_ratings
from silentnps.outcome.survey_inputs import survey_inputs

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
    >>> import numpy as np
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
    columns = {"rating": rating, "invited": invited, "person": person, "follow_up": follow_up}
    names = {"response_drivers": response_drivers, "shadow_features": shadow_features, "allow_leaks": allow_leaks}
    check_arguments(features, columns, segments=segments, names=names, random_state=random_state)
    data, segment_columns = survey_inputs(
        features,
        columns,
        response_drivers=response_drivers,
        shadow_features=shadow_features,
        segments=segments,
        rating_scale=rating_scale,
    )
    estimation = _options(confidence_level, selection_prior_sd, tuple(map(str, segment_columns.columns)))
    refuse_leaks(
        data,
        check_ratings(rating),
        rating_name=rating.name,
        allowed=allow_leaks or (),
        random_state=random_state,
    )
    return estimate_wave(_cross_fitted(data, estimation, segment_columns, random_state=random_state))


def _cross_fitted(
    data: SurveyData, estimation: EstimationConfig, segments: pd.DataFrame, *, random_state: int
) -> CrossFittedWave:
    """Cross-fit the default model: a stack of trees and linear component, or the latter alone on few answers."""
    design, model = OutcomeDesign(data), ModelConfig()
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
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> NPSReport:
    """Estimate a wave whose margins were cross-fitted: calibrate, select, bootstrap, report.

    Everything is refitted in the bootstrap.
    """
    with one_thread():  # small matrices: threads that wait for each other cost more than they give
        replicates = wave.estimation.replicates
        wave, repeats, drawn = settle_roles(wave, replicates=replicates, n_jobs=n_jobs, progress=progress)
        return assemble_report(wave, repeats, drawn.draws(wave, repeats))


def estimate_again(wave: CrossFittedWave, repeats: list[RepeatModels], drawn: Bootstrap) -> NPSReport:
    """Estimate a wave from models and a bootstrap that were fitted before; segments and the level may be others."""
    with one_thread():
        estimates = [
            repeat_of_models(wave.margins_of(margins), wave, models)
            for margins, models in zip(wave.margins, repeats, strict=True)
        ]
        return assemble_report(wave, estimates, drawn.draws(wave, estimates))


def _options(confidence_level: float, selection_prior_sd: float, segments: tuple[str, ...]) -> EstimationConfig:
    try:
        return EstimationConfig(
            confidence_level=confidence_level, selection_prior_sd=selection_prior_sd, segments=segments
        )
    except ValidationError as error:
        first = error.errors()[0]
        words = first["msg"].replace("Input should be", "must be")
        raise DataError(f"{first['loc'][0]} {words}; got {first['input']}. Pass another value.") from None
