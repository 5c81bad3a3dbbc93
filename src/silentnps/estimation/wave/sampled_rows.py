"""Which silent customers the analysis looks at, of a base with many for each answer."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.silent_population import strata
from silentnps.outcome.survey_data import SurveyData

_SILENT_PER_ANSWER, _FEWEST_SILENT = 4, 20_000


def most_silent(n_answers: int) -> int:
    """Return how many silent customers of a group selection is fitted on: four per answer, or 20,000."""
    return max(_SILENT_PER_ANSWER * n_answers, _FEWEST_SILENT)


def rows_to_fit(data: SurveyData, *, random_state: int) -> Integers:
    """Return the rows that selection is fitted on.

    They are all answers, the samples of other waves, and at most four silent customers per answer, or 20,000. More
    hardly sharpen the fit: its error is that of the answers. As many are drawn of the invited and of the never
    invited, who could crowd out the others.
    """
    if data.population is not None:  # the rows are such a sample
        return np.arange(len(data.classes))
    most = most_silent(data.n_answers)
    rng = np.random.default_rng([random_state, 1])
    kept = [np.flatnonzero(data.answered | ~data.target)]
    for group in strata(data.answered, data.invited):
        rows = np.flatnonzero(group & data.target)
        kept.append(rows if len(rows) <= most else rng.choice(rows, most, replace=False))
    return np.sort(np.concatenate(kept))


def fitting_weights(data: SurveyData, kept: Integers) -> Floats:
    """Return frequency weights of all rows: for silent customers the inverse of the share that is kept, or 0."""
    if data.population is not None:
        return data.population.counts(data.answered, data.invited)
    chosen = np.zeros(len(data.classes))
    chosen[kept] = 1.0
    weights = np.ones(len(data.classes))
    for stratum in strata(data.answered, data.invited):
        group = stratum & data.target
        if group.any():
            weights[group] = chosen[group] / chosen[group].mean()
    return weights
