"""The selection model of a replicate whose class probabilities were relearned.

The score of gamma is a sum of w_i (s_i - pi_i) times a slope that depends on p(y | x), where s_i says who stayed
silent and pi_i is its probability. Learned probabilities are noisy, and in the score their noise is multiplied by
the noise of who answered, s - pi; the weights w of a replicate show what that adds to the variance. New
probabilities p* add as much noise again, multiplied by the same s - pi; where the signal is weak, variances would
count it twice. The residuals of the original therefore keep their slopes, and p* enters through the silence that
the original expects:

    sum_i w_i (s_i - pi0_i) slope_i(p0) + sum_i w_i (pi0_i - pi_i(p*)) slope_i(p*) = 0                           (1)

up to the prior, where 0 marks the original. With all weights 1 and p* = p0 its solution is the original's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from silentnps.estimation.formulas.gamma_prior import PriorScale
from silentnps.estimation.formulas.selection import SelectionModel, SelectionProblem
from silentnps.numerics.arrays import Booleans, Floats, Integers


@dataclass(frozen=True)
class OriginalFit:
    """What a replicate starts from: p(y | x) of the rows, shape (n, 3), and the selection model fitted on them."""

    probabilities: Floats
    selection: SelectionModel


def refit_problem(
    probabilities: Floats,
    drivers: Floats,
    silent: Booleans,
    weights: Floats,
    original: OriginalFit,
    rows: Integers | slice,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
) -> SelectionProblem:
    """Return the problem whose solution satisfies equation (1), for chosen rows of the original.

    Parameters
    ----------
    probabilities, drivers, silent, weights
        Of these rows, as in `fit_selection`. `drivers` may have more columns after those of the original's design;
        they have no effect in the original.
    """
    model, before = original.selection, original.probabilities[rows]
    mass = before @ np.exp(model.gamma)
    known = drivers[:, : len(model.beta)]
    expected = np.asarray(expit(model.alpha + known @ model.beta + np.log(mass)))
    residual = weights * (expected - silent)
    of_gamma = (residual / mass) @ before[:, [0, 2]] * np.exp(model.gamma[[0, 2]])
    pull = np.concatenate([[residual.sum()], residual @ drivers, of_gamma])
    return SelectionProblem(
        probabilities, drivers, expected, weights, prior_sd, prior_mean, None, pull_of_residuals=pull
    )
