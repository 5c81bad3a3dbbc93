"""The estimate of a wave whose silent customers were called, by all repeats."""

from __future__ import annotations

import numpy as np

from silentnps.config import EstimationConfig
from silentnps.estimation.follow_up.estimate import FollowUpEstimate, follow_up_estimate
from silentnps.estimation.formulas.doubly_robust import on_simplex
from silentnps.estimation.wave.analysis import Repeat, Wave, headline_shares
from silentnps.numerics.arrays import Floats
from silentnps.outcome.survey_data import SurveyData

FEWEST_CALLED_ANSWERS = 30
"""With fewer answers to the calls they are not the headline."""


def is_called(data: SurveyData) -> bool:
    """Say whether so many silent customers answered a call that the headline rests on them."""
    return data.follow_up is not None and data.follow_up.n_answered >= FEWEST_CALLED_ANSWERS


def called_estimate(
    data: SurveyData, wave: Wave, repeats: list[Repeat], estimation: EstimationConfig, *, random_state: int
) -> FollowUpEstimate | None:
    """Return the design-based estimate of the silent; None without calls or with too few answers to them."""
    calls = data.follow_up
    if calls is None or not is_called(data):
        return None
    silent = ~wave.sample.answered
    law = np.mean([one.point.silent_probabilities[silent] for one in repeats], axis=0)
    drivers = wave.sample.drivers[silent]
    log_odds = np.mean([one.point.selection.log_odds(drivers) for one in repeats], axis=0)
    return follow_up_estimate(
        law,
        log_odds,
        calls.among(silent),
        prior_sd=estimation.selection_prior_sd,
        confidence_level=estimation.confidence_level,
        random_state=random_state,
    )


def shares_of(repeats: list[Repeat], called: FollowUpEstimate | None) -> Floats:
    """Return the class shares of the silent that the scores average to: the headline's, each at least 0.0001."""
    return headline_shares(repeats) if called is None else on_simplex(called.shares)
