"""The selection model of a replicate whose class probabilities were learned anew.

The score of gamma is a sum of w_i (s_i - pi_i) times a slope that p(y | x) makes, with s_i who stayed silent and
pi_i its probability. Learned probabilities have noise, and in the score it meets the noise of who answered, s - pi:
the weights w of a replicate show what that adds to the variance. New probabilities p* bring as much noise once
more, which meets the same s - pi; where the signal is weak, variances would then hold it twice. So the residuals of
the original keep their slopes, and p* enters by the silence that the original expects:

    sum_i w_i (s_i - pi0_i) slope_i(p0) + sum_i w_i (pi0_i - pi_i(p*)) slope_i(p*) = 0                           (1)

up to the prior, with 0 for the original. With all weights 1 and p* = p0 its solution is the original's.
"""

from __future__ import annotations

from dataclasses import dataclass

from silentnps.estimation.formulas.selection import SelectionModel, SelectionProblem
from silentnps.numerics.arrays import Booleans, Floats, Integers


@dataclass(frozen=True)
class OriginalFit:
    """What a replicate departs from: p(y | x) of the rows, shape (n, 3), and the selection model fitted on them."""

    probabilities: Floats
    selection: SelectionModel


def refit_problem(
    probabilities: Floats,
    drivers: Floats,
    silent: Booleans,
    weights: Floats,
    original: OriginalFit,
    rows: Integers,
    *,
    prior_sd: float,
    prior_mean: Floats | None = None,
) -> SelectionProblem:
    """Return the problem that equation (1) solves, for chosen rows of the original.

    Parameters
    ----------
    probabilities, drivers, silent, weights
        Of these rows, as in `fit_selection`. `drivers` may have more columns than the original's design, behind it;
        they have no effect there.
    """
    first = SelectionProblem(original.probabilities[rows], drivers, silent, weights, prior_sd, prior_mean, None)
    expected, slopes = first.expectation(first.padded(original.selection))
    pull = (weights * (expected - silent)) @ slopes
    return SelectionProblem(
        probabilities, drivers, expected, weights, prior_sd, prior_mean, None, pull_of_residuals=pull
    )
