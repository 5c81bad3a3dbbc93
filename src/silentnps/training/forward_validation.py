"""Candidates forward in time: learned from earlier waves, judged on the answers of the wave that is estimated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.wave.repeat_estimate import classifier_of
from silentnps.metrics import evaluate
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import PARTS
from silentnps.outcome.linear_heads import fit_linear_heads
from silentnps.outcome.survey_data import FEW_ANSWERS
from silentnps.outcome.tree_heads import fit_heads, head_margins
from silentnps.training.candidate_comparison import Contest
from silentnps.training.candidate_margins import sized

_SHOWN = ("rps", "log_loss", "auc_detractor", "lift_at_10_detractor")


def forward_metrics(contest: Contest) -> pd.DataFrame:
    """Return metrics of each candidate that can be chosen, one row each, columns `candidate` and metrics.

    Calibrated on the earlier answers out of fold. No rows where the earlier answers, or those of the wave, are
    fewer than 200.
    """
    data = contest.data
    early, late = (np.flatnonzero(data.answered & mask) for mask in (~data.target, data.target))
    if min(len(early), len(late)) < FEW_ANSWERS or len(np.unique(data.classes[early])) < 2:
        return pd.DataFrame(columns=["candidate", *_SHOWN])
    by_size: dict[str, Floats] = {}
    rows = []
    for name in contest.names:
        candidate = CANDIDATES[name]
        if candidate.comparison:
            continue
        if candidate.size not in by_size:
            by_size[candidate.size] = _margins(contest, candidate.size, early, late)
        parts = by_size[candidate.size][:, [PARTS.index(part) for part in candidate.parts]]
        learned = contest.parts(name, 0)[~data.target[data.answered]]
        calibrator = fit_calibrator(learned, data.classes[early], np.ones(len(early)))
        scores = evaluate(calibrator.probabilities(parts), data.classes[late])
        rows.append({"candidate": name, **{key: scores[key] for key in _SHOWN if key in scores}})
    return pd.DataFrame(rows)


def _margins(contest: Contest, size: str, learn: Integers, held_out: Integers) -> Floats:
    """Return the margins of both parts, shape (held out, parts, 2), of models of chosen rows."""
    design, classes = contest.design, contest.data.classes[learn]
    classifier = classifier_of(sized(contest.model, size, contest.tuned))
    heads = fit_heads(
        design.matrix[learn],
        classes,
        None,
        n_heads=2,
        categorical=design.code_book.categorical_positions,
        rounds=classifier.n_estimators,
        params=classifier.lightgbm_params(),
    )
    linear = fit_linear_heads(design.design[learn], classes, np.ones(len(learn)))
    found = (head_margins(heads, design.matrix[held_out]), linear.margins(design.design[held_out]))
    return np.stack(found, axis=1)
