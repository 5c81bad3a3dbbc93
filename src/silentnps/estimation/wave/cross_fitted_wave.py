"""A wave with its cross-fitted margins: what its estimate, and every bootstrap draw, start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.checks.shadows import ShadowFamilies
from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.estimation.value.spend import Spend
from silentnps.estimation.wave.sampled_rows import fitting_weights, rows_to_fit
from silentnps.numerics.additive_design import AdditiveEncoder, fit_encoder, has_terms
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.segmentation import Segmentation, segmentation_of
from silentnps.outcome.cross_fitting import Split, splits_of_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, component_margins, tree_classifier
from silentnps.outcome.survey_data import SurveyData

if TYPE_CHECKING:
    from silentnps.outcome.ordinal import OrdinalClassifier

Headline = Literal["selection", "mar"]

REPLICATE_FOLDS = 2
"""Folds of the fits of the bootstrap."""


@dataclass(frozen=True)
class CrossFittedWave:
    """The wave that is estimated, with everything that is known before its estimate.

    Parameters
    ----------
    data, design
        All rows that models learn from, the wave's and those of earlier waves.
    margins
        Cross-fitted margins of these rows, shape (repeats, rows, components, 2).
    splits
        The folds of the bootstrap, one split for each repeat.
    components
        Names of the components that the chosen candidate uses.
    model
        The sizes of the trees that the final model and its refits have.
    estimation, random_state
        The settings of the estimate, and the seed of all its random draws.
    rows
        Positions of the wave's rows in the data.
    headline
        The assumption of the headline.
    driver_encoder
        The design of the response drivers of the headline.
    sample, full_sample
        The wave's rows with the design of the headline's response drivers, and with that of response drivers and
        shadows (for missing at random); features of neither role serve the trees alone. Of a large base only a
        sample of silent customers has weight: see `rows_to_fit`.
    families
        The shadows by family, where two or more can be tested against each other and somebody stayed silent.
    segmentations
        How the wave's rows are cut into segments.
    spend
        What the customers of the wave's rows spent; None where it is not known, or silent customers spent nothing.
    row_weights
        Frequency weights of all rows, where silent customers are a sample; None where each row stands for itself.
    others
        The other waves of the data whose answers tell of selection, in the order of time; they share its rows.
    place
        How many of them are before this wave.
    """

    data: SurveyData
    design: OutcomeDesign
    margins: Floats
    splits: tuple[Split, ...]
    components: tuple[str, ...]
    model: ModelConfig
    estimation: EstimationConfig
    random_state: int
    rows: Integers
    headline: Headline
    driver_encoder: AdditiveEncoder
    sample: Sample
    full_sample: Sample
    families: ShadowFamilies | None
    segmentations: tuple[Segmentation, ...]
    row_weights: Floats | None = None
    spend: Spend | None = None
    others: tuple[CrossFittedWave, ...] = ()
    place: int = 0

    @staticmethod
    def of(
        data: SurveyData,
        design: OutcomeDesign,
        margins: Floats,
        *,
        components: Sequence[str],
        model: ModelConfig,
        estimation: EstimationConfig,
        segments: pd.DataFrame | None = None,
        segmentations: Sequence[Segmentation] = (),
        spend: Spend | None = None,
        random_state: int,
    ) -> CrossFittedWave:
        """Gather the wave's rows and the designs of their response drivers.

        `segments` has one row per row of the wave and one column per segmentation; where the data hold a sample of
        silent customers, `segmentations` know everybody.
        """
        weights = fitting_weights(data, rows_to_fit(data, random_state=random_state))
        encoder, sample, full_sample, families = _samples(data, weights[data.target])
        wave = CrossFittedWave(
            data=data,
            design=design,
            margins=margins,
            splits=splits_of_repeats(
                data, folds=min(REPLICATE_FOLDS, model.folds), repeats=len(margins), random_state=random_state
            ),
            components=tuple(components),
            model=model,
            estimation=estimation,
            random_state=random_state,
            rows=np.flatnonzero(data.target),
            headline=headline_of(data),
            driver_encoder=encoder,
            sample=sample,
            full_sample=full_sample,
            families=families,
            segmentations=(
                tuple(segmentations)
                if segments is None
                else tuple(segmentation_of(segments[name]) for name in segments)
            ),
            row_weights=None if data.population is None else weights,
            spend=spend if spend is not None and spend.of_silent(sample).sum() > 0 else None,
        )
        return wave.beside_others()

    @property
    def classifier(self) -> OrdinalClassifier:
        """Return the classifier of the trees."""
        return tree_classifier(self.model)

    def beside_others(self) -> CrossFittedWave:
        """Return the wave with the others of its data from which selection drifts to it, if it is fitted at all."""
        waves = self.data.waves
        if waves is None or self.headline != "selection":
            return replace(self, others=(), place=0)
        own = int(waves[self.rows[0]])
        others = {int(code): self.of_other(int(code)) for code in np.unique(waves) if code != own}
        kept = {code: other for code, other in others.items() if other is not None}
        return replace(self, others=tuple(kept.values()), place=sum(code < own for code in kept))

    def of_other(self, code: int) -> CrossFittedWave | None:
        """Return another wave of the data; None if its answers tell nothing of selection."""
        data = self.data.of_wave(code)
        if headline_of(data) == "mar" or not (data.target & data.invited & ~data.answered).any():
            return None
        rows = np.flatnonzero(data.target)
        encoder, sample, full_sample, _ = _samples(data, np.ones(len(rows)))
        return replace(
            self,
            data=data,
            rows=rows,
            driver_encoder=encoder,
            sample=sample,
            full_sample=full_sample,
            families=None,
            segmentations=(),
            row_weights=None,
            spend=None,
            others=(),
            place=0,
        )

    @property
    def silent(self) -> Booleans:
        """Return which of the wave's rows are silent customers."""
        return ~self.sample.answered

    @property
    def prior_sd(self) -> float:
        """Return the standard deviation of the prior of selection by satisfaction, in log odds."""
        return self.estimation.selection_prior_sd

    def margins_of(self, margins: Floats) -> Floats:
        """Return the margins of the wave's rows and the candidate's components, of margins of all rows."""
        return component_margins(margins[self.rows], self.components)

    @property
    def rows_of_waves(self) -> Integers:
        """Return positions of the wave's rows in the data, followed by those of the other waves."""
        return np.concatenate([self.rows, *(other.rows for other in self.others)])

    def margins_of_waves(self, margins: Floats) -> Floats:
        """Return the margins of `rows_of_waves` and the candidate's components, of margins of all rows."""
        return component_margins(margins[self.rows_of_waves], self.components)

    def by_wave(self, margins: Floats) -> tuple[Floats, list[Floats]]:
        """Divide `margins_of_waves` into those of the wave itself and those of each other."""
        sizes = np.cumsum([len(self.rows), *(len(other.rows) for other in self.others)])
        own, *others = np.split(margins, sizes[:-1])
        return own, others

    def reweighted(self, weights: Floats) -> CrossFittedWave:
        """Return the same wave with frequency weights of all rows of the data."""
        of_wave = weights[self.rows]
        sample, full_sample = (replace(each, weights=of_wave) for each in (self.sample, self.full_sample))
        others = tuple(other.reweighted(weights) for other in self.others)
        return replace(self, sample=sample, full_sample=full_sample, others=others)

    def with_driver(self, family: str) -> CrossFittedWave:
        """Return the wave with a family of shadows among the response drivers, noted as demoted."""
        data = self.data.with_driver(family)
        data = replace(data, demoted=(*self.data.demoted, family))
        encoder, sample, full_sample, families = _samples(data, self.sample.weights)
        wave = replace(
            self,
            data=data,
            headline=headline_of(data),
            driver_encoder=encoder,
            sample=sample,
            full_sample=full_sample,
            families=families,
        )
        return wave.beside_others()

    def sampled(self) -> CrossFittedWave:
        """Return the wave with all answers and, of a large base, a random sample of silent customers.

        It is what bootstrap draws look at; the wave itself where all rows are kept, or are a sample already.
        """
        kept = rows_to_fit(self.data, random_state=self.random_state)
        if len(kept) == len(self.data.classes):
            return self
        of_wave = np.flatnonzero(np.isin(self.rows, kept))
        full = self.full_sample.take(of_wave)
        sample = replace(full, drivers=full.drivers[:, : self.sample.drivers.shape[1]], groups=self.sample.groups)
        wave = replace(
            self,
            data=self.data.take(kept),
            design=self.design.take(kept),
            margins=self.margins[:, kept],
            splits=tuple(split.take(kept) for split in self.splits),
            rows=np.searchsorted(kept, self.rows[of_wave]),
            sample=sample,
            full_sample=full,
            families=self.families and self.families.within(full.drivers),
            segmentations=tuple(replace(cut, codes=cut.codes[of_wave]) for cut in self.segmentations),
            row_weights=fitting_weights(self.data, kept)[kept],
            spend=self.spend and self.spend.take(of_wave),
        )
        return wave.beside_others()


def headline_of(data: SurveyData) -> Headline:
    """Return the assumption of the headline: selection needs a shadow feature that varies, and 200 answers."""
    shadows = data.features.loc[data.target, list(data.shadow_features)]
    return "mar" if data.few_answers or not has_terms(shadows) else "selection"


def _samples(data: SurveyData, weights: Floats) -> tuple[AdditiveEncoder, Sample, Sample, ShadowFamilies | None]:
    """Return the encoder of the headline's response drivers, both samples, and the families of shadows.

    All share one design, the response drivers' columns before the shadows'.
    """
    rows = np.flatnonzero(data.target)
    frame = data.with_roles().iloc[rows]
    everybody = data.population and data.population.take(rows)
    if headline_of(data) == "mar":
        encoder = fit_encoder(frame)
        one = Sample(
            data.classes[rows], data.invited[rows], encoder.transform(frame), weights, encoder.groups, everybody
        )
        return encoder, one, one, None
    encoder = fit_encoder(frame[list(data.response_drivers)])
    families = ShadowFamilies.of(frame[list(data.shadow_features)], data.shadow_families)
    design = np.hstack([encoder.transform(frame), families.design])
    groups = (*encoder.groups, *families.groups)
    full_sample = Sample(data.classes[rows], data.invited[rows], design, weights, groups, everybody)
    sample = replace(full_sample, drivers=design[:, : len(encoder.groups)], groups=encoder.groups)
    testable = len(families.names) > 1 and not sample.answered.all()
    return encoder, sample, full_sample, families.within(design) if testable else None
