"""One wave ahead: a model of the answers to earlier waves, by one candidate, and its predictions of later rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.config import ModelConfig
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import Split, crossfit
from silentnps.outcome.outcome_model import OutcomeDesign, OutcomeModel, component_margins, tree_classifier
from silentnps.outcome.survey_data import SurveyData
from silentnps.training.candidate_margins import sized


@dataclass(frozen=True)
class OneWaveAhead:
    """Probabilities of respondents: of the earlier answers out of fold, (n, 3), and of the later rows, (m, 3).

    `classes` are those of the earlier answers.
    """

    out_of_fold: Floats
    classes: Integers
    ahead: Floats


def predict_ahead(
    data: SurveyData, later: Booleans, candidate: str, model: ModelConfig, *, random_state: int, n_jobs: int = 1
) -> OneWaveAhead:
    """Learn from the answers among the rows that are not `later`, and predict the later rows.

    The calibration is learned out of fold; no answer of a later row enters.
    """
    early, rows_later = np.flatnonzero(data.answered & ~later), np.flatnonzero(later)
    design = OutcomeDesign.of(data)
    classifier = tree_classifier(sized(model, CANDIDATES[candidate].size))
    known, known_design = data.take(early), design.take(early)
    split = Split.of(known, folds=model.folds, rng=np.random.default_rng([random_state, 13]))
    held_out = crossfit(known, known_design, classifier=classifier, split=split, n_jobs=n_jobs)
    components = CANDIDATES[candidate].components
    margins = component_margins(held_out, components)
    calibrator = fit_calibrator(margins, known.classes, np.ones(len(early)))
    fitted = OutcomeModel.fit(design, early, known.classes, classifier=classifier)
    ahead = component_margins(fitted.margins(design, rows_later), components)
    return OneWaveAhead(calibrator.probabilities(margins), known.classes, calibrator.probabilities(ahead))
