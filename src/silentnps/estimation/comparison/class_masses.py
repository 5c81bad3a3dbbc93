"""How much each row counts for detractors, passives and promoters of the whole base, answered or not."""

from __future__ import annotations

import numpy as np

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, silent_law, weights_to_silent
from silentnps.estimation.formulas.selection import tilt
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.silent_population import strata


def class_masses(probabilities: Floats, point: PointEstimate, sample: Sample, n_silent: Integers) -> Floats:
    """Return by how many customers of each class a row counts, shape (n, 3).

    A customer who answered counts as one of the class answered. A silent one counts as q(y | x) of each class. What
    the answers correct in that counts with the answers: the weight of the answer as a silent customer, times what
    was answered less q(y | x). So the sum over any rows of a column times a feature is the doubly robust estimate
    of that sum over the customers of the class, and the sum of a column is their number, as `estimate_point` has it
    before shares are kept from being negative.

    Parameters
    ----------
    probabilities
        p(y | x) of the rows among respondents, shape (n, 3).
    n_silent
        How many silent customers were invited and how many never were, of whom the rows may hold samples.
    """
    answered = sample.answered
    observed = np.zeros_like(probabilities)
    observed[answered] = np.eye(3)[sample.classes[answered]]
    masses = observed.copy()
    laws, weights = _laws(probabilities, point, sample), _weights(point, sample)
    for size, group, law, weight in zip(n_silent, strata(answered, sample.invited), laws, weights, strict=True):
        if group.any():
            masses[group] = size / group.sum() * law[group]
            masses[answered] += size * weight[answered, None] * (observed - law)[answered]
    return masses


def own_variance(masses: Floats, answered: Booleans) -> Floats:
    """Return the variance of each row's count of each class, shape (n, 3): of the classes that nobody observed.

    A row that stands for c silent customers has that of c draws from its law, and that of a sample of one in c.
    """
    counts = masses.sum(axis=1, keepdims=True)
    silent = ~answered[:, None]
    share = np.divide(masses, counts, out=np.zeros_like(masses), where=counts > 0)
    return np.asarray(np.where(silent, counts * share * (1 - share) + counts * (counts - 1) * share**2, 0.0))


def _laws(probabilities: Floats, point: PointEstimate, sample: Sample) -> tuple[Floats, Floats]:
    """Return the class probabilities of rows as silent customers who were invited, and who never were."""
    asked = tilt(probabilities, point.selection.gamma)
    if sample.invited.all():
        return asked, asked
    nobody = np.zeros(len(asked), dtype=np.bool_)
    return asked, silent_law(probabilities, sample.drivers, nobody, point.selection)


def _weights(point: PointEstimate, sample: Sample) -> tuple[Floats, Floats]:
    """Return the weights of the answers, sum 1, as silent customers who were invited, and who never were."""
    asked = point.corrections
    n_asked, n_never = sample.n_silent
    if point.invitation is None or n_never == 0:
        return asked, asked
    share = n_never / (n_never + n_asked)
    return asked, (weights_to_silent(point, sample)[0] - (1.0 - share) * asked) / share
