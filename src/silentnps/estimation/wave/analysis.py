"""From cross-fitted margins of one repeat to estimates under every assumption."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from silentnps.estimation.checks.shadows import ShadowFamilies, moved_estimates
from silentnps.estimation.formulas.assumptions import label_shift_nps, missing_at_random, survey_nps, weighted_nps
from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.numerics.additive_design import AdditiveEncoder, fit_encoder
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.calibration import Calibrator, fit_calibrator
from silentnps.outcome.survey_data import SurveyData

Headline = Literal["selection", "mar"]


@dataclass(frozen=True)
class Wave:
    """The wave that is estimated: its rows, and its two samples.

    `sample` has the design of the headline's drivers, `full_sample` that of drivers and shadows (for missing at
    random); features of neither role serve the trees alone.
    `families` are the shadows by family, where there are two or more to be tested against each other and somebody
    stayed silent.
    """

    rows: Integers
    headline: Headline
    driver_encoder: AdditiveEncoder
    sample: Sample
    full_sample: Sample
    families: ShadowFamilies | None = None

    def reweighted(self, weights: Floats) -> Wave:
        """Return the same wave with frequency weights of all rows of the data, for a bootstrap."""
        chosen = weights[self.rows]
        return replace(
            self,
            sample=replace(self.sample, weights=chosen),
            full_sample=replace(self.full_sample, weights=chosen),
        )

    def take(self, data_rows: Integers) -> Wave:
        """Return the wave within chosen rows of the data, which must be sorted."""
        mine = np.flatnonzero(np.isin(self.rows, data_rows))
        families = self.families and replace(self.families, design=self.families.design[mine])
        return replace(
            self,
            rows=np.searchsorted(data_rows, self.rows[mine]),
            sample=self.sample.take(mine),
            full_sample=self.full_sample.take(mine),
            families=families,
        )


@dataclass(frozen=True)
class Repeat:
    """What one repeat of the splits says.

    `probabilities` are p(y | x) among respondents for the wave's rows; `at_random` the estimate under missing at
    random; `by_assumption` the NPS of the silent in points under each assumption that gives a number; `moved` the
    same with each family of shadows among the drivers, shape (families,).
    """

    calibrator: Calibrator
    probabilities: Floats
    point: PointEstimate
    at_random: PointEstimate
    by_assumption: dict[str, float]
    moved: Floats

    @property
    def fit(self) -> OriginalFit:
        """Return what a replicate of this repeat departs from."""
        return OriginalFit(self.probabilities, self.point.selection)


def headline_of(data: SurveyData) -> Headline:
    """Return the assumption of the headline: selection needs a shadow feature that varies, and 200 answers."""
    shadows = data.features.loc[data.target, list(data.shadow_features)]
    return "mar" if data.few_answers or not fit_encoder(shadows).terms else "selection"


def wave_of(data: SurveyData) -> Wave:
    """Gather the rows of the target wave and the designs of their drivers."""
    rows = np.flatnonzero(data.target)
    headline = headline_of(data)
    frame = data.with_roles().iloc[rows]
    full = fit_encoder(frame)
    encoder = full if headline == "mar" else fit_encoder(frame[list(data.response_drivers)])
    weights = np.ones(len(rows))
    full_sample = Sample(data.classes[rows], data.invited[rows], full.transform(frame), weights, full.groups)
    if headline == "mar":
        return Wave(rows, headline, encoder, full_sample, full_sample)
    sample = replace(full_sample, drivers=encoder.transform(frame), groups=encoder.groups)
    families = ShadowFamilies.of(frame[list(data.shadow_features)], data.shadow_families)
    several = families if len(families.names) > 1 and not sample.answered.all() else None
    return Wave(rows, headline, encoder, sample, full_sample, several)


def analyse(
    margins: Floats,
    wave: Wave,
    parts: tuple[int, ...],
    *,
    prior_sd: float,
    prior_mean: Floats | None = None,
    start: Repeat | None = None,
    original: OriginalFit | None = None,
) -> Repeat:
    """Calibrate one repeat's margins on the wave's answers and estimate under every assumption.

    Parameters
    ----------
    margins
        Cross-fitted margins of all rows of the data, shape (rows, parts, 2).
    parts
        Positions of the parts that the chosen candidate uses.
    start
        An earlier result for the same wave, from whose selection models the fits begin.
    original
        What a replicate that was cross-fitted anew departs from, for the rows of the wave.
    """
    mine = np.ascontiguousarray(margins[wave.rows][:, list(parts)])
    sample = wave.sample
    answered = sample.answered
    calibrator = fit_calibrator(mine[answered], sample.classes[answered], sample.weights[answered])
    probabilities = calibrator.probabilities(mine)
    at_random = missing_at_random(probabilities, wave.full_sample, start=start.at_random if start else None)
    point = at_random
    if wave.headline == "selection":
        begin = start.point.selection if start else None
        fitted = select(
            probabilities, sample, prior_sd=prior_sd, prior_mean=prior_mean, start=begin, original=original
        )
        point = estimate_point(probabilities, sample, fitted, start=start.point if start else None)
    by_assumption = {
        "survey": survey_nps(sample),
        "weighted": weighted_nps(at_random, wave.full_sample),
        "mar": at_random.nps,
        "label_shift": label_shift_nps(probabilities, sample),
        wave.headline: point.nps,
    }
    moved = np.zeros(0)
    if wave.families is not None:
        moved = moved_estimates(
            probabilities, sample, point, wave.families, prior_sd=prior_sd, prior_mean=prior_mean, original=original
        )
    return Repeat(calibrator, probabilities, point, at_random, by_assumption, moved)


def headline_shares(repeats: list[Repeat]) -> Floats:
    """Return the class shares of the silent: the mean of the repeats' results."""
    return np.asarray(np.mean([repeat.point.shares for repeat in repeats], axis=0))
