"""The data of one wave: its rows, the learned features, the roles of the features, and `SurveyData`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from silentnps.config import FeaturesConfig, ProjectConfig
from silentnps.errors import ConfigError, DataError
from silentnps.features.catalog import CATALOG
from silentnps.features.engine.expressions import KEYS
from silentnps.features.learned.learned_features import LearnedFeatures, fit_learned
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import class_of_rating
from silentnps.outcome.survey_data import SurveyData

_STREAM = 7
"""Sets the samples of earlier waves apart from other random draws of the same seed."""

_SILENT_PER_ANSWER, _FEWEST_SILENT = 4, 5_000


def wave_to_estimate(frame: pd.DataFrame, config: ProjectConfig) -> str:
    """Return the configured wave, or the latest one with answers.

    Raises
    ------
    ConfigError
        If the configured wave does not exist.
    DataError
        If nobody answered in any wave.
    """
    return choose_wave(
        sorted(frame["wave"].unique()), sorted(frame.loc[frame["respondent"], "wave"].unique()), config
    )


def choose_wave(waves: Sequence[str], answered: Sequence[str], config: ProjectConfig) -> str:
    """Return the wave to estimate of all `waves` and those with answers, both in order; see `wave_to_estimate`."""
    chosen = config.estimation.wave
    if chosen is not None and chosen not in waves:
        raise ConfigError(f"estimation.wave must be one of {', '.join(waves)}; got {chosen!r}. Choose one of them.")
    if not answered:
        raise DataError(
            "responses must hold at least 30 valid ratings; got none in any wave. Check its ids, dates and ratings."
        )
    return str(chosen or answered[-1])


def learn(
    frame: pd.DataFrame, config: FeaturesConfig, *, random_state: int, uniform: Booleans | None = None
) -> LearnedFeatures:
    """Fit the learned features at the earliest wave with answers, on its `uniform` rows if these are given.

    Raises
    ------
    ConfigError
        If the segment of the percentiles is not among the columns.
    """
    segment = config.percentile_segment
    if segment is not None and (segment not in frame or segment in {*KEYS, *CATALOG}):
        raise ConfigError(
            f"features.percentile_segment must be a column of customers that is not excluded; got {segment!r}. "
            "Correct the name."
        )
    earliest = min(frame.loc[frame["respondent"], "wave"])
    return fit_learned(
        frame[(frame["wave"] == earliest) & (True if uniform is None else uniform)],
        random_state=random_state,
        exclude=config.exclude,
        percentile_segment=segment,
    )


def in_survey(frame: pd.DataFrame, wave: str, *, random_state: int | None) -> Booleans:
    """Return which rows training needs: everybody in the wave, and of earlier waves answers and samples of others.

    Silent customers of an earlier wave tell how selection drifts. A simple random sample of four per answer, or
    5,000, is enough for that. Without a state there is none, as of a large base, whose waves have answers enough.
    """
    earlier, answered = (frame["wave"] < wave).to_numpy(), frame["respondent"].to_numpy(dtype=np.bool_)
    rows = (frame["wave"] == wave).to_numpy() | (earlier & answered)
    if random_state is None:
        return np.asarray(rows, dtype=np.bool_)
    rng = np.random.default_rng([random_state, _STREAM])
    for each in sorted(frame.loc[earlier & answered, "wave"].unique()):
        of_wave = (frame["wave"] == each).to_numpy()
        silent = np.flatnonzero(of_wave & ~answered)
        most = max(_SILENT_PER_ANSWER * int((of_wave & answered).sum()), _FEWEST_SILENT)
        rows[silent if len(silent) <= most else rng.choice(silent, most, replace=False)] = True
    return np.asarray(rows, dtype=np.bool_)


def survey_data(frame: pd.DataFrame, wave: str, config: FeaturesConfig) -> SurveyData:
    """Return the data of a wave from rows of `in_survey` with their learned columns."""
    features = frame.drop(columns=list(KEYS), errors="ignore")
    drivers, shadows = roles_of(features, config)
    return SurveyData(
        features=features,
        classes=class_of_rating(frame["rating"].to_numpy(dtype=np.float64)),
        target=(frame["wave"] == wave).to_numpy(dtype=np.bool_),
        invited=frame["invited"].to_numpy(dtype=np.bool_),
        persons=pd.factorize(frame["customer_id"])[0].astype(np.int64),
        response_drivers=drivers,
        shadow_features=shadows,
        shadow_families={name: CATALOG[name].family for name in shadows if name in CATALOG},
        reminders=reminders_of_wave(frame, wave),
        waves=pd.factorize(frame["wave"], sort=True)[0].astype(np.int64) if frame["wave"].nunique() > 1 else None,
    )


def settled_data(rows: pd.DataFrame, info: Mapping[str, Any], config: FeaturesConfig) -> SurveyData:
    """Return the data of a trained model's wave, with the roles of features that training settled on.

    `rows` are those of the training; `info` is that of the bundle.
    """
    data = survey_data(rows, str(info["wave"]), config)
    return data.as_settled(tuple(info["demoted_shadows"]))


def reminders_of_wave(frame: pd.DataFrame, wave: str) -> Floats | None:
    """Return the reminders sent before each answer of a wave, from rows of `in_survey`; None if none is recorded.

    Shape (rows of the wave,), in their order, as the target rows of `survey_data`; NaN for silent customers and for
    answers whose invitation does not record them. For diagnosis only: a reminder is sent because there is no
    answer.
    """
    if "reminders" not in frame.columns:  # rows of a model trained by an earlier version
        return None
    reminders = frame.loc[frame["wave"] == wave, "reminders"].to_numpy(dtype=np.float64, na_value=np.nan)
    return None if np.isnan(reminders).all() else reminders


def roles_of(features: pd.DataFrame, config: FeaturesConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return response drivers and shadow features: declared, else by the catalogue, else response driver.

    Raises
    ------
    ConfigError
        If a declared name is no feature, or has two roles.
    """
    declared = {
        "response driver": config.response_drivers,
        "shadow": config.shadow_features,
        "neither": config.neither,
    }
    role: dict[str, str] = {name: _role_in_catalog(name) for name in features.columns}
    seen: set[str] = set()
    for value, names in declared.items():
        for name in names:
            if name not in role:
                raise ConfigError(f"features must declare columns that are there; got {name!r}. Correct the name.")
            if name in seen:
                raise ConfigError(f"features must declare one role each; got two for {name!r}. Keep one.")
            seen.add(name)
            role[name] = value
    drivers = tuple(name for name, value in role.items() if value == "response driver")
    return drivers, tuple(name for name, value in role.items() if value == "shadow")


def _role_in_catalog(name: str) -> str:
    return CATALOG[name].role if name in CATALOG else "response driver"
