"""From cross-fitted margins of one repeat to estimates under every assumption."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from silentnps.estimation.assumptions import label_shift_nps, missing_at_random_nps, survey_nps
from silentnps.estimation.encoding import AdditiveEncoder, fit_encoder
from silentnps.estimation.nps import Floats
from silentnps.estimation.point import PointEstimate, Sample, estimate_point, select
from silentnps.models.calibration import Calibrator, fit_calibrator
from silentnps.models.survey import SurveyData

Headline = Literal["selection", "mar"]


@dataclass(frozen=True)
class Wave:
    """The wave that is estimated: its rows, and its two samples.

    `sample` has the design of the headline's drivers, `full_sample` that of all features (for missing at random).
    """

    rows: NDArray[np.int64]
    headline: Headline
    driver_encoder: AdditiveEncoder
    sample: Sample
    full_sample: Sample

    def reweighted(self, weights: Floats) -> Wave:
        """Return the same wave with frequency weights of all rows of the data, for a bootstrap."""
        chosen = weights[self.rows]
        return replace(
            self,
            sample=replace(self.sample, weights=chosen),
            full_sample=replace(self.full_sample, weights=chosen),
        )


@dataclass(frozen=True)
class Repeat:
    """What one repeat of the splits says.

    `probabilities` are p(y | x) among respondents for the wave's rows; `by_assumption` the NPS of the silent in
    points under each assumption that gives a number.
    """

    calibrator: Calibrator
    probabilities: Floats
    point: PointEstimate
    by_assumption: dict[str, float]


def headline_of(data: SurveyData) -> Headline:
    """Return the assumption of the headline: selection needs a shadow feature that varies, and 200 answers."""
    shadows = data.features.loc[data.target, list(data.shadow_features)]
    return "mar" if data.few_answers or not fit_encoder(shadows).terms else "selection"


def wave_of(data: SurveyData) -> Wave:
    """Gather the rows of the target wave and the designs of their drivers."""
    rows = np.flatnonzero(data.target)
    headline = headline_of(data)
    frame = data.features.iloc[rows]
    full = fit_encoder(frame)
    encoder = full if headline == "mar" else fit_encoder(frame[list(data.response_drivers)])
    weights = np.ones(len(rows))
    full_sample = Sample(data.classes[rows], data.invited[rows], full.transform(frame), weights)
    sample = full_sample if headline == "mar" else replace(full_sample, drivers=encoder.transform(frame))
    return Wave(rows, headline, encoder, sample, full_sample)


def analyse(
    margins: Floats,
    wave: Wave,
    parts: tuple[int, ...],
    *,
    prior_sd: float,
    prior_mean: Floats | None = None,
) -> Repeat:
    """Calibrate one repeat's margins on the wave's answers and estimate under every assumption.

    Parameters
    ----------
    margins
        Cross-fitted margins of all rows of the data, shape (rows, parts, 2).
    parts
        Positions of the parts that the chosen candidate uses.
    """
    mine = np.ascontiguousarray(margins[wave.rows][:, list(parts)])
    sample = wave.sample
    answered = sample.answered
    calibrator = fit_calibrator(mine[answered], sample.classes[answered], sample.weights[answered])
    probabilities = calibrator.probabilities(mine)
    fixed = np.zeros(3) if wave.headline == "mar" else None
    selection = select(probabilities, sample, prior_sd=prior_sd, prior_mean=prior_mean, fixed_gamma=fixed)
    point = estimate_point(probabilities, sample, selection)
    weighted, mar = missing_at_random_nps(probabilities, wave.full_sample)
    by_assumption = {
        "survey": survey_nps(sample),
        "weighted": weighted,
        "mar": mar,
        "label_shift": label_shift_nps(probabilities, sample),
    }
    if wave.headline == "selection":
        by_assumption["selection"] = point.nps
    return Repeat(calibrator, probabilities, point, by_assumption)


def headline_shares(repeats: list[Repeat]) -> Floats:
    """Return the class shares of the silent: the mean of the repeats' results."""
    return np.asarray(np.mean([repeat.point.shares for repeat in repeats], axis=0))
