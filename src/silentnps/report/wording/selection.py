"""The sentences on satisfaction and silence: what the selection model learned of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

LEARNED_LITTLE, LEARNED_MUCH = 0.7, 0.3
"""Shares of the prior's variance: above the first the data said little, below the second much."""


def describe_gamma(diagnostics: Mapping[str, float]) -> str:
    """Say how satisfaction drives silence, with what certainty, and what the data add to the prior.

    `diagnostics` are those of `silentnps.estimation.checks.diagnostics.diagnose`.
    """
    if "gamma_prior_share" not in diagnostics:
        return "Whether satisfaction drives silence was not estimated: it is taken not to."
    level = diagnostics["gamma_confidence_level"]
    detractor, promoter = (_odds_of_silence(diagnostics, name) for name in ("gamma_detractor", "gamma_promoter"))
    return (
        f"Among customers otherwise alike, the odds of silence of a detractor are {detractor} those of a passive, "
        f"of a promoter {promoter} ({100 * level:g} % intervals). "
        f"{_share_learned(diagnostics['gamma_prior_share'])} The estimate lies "
        f"{diagnostics['gamma_prior_distance']:.1f} prior standard deviations from where it would be without data: "
        f"no difference between classes.{_of_other_waves(diagnostics)}"
    )


def _of_other_waves(diagnostics: Mapping[str, float]) -> str:
    if "selection_waves" not in diagnostics:
        return ""
    waves, step = int(diagnostics["selection_waves"]), diagnostics["selection_step"]
    return (
        f" The answers of {waves} {'waves' if waves > 1 else 'wave'} besides count too; from wave to wave these "
        f"log odds change by about {step:.2f}."
    )


def _odds_of_silence(diagnostics: Mapping[str, float], name: str) -> str:
    value, low, high = (math.exp(diagnostics[key]) for key in (name, f"{name}_low", f"{name}_high"))
    return f"{value:.2f} times ({low:.2f} to {high:.2f})"


def _share_learned(left: float) -> str:
    if left >= 1.0:
        return "The data took away nothing of the prior's uncertainty: the prior decides."
    opening = f"The data took away {100 * (1 - left):.0f} % of the prior's uncertainty (its variance)"
    if left > LEARNED_LITTLE:
        return f"{opening}, which is little: the prior counts more than the data."
    return f"{opening}." if left < LEARNED_MUCH else f"{opening}: data and prior both count."
