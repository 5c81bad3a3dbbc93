"""Candidates forward in time: learned from earlier waves, judged on the answers of the wave that is estimated."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from silentnps.metrics import evaluate
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.parallel import in_threads
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.outcome_model import OutcomeModel, component_margins, tree_classifier
from silentnps.training.candidate_comparison import CrossFittedCandidates
from silentnps.training.candidate_margins import sized

_FEWEST = 200
_SHOWN = ("rps", "log_loss", "auc_detractor", "lift_at_10_detractor")


def forward_metrics(candidates: CrossFittedCandidates, *, n_jobs: int = 1) -> pd.DataFrame:
    """Return metrics of each candidate that can be chosen, one row each, columns `candidate` and metrics.

    Calibrated on the earlier answers out of fold. No rows where the earlier answers, or those of the wave, are
    fewer than 200.
    """
    data = candidates.data
    early, late = (np.flatnonzero(data.answered & mask) for mask in (~data.target, data.target))
    if min(len(early), len(late)) < _FEWEST or len(np.unique(data.classes[early])) < 2:
        return pd.DataFrame(columns=["candidate", *_SHOWN])
    names = [name for name in candidates.names if not CANDIDATES[name].comparison]
    sizes = list(dict.fromkeys(CANDIDATES[name].size for name in names))
    fits = in_threads((partial(_margins, candidates, size, early, late) for size in sizes), n_jobs=n_jobs)
    by_size, rows = dict(zip(sizes, fits, strict=True)), []
    for name in names:
        candidate = CANDIDATES[name]
        margins = component_margins(by_size[candidate.size], candidate.components)
        learned = candidates.margins_of_answers(name, 0)[~data.target[data.answered]]
        calibrator = fit_calibrator(learned, data.classes[early], np.ones(len(early)))
        scores = evaluate(calibrator.probabilities(margins), data.classes[late])
        rows.append({"candidate": name, **{key: scores[key] for key in _SHOWN if key in scores}})
    return pd.DataFrame(rows)


def _margins(candidates: CrossFittedCandidates, size: str, learn: Integers, held_out: Integers) -> Floats:
    """Return the margins of both components, shape (held out, components, 2), of a model of chosen rows."""
    classifier = tree_classifier(sized(candidates.model, size, candidates.tuned))
    model = OutcomeModel.fit(candidates.design, learn, candidates.data.classes[learn], classifier=classifier)
    return model.margins(candidates.design, held_out)
