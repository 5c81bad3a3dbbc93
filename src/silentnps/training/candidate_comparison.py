"""Candidates compared on the same folds, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from silentnps.config import ModelConfig
from silentnps.metrics import evaluate, ranked_probability_scores
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.parallel import both
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import assign_folds, crossfit_repeats
from silentnps.outcome.outcome_model import COMPONENTS, OutcomeDesign, component_margins, tree_classifier
from silentnps.outcome.survey_data import FEW_ANSWERS, SurveyData
from silentnps.training.candidate_margins import compared_margins, signal_margins, sized, sizes_of

Progress = Callable[[int], None]


@dataclass(frozen=True)
class CrossFittedCandidates:
    """The candidates of a training with their out-of-fold margins.

    `names` are the candidates, `tuned` is the configuration of the tuned ones; `margins` are by size of the trees,
    shape (repeats, n, components, 2), and `compared`, shape (repeats, n, 2), by the components of candidates that
    are only compared.
    """

    data: SurveyData
    design: OutcomeDesign
    model: ModelConfig
    names: tuple[str, ...]
    random_state: int
    margins: dict[str, Floats]
    compared: dict[str, Floats]
    tuned: ModelConfig | None = None

    def margins_of_answers(self, name: str, repeat: int) -> Floats:
        """Return the margins of a candidate's components for the answers, shape (n_answers, components, 2)."""
        rows, candidate = self.data.answered, CANDIDATES[name]
        margins = [self._component(component, candidate.size, repeat)[rows] for component in candidate.components]
        return np.stack(margins, axis=1) if margins else np.zeros((int(rows.sum()), 0, 2))

    def _component(self, component: str, size: str, repeat: int) -> Floats:
        if component in COMPONENTS:
            return np.asarray(self.margins[size][repeat][:, COMPONENTS.index(component)])
        margins = self.compared[component]
        return np.asarray(margins[min(repeat, len(margins) - 1)])

    @property
    def repeats(self) -> int:
        """Return the number of repeats that are compared."""
        return len(self.margins["short"])


def cross_fit_candidates(
    data: SurveyData,
    design: OutcomeDesign,
    model: ModelConfig,
    *,
    random_state: int,
    tuned: ModelConfig | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> CrossFittedCandidates:
    """Cross-fit every candidate once on the same folds, persons kept together; the chosen one gets all repeats."""
    names = (*model.candidates, *(("ordinal_tuned", "stack_tuned") if tuned else ()))
    if data.few_answers and "logistic" not in names:
        names = (*names, "logistic")
    candidates = CrossFittedCandidates(data, design, model, names, random_state, {}, {}, tuned)
    short, *sizes = sizes_of(names)
    candidates = replace(candidates, margins={short: _margins(candidates, short, n_jobs, progress)})
    larger, compared = both(
        lambda: {size: _margins(candidates, size, n_jobs, progress) for size in sizes},
        lambda: _compared(candidates, n_jobs),
        n_jobs=n_jobs if data.population is None else 1,  # each copies its rows
    )
    return replace(candidates, margins=candidates.margins | larger, compared=compared)


def _compared(candidates: CrossFittedCandidates, n_jobs: int) -> dict[str, Floats]:
    """Return the margins of the components that are only compared with."""
    data, names = candidates.data, candidates.names
    components = {component for name in names for component in CANDIDATES[name].components}
    margins = {
        component: compared_margins(
            component,
            data,
            candidates.design,
            candidates.model,
            repeats=1,
            random_state=candidates.random_state,
            n_jobs=n_jobs,
        )
        for component in ("proportional_odds", "multiclass")
        if component in components
    }
    return margins | {"signals": signal_margins(data)}


def all_repeats(
    candidates: CrossFittedCandidates, name: str, *, n_jobs: int = 1, progress: Progress | None = None
) -> Floats:
    """Return the margins of every repeat of a candidate's size, shape (repeats, n, components, 2)."""
    size, model = CANDIDATES[name].size, candidates.model
    done = candidates.margins[size]
    if len(done) == model.repeats:
        return done
    more = crossfit_repeats(
        candidates.data,
        candidates.design,
        classifier=tree_classifier(sized(model, size, candidates.tuned)),
        folds=model.folds,
        repeats=model.repeats,
        random_state=candidates.random_state,
        skip=len(done),
        n_jobs=n_jobs,
        progress=progress,
    )
    return np.concatenate([done, more])


def compare_candidates(candidates: CrossFittedCandidates) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Return metrics of each candidate on all answers, and its out-of-fold probabilities (n, 3) by name.

    Margins and calibrators are out of fold both; the metrics of repeats are averaged. `rps_gap` is the mean RPS
    beyond that of the best candidate that can be chosen, `rps_gap_se` its standard error over persons, paired.
    """
    rows = np.flatnonzero(candidates.data.answered)
    classes, persons = candidates.data.classes[rows], candidates.data.persons[rows]
    predictions = {name: _out_of_fold(candidates, name) for name in candidates.names}
    table, losses = [], {}
    for name, every in predictions.items():
        scores = pd.DataFrame([evaluate(one, classes) for one in every]).mean()
        losses[name] = np.mean([ranked_probability_scores(one, classes) for one in every], axis=0)
        table.append({"candidate": name, "baseline": CANDIDATES[name].comparison, **scores.to_dict()})
    metrics = pd.DataFrame(table)
    best = str(metrics[~metrics["baseline"]].sort_values("rps", kind="stable")["candidate"].iloc[0])
    gaps = [_paired_gap(losses[name] - losses[best], persons) for name in candidates.names]
    metrics[["rps_gap", "rps_gap_se"]] = gaps
    return metrics, {name: np.asarray(np.mean(every, axis=0)) for name, every in predictions.items()}


def choose(metrics: pd.DataFrame, *, few_answers: bool) -> str:
    """Return the simplest candidate within one standard error of the least ranked probability score.

    The standard error is that of the paired difference from the best. Logistic where answers are few.
    """
    if few_answers:
        return "logistic"
    open_to_choice = metrics[~metrics["baseline"] & (metrics["rps_gap"] <= metrics["rps_gap_se"])]
    simplest = list(CANDIDATES)
    return str(min(open_to_choice["candidate"], key=simplest.index))


def words_on_choice(data: SurveyData, model: ModelConfig, *, is_tuned: bool = False) -> str:
    """Say that few answers leave no choice between the candidates; empty where there is one, or only logistic.

    `is_tuned` says that a search for sizes of the trees was asked for.
    """
    passed_over: list[str] = [
        name for name in model.candidates if not CANDIDATES[name].comparison and name != "logistic"
    ]
    passed_over += ["trees of searched sizes"] if is_tuned else []
    if not data.few_answers or not passed_over:
        return ""
    return (
        f"Only {data.n_answers} answers: with fewer than {FEW_ANSWERS} the model is logistic, whatever "
        f"model.candidates lists ({', '.join(passed_over)})."
    )


def _margins(candidates: CrossFittedCandidates, size: str, n_jobs: int, progress: Progress | None) -> Floats:
    short = candidates.margins.get("short")
    return crossfit_repeats(
        candidates.data,
        candidates.design,
        classifier=tree_classifier(sized(candidates.model, size, candidates.tuned)),
        folds=candidates.model.folds,
        repeats=1,
        random_state=candidates.random_state,
        linear_margins=None if short is None else short[:, :, COMPONENTS.index("linear")],
        n_jobs=n_jobs,
        progress=progress,
    )


def out_of_fold_of_all_repeats(candidates: CrossFittedCandidates, name: str, margins: Floats) -> Floats:
    """Return calibrated probabilities of the answers by a candidate that can be chosen, shape (n, 3).

    They are the mean of the repeats in `margins`, those of `all_repeats`.
    """
    of_candidate = component_margins(margins[:, candidates.data.answered], CANDIDATES[name].components)
    return np.asarray(np.mean([_calibrated_out_of_fold(candidates, one) for one in of_candidate], axis=0))


def _out_of_fold(candidates: CrossFittedCandidates, name: str) -> list[Floats]:
    """Return calibrated probabilities of the answers, (n, 3), for each repeat."""
    repeats = range(candidates.repeats)
    return [_calibrated_out_of_fold(candidates, candidates.margins_of_answers(name, repeat)) for repeat in repeats]


def _calibrated_out_of_fold(candidates: CrossFittedCandidates, margins: Floats) -> Floats:
    data, folds = candidates.data, candidates.model.folds
    rng = np.random.default_rng(candidates.random_state + 1)
    folds_of_rows = assign_folds(data.persons, data.classes, folds=folds, rng=rng)[data.answered]
    return _calibrated(margins, data.classes[data.answered], folds_of_rows)


def _calibrated(margins: Floats, classes: Integers, folds: Integers) -> Floats:
    probabilities = np.empty((len(classes), 3))
    for fold in np.unique(folds):
        held_out = folds == fold
        learn = ~held_out
        calibrator = fit_calibrator(margins[learn], classes[learn], np.ones(int(learn.sum())))
        probabilities[held_out] = calibrator.probabilities(margins[held_out])
    return probabilities


def _paired_gap(differences: Floats, persons: Integers) -> tuple[float, float]:
    """Return the mean of differences and its standard error, rows of a person counted together."""
    mean = float(differences.mean())
    by_person = np.bincount(persons, weights=differences - mean)
    return mean, float(np.sqrt((by_person**2).sum()) / len(differences))
