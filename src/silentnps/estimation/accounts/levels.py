"""How satisfied the silent customers of each account are on the whole, from a wave, and how far that may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wave.bootstrap import BootstrapDraw
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, segment_estimates, segment_weights
from silentnps.numerics.arrays import Floats


@dataclass(frozen=True)
class AccountLevels:
    """The expected NPS of the silent customers of each account, shape (accounts,), in points, and its errors.

    `standard_error` does not count that each customer has a class of his own. `law` are the class probabilities of
    the wave's rows as silent customers, shape (rows, 3), before they are moved to the levels.
    """

    nps: Floats
    standard_error: Floats
    law: Floats


def account_levels(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: Sequence[BootstrapDraw],
    *,
    anchor: NPSEstimate | None = None,
) -> AccountLevels:
    """Estimate the accounts of a wave, whose only segmentation they are; all silent customers are held.

    `anchor` is the headline where it rests on calls.

    Notes
    -----
    The composite of `silentnps.estimation.formulas.small_areas.estimate_segments`: answers of an account count for
    its silent customers as far as accounts differ by what no feature tells. Its error has the variance over the
    draws, and (1 - weight)^2 times the variance between accounts.
    """
    total, weights = None if anchor is None else anchor.value, segment_weights(wave, repeats)
    found = [segment_estimates(repeat, wave, weights=weights, total=total)[0] for repeat in repeats]
    moves = np.array([draw.segments[0] for draw in draws])
    of_total = 0.0
    if anchor is not None:  # calls say where the total is, draws how far from it an account is
        moves = moves - np.array([draw.by_assumption[wave.headline] for draw in draws])[:, None]
        of_total = anchor.standard_error**2
    between = float(np.mean([each.between_variance for each in found]))
    variance = moves.var(axis=0, ddof=1) + (1.0 - weights[0]) ** 2 * between + of_total
    return AccountLevels(
        nps=np.asarray(np.mean([each.composite for each in found], axis=0)),
        standard_error=np.sqrt(variance),
        law=np.asarray(np.mean([repeat.point.silent_probabilities for repeat in repeats], axis=0)),
    )
