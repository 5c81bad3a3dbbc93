"""Candidates compared on the same folds, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from silentnps.config import ModelConfig
from silentnps.estimation.wave.repeat_estimate import classifier_of
from silentnps.metrics import evaluate, ranked_probability_scores
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import PARTS, OutcomeDesign, assign_folds, crossfit_repeats
from silentnps.outcome.survey_data import FEW_ANSWERS, SurveyData
from silentnps.training.candidate_margins import compared_margins, signal_margins, sized, sizes_of

_ENOUGH_ANSWERS = 20_000
"""From so many answers on one repeat of the folds tells candidates apart; the chosen one gets all repeats."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Contest:
    """What a training compares.

    `names` are the candidates, `tuned` the configuration of the tuned ones; `margins` by size of the trees and
    `compared` by part are out of fold, shapes (repeats, n, parts, 2) and (repeats, n, 2).
    """

    data: SurveyData
    design: OutcomeDesign
    model: ModelConfig
    names: tuple[str, ...]
    random_state: int
    margins: dict[str, Floats]
    compared: dict[str, Floats]
    tuned: ModelConfig | None = None

    def parts(self, name: str, repeat: int) -> Floats:
        """Return the margins of a candidate's parts for the answers, shape (n_answers, parts, 2)."""
        rows, candidate = self.data.answered, CANDIDATES[name]
        columns = [self._part(part, candidate.size, repeat)[rows] for part in candidate.parts]
        return np.stack(columns, axis=1) if columns else np.zeros((int(rows.sum()), 0, 2))

    def _part(self, part: str, size: str, repeat: int) -> Floats:
        if part in PARTS:
            return np.asarray(self.margins[size][repeat][:, PARTS.index(part)])
        found = self.compared[part]
        return np.asarray(found[min(repeat, len(found) - 1)])

    @property
    def repeats(self) -> int:
        """Return the number of repeats that are compared."""
        return len(self.margins["short"])


def hold_contest(
    data: SurveyData,
    design: OutcomeDesign,
    model: ModelConfig,
    *,
    random_state: int,
    tuned: ModelConfig | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Contest:
    """Cross-fit every candidate on the same folds, persons kept together."""
    names = (*model.candidates, *(("ordinal_tuned", "stack_tuned") if tuned else ()))
    if data.few_answers and "logistic" not in names:
        names = (*names, "logistic")
    repeats = model.repeats if data.answered.sum() < _ENOUGH_ANSWERS else 1
    contest = Contest(data, design, model, names, random_state, {}, {}, tuned)
    for size in sizes_of(names):
        found = _margins(contest, size, repeats, n_jobs, progress)
        contest = replace(contest, margins=contest.margins | {size: found})
    for part in {"proportional_odds", "multiclass"} & {part for name in names for part in CANDIDATES[name].parts}:
        found = compared_margins(part, data, design, model, repeats=repeats, random_state=random_state)
        contest = replace(contest, compared=contest.compared | {part: found})
    return replace(contest, compared=contest.compared | {"signals": signal_margins(data)})


def all_repeats(contest: Contest, name: str, *, n_jobs: int = 1) -> Floats:
    """Return the margins of every repeat of a candidate's size, shape (repeats, n, parts, 2)."""
    size, model = CANDIDATES[name].size, contest.model
    done = contest.margins[size]
    if len(done) == model.repeats:
        return done
    more = crossfit_repeats(
        contest.data,
        contest.design,
        classifier=classifier_of(sized(model, size, contest.tuned)),
        folds=model.folds,
        repeats=model.repeats,
        random_state=contest.random_state,
        skip=len(done),
        n_jobs=n_jobs,
    )
    return np.concatenate([done, more])


def compare_candidates(contest: Contest) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Return metrics of each candidate on all answers, and its out-of-fold probabilities (n, 3) by name.

    Margins and calibrators are out of fold both; the metrics of repeats are averaged. `rps_gap` is the mean RPS
    beyond that of the best candidate that can be chosen, `rps_gap_se` its standard error over persons, paired.
    """
    rows = np.flatnonzero(contest.data.answered)
    classes, persons = contest.data.classes[rows], contest.data.persons[rows]
    predictions = {name: _out_of_fold(contest, name) for name in contest.names}
    table, losses = [], {}
    for name, every in predictions.items():
        scores = pd.DataFrame([evaluate(one, classes) for one in every]).mean()
        losses[name] = np.mean([ranked_probability_scores(one, classes) for one in every], axis=0)
        table.append({"candidate": name, "baseline": CANDIDATES[name].comparison, **scores.to_dict()})
    metrics = pd.DataFrame(table)
    best = str(metrics[~metrics["baseline"]].sort_values("rps", kind="stable")["candidate"].iloc[0])
    gaps = [_paired_gap(losses[name] - losses[best], persons) for name in contest.names]
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


def _margins(contest: Contest, size: str, repeats: int, n_jobs: int, progress: Progress | None) -> Floats:
    short = contest.margins.get("short")
    return crossfit_repeats(
        contest.data,
        contest.design,
        classifier=classifier_of(sized(contest.model, size, contest.tuned)),
        folds=contest.model.folds,
        repeats=repeats,
        random_state=contest.random_state,
        linear_margins=None if short is None else short[:, :, PARTS.index("linear")],
        n_jobs=n_jobs,
        progress=progress,
    )


def _out_of_fold(contest: Contest, name: str) -> list[Floats]:
    """Return calibrated probabilities of the answers, (n, 3), for each repeat."""
    data, folds = contest.data, contest.model.folds
    rng = np.random.default_rng(contest.random_state + 1)
    folds_of_rows = assign_folds(data.persons, data.classes, folds=folds, rng=rng)[data.answered]
    classes = data.classes[data.answered]
    return [_calibrated(contest.parts(name, repeat), classes, folds_of_rows) for repeat in range(contest.repeats)]


def _calibrated(parts: Floats, classes: Integers, folds: Integers) -> Floats:
    probabilities = np.empty((len(classes), 3))
    for fold in np.unique(folds):
        held_out = folds == fold
        learn = ~held_out
        calibrator = fit_calibrator(parts[learn], classes[learn], np.ones(int(learn.sum())))
        probabilities[held_out] = calibrator.probabilities(parts[held_out])
    return probabilities


def _paired_gap(differences: Floats, persons: Integers) -> tuple[float, float]:
    """Return the mean of differences and its standard error, rows of a person counted together."""
    mean = float(differences.mean())
    by_person = np.bincount(persons, weights=differences - mean)
    return mean, float(np.sqrt((by_person**2).sum()) / len(differences))
