"""The estimate of a wave whose silent customers were called."""

from __future__ import annotations

import numpy as np

from silentnps.estimation.follow_up.estimate import FEWEST_ANSWERED_CALLS, FollowUpEstimate, follow_up_estimate
from silentnps.estimation.formulas.doubly_robust import on_simplex
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, headline_shares
from silentnps.numerics.arrays import Floats
from silentnps.outcome.survey_data import SurveyData


def rests_on_calls(data: SurveyData) -> bool:
    """Say whether so many silent customers answered a call that the headline rests on them."""
    return data.follow_up is not None and data.follow_up.n_answered >= FEWEST_ANSWERED_CALLS


def wave_follow_up(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> FollowUpEstimate | None:
    """Return the design-based estimate of silent customers; None without calls or with too few answers to them."""
    calls = wave.data.follow_up
    if calls is None or not rests_on_calls(wave.data):
        return None
    law = np.mean([repeat.point.silent_probabilities[wave.silent] for repeat in repeats], axis=0)
    drivers = wave.sample.drivers[wave.silent]
    log_odds = np.mean([repeat.point.selection.log_odds(drivers) for repeat in repeats], axis=0)
    return follow_up_estimate(
        law,
        log_odds,
        calls.among(wave.silent),
        prior_sd=wave.prior_sd,
        confidence_level=wave.estimation.confidence_level,
        random_state=wave.random_state,
    )


def score_shares(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> Floats:
    """Return the class shares of silent customers that the scores average to.

    They are those of the headline, each at least 0.0001.
    """
    follow_up = wave_follow_up(wave, repeats)
    return headline_shares(repeats) if follow_up is None else on_simplex(follow_up.shares)
