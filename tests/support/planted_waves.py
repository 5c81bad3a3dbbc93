"""Waves of customers whose opinion is known: what changed from one to the next is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit
from surveys import wave_of

from silentnps.estimation.trend.every_wave import EstimatedWave, estimate_every_wave
from silentnps.estimation.wave.bootstrap import Bootstrap, analyse
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.estimation.wave.replicates import Plan
from silentnps.numerics.arrays import Floats
from silentnps.outcome.survey_data import SurveyData, tidy_features

CUTS = (-0.6, 0.8)


def opinion(features: pd.DataFrame, shift: float = 0.0) -> Floats:
    """Return the mean of the latent satisfaction: customers of the store are happier, late deliveries annoy."""
    store = (features["channel"] == "store").to_numpy()
    return 0.3 + 1.2 * store - 1.0 * features["late"].to_numpy() + shift


def expected_of(features: pd.DataFrame, shift: float = 0.0) -> Floats:
    """Return the expected NPS of each customer in points."""
    centre = opinion(features, shift)
    return np.asarray(100.0 * (expit(centre - CUTS[1]) - (1.0 - expit(centre - CUTS[0]))))


def expected(features: pd.DataFrame, shift: float = 0.0) -> float:
    """Return the expected NPS of customers in points."""
    return float(expected_of(features, shift).mean())


def planted(
    n: int,
    seed: int,
    *,
    store: float = 0.3,
    late: float = 0.0,
    shift: float = 0.0,
    wish: float = 0.0,
    everybody: bool = False,
) -> SurveyData:
    """Return a wave: the share of the store, the mean of `late`, a shift of opinion, the wish to answer by class.

    With `everybody` nobody stays silent.
    """
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "tenure": rng.gamma(2.0, 2.0, n),
            "late": rng.normal(late, 1.0, n),
            "channel": np.where(rng.random(n) < store, "store", "web"),
        }
    )
    classes = np.digitize(opinion(features, shift) + rng.logistic(size=n), CUTS).astype(np.int64)
    answered = everybody | (
        rng.random(n) < expit(-1.0 + 0.2 * features["tenure"].to_numpy() + wish * (classes - 1))
    )
    return SurveyData(
        features=tidy_features(features),
        classes=np.where(answered, classes, -1),
        target=np.ones(n, dtype=np.bool_),
        invited=np.ones(n, dtype=np.bool_),
        persons=np.arange(n),
        response_drivers=("tenure", "channel"),
        shadow_features=("late",),
    )


def in_time(*waves: SurveyData, same_persons: bool = True) -> SurveyData:
    """Return waves in the order of time, the last one to be estimated."""
    sizes = [len(wave.classes) for wave in waves]
    starts = np.cumsum([0, *sizes[:-1]]) * (not same_persons)
    frame = pd.concat([wave.features.astype({"channel": str}) for wave in waves], ignore_index=True)
    return replace(
        waves[0],
        features=tidy_features(frame),
        classes=np.concatenate([wave.classes for wave in waves]),
        target=np.repeat(np.arange(len(waves)), sizes) == len(waves) - 1,
        invited=np.concatenate([wave.invited for wave in waves]),
        persons=np.concatenate([wave.persons + start for wave, start in zip(waves, starts, strict=True)]),
        waves=np.repeat(np.arange(len(waves)), sizes),
    )


def true_margins(data: SurveyData, shift: Floats | float = 0.0) -> Floats:
    """Return the log odds of both thresholds, as one repeat of both components, shape (1, rows, 2, 2)."""
    centre = opinion(data.features, 0.0) + shift
    margins = np.column_stack([centre - CUTS[0], centre - CUTS[1]])
    return np.repeat(margins[None, :, None, :], 2, axis=2)


def trained(
    data: SurveyData, margins: Floats, *, replicates: int = 10, **estimation: object
) -> tuple[CrossFittedWave, list[RepeatEstimate], Bootstrap]:
    """Return what a training keeps, with the same margins in every fit."""
    wave = wave_of(data, margins, replicates=replicates, **estimation)
    repeats = estimate_repeats(wave)
    plan = Plan.of(wave.random_state, len(wave.splits), replicates)
    of_rows = [wave.margins_of_waves(margins[task.repeat]) for task in plan.tasks]
    return wave, repeats, analyse(wave, repeats, plan, np.stack(of_rows).astype(np.float32))


def estimated(data: SurveyData, margins: Floats, **options: object) -> list[EstimatedWave]:
    """Return every wave estimated, of which all silent customers are held."""
    return every_wave(*trained(data, margins, **options))


def every_wave(wave: CrossFittedWave, repeats: list[RepeatEstimate], drawn: Bootstrap) -> list[EstimatedWave]:
    """Return every wave of a training."""
    n_silent = [(int((~other.sample.answered).sum()), 0) for other in wave.others]
    return estimate_every_wave(wave, [repeat.models for repeat in repeats], drawn, n_silent=n_silent)
