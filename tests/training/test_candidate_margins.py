"""Candidates: the same folds for all, sizes, comparisons, forward in time, tuning."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from surveys import QUICK, survey

from silentnps.config import CandidateName, ModelConfig
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.linear_heads import fit_proportional_odds
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier
from silentnps.training.candidate_comparison import (
    CrossFittedCandidates,
    all_repeats,
    compare_candidates,
    cross_fit_candidates,
    out_of_fold_of_all_repeats,
)
from silentnps.training.candidate_margins import compared_margins, margins_of_probabilities, sized, sizes_of
from silentnps.training.forward_validation import forward_metrics
from silentnps.training.tuning import TREE_SIZES, search_sizes

DATA = survey(1200)
DESIGN = OutcomeDesign(DATA)
TWICE = QUICK.model_copy(update={"repeats": 2})


@pytest.fixture(scope="module")
def candidates() -> CrossFittedCandidates:
    return cross_fit_candidates(DATA, DESIGN, TWICE, random_state=0)


def test_the_configuration_knows_all_candidates_but_the_tuned_in_their_order():
    assert [name for name, one in CANDIDATES.items() if one.size != "tuned"] == list(get_args(CandidateName))


def test_all_sizes_share_folds_and_linear_part(candidates: CrossFittedCandidates):
    short, long = candidates.margins["short"], candidates.margins["long"]
    assert (short[:, :, 1] == long[:, :, 1]).all()
    assert (short[:, :, 0] != long[:, :, 0]).any()
    alone = crossfit_repeats(
        DATA, DESIGN, classifier=tree_classifier(sized(TWICE, "long")), folds=3, repeats=1, random_state=0
    )
    assert (alone == long).all()


def test_later_repeats_are_those_of_a_run_of_all():
    options = {"classifier": tree_classifier(QUICK), "folds": 3, "repeats": 2, "random_state": 0}
    both = crossfit_repeats(DATA, DESIGN, **options)
    assert (crossfit_repeats(DATA, DESIGN, skip=1, **options) == both[1:]).all()


def test_a_contest_of_one_repeat_is_completed_for_the_chosen(candidates: CrossFittedCandidates):
    for name in ("stack", "ordinal_long"):
        size = CANDIDATES[name].size
        assert len(candidates.margins[size]) == 1
        classifier = tree_classifier(sized(TWICE, size))
        both = crossfit_repeats(DATA, DESIGN, classifier=classifier, folds=3, repeats=2, random_state=0)
        assert (all_repeats(candidates, name) == both).all()


def test_comparisons_never_see_the_fold_they_predict():
    # classes drawn from nothing: whoever saw them would beat the shares
    noise = replace(DATA, classes=np.where(DATA.answered, np.random.default_rng(1).integers(0, 3, 1200), -1))
    for name in ("multiclass", "proportional_odds"):
        rows = noise.answered
        margins = compared_margins(name, noise, DESIGN, QUICK, repeats=1, random_state=0)[0]
        assert np.isnan(margins[~rows]).all()
        above = (noise.classes[rows] > 0).astype(float)
        loss = np.mean((expit(margins[rows, 0]) - above) ** 2)
        assert loss > np.mean((above.mean() - above) ** 2) - 0.002


def test_the_gap_of_the_best_is_nothing_and_has_no_error(candidates: CrossFittedCandidates):
    metrics, predictions = compare_candidates(candidates)
    table = metrics.set_index("candidate")
    best = table[~table["baseline"]]["rps"].idxmin()
    assert table.loc[best, ["rps_gap", "rps_gap_se"]].tolist() == [0.0, 0.0]
    assert table["rps_gap"].to_numpy() == pytest.approx(table["rps"] - table.loc[best, "rps"])
    assert all(one.shape == (DATA.n_answers, 3) for one in predictions.values())


def test_predictions_of_the_chosen_are_the_mean_of_all_repeats(candidates: CrossFittedCandidates):
    predictions = compare_candidates(candidates)[1]
    margins = all_repeats(candidates, "stack")
    first, second, both = (
        out_of_fold_of_all_repeats(candidates, "stack", some) for some in (margins[:1], margins[1:], margins)
    )
    assert (first == predictions["stack"]).all()
    assert both == pytest.approx((first + second) / 2)
    assert (first != second).any()


def test_chosen_candidates_alone_are_compared():
    model = ModelConfig(repeats=1, folds=3, trees=5, candidates=("prior", "logistic"))
    few = cross_fit_candidates(DATA, DESIGN, model, random_state=0)
    assert sizes_of(model.candidates) == ["short"]
    assert compare_candidates(few)[0]["candidate"].tolist() == ["prior", "logistic"]


def test_candidates_must_hold_one_that_can_be_chosen():
    with pytest.raises(ValueError, match="one that can be chosen"):
        ModelConfig(candidates=("prior", "multiclass"))


def test_probabilities_and_their_margins_are_one():
    probabilities = np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])
    above = expit(margins_of_probabilities(probabilities))
    assert above == pytest.approx(np.array([[0.8, 0.5], [0.3, 0.1]]))


def test_proportional_odds_find_one_slope_for_both_thresholds():
    # Standard errors at 20,000 rows are about 0.02.
    rng = np.random.default_rng(2)
    design = rng.normal(size=(20_000, 2))
    score = design @ [1.0, -0.5] + rng.logistic(size=20_000)
    got = fit_proportional_odds(design, np.digitize(score, [-0.7, 1.0]), np.ones(20_000))
    assert got.coefficients == pytest.approx(np.tile([1.0, -0.5], (2, 1)), abs=0.07)
    assert got.intercepts == pytest.approx([0.7, -1.0], abs=0.07)


def test_proportional_odds_end_where_they_would_whatever_they_start_from():
    rng = np.random.default_rng(4)
    design = rng.normal(size=(4_000, 5))
    classes = np.digitize(design @ [1.0, -0.5, 0.0, 0.3, 0.8] + rng.logistic(size=4_000), [-0.7, 1.0])
    first = fit_proportional_odds(design[:2_000], classes[:2_000], np.ones(2_000))
    plain = fit_proportional_odds(design, classes, np.ones(4_000))
    begun = fit_proportional_odds(design, classes, np.ones(4_000), start=first)
    np.testing.assert_allclose(begun.coefficients, plain.coefficients, atol=2e-3)
    np.testing.assert_allclose(begun.intercepts, plain.intercepts, atol=2e-3)


def test_proportional_odds_of_two_classes_are_sklearns_logistic():
    rng = np.random.default_rng(3)
    design = rng.normal(size=(500, 2))
    above = (design[:, 0] + rng.logistic(size=500) > 0).astype(np.int64)
    got = fit_proportional_odds(design, 2 * above, np.ones(500), penalty=2.0)
    wanted = LogisticRegression(C=0.5, tol=1e-10).fit(design, above)
    assert got.coefficients[0] == pytest.approx(wanted.coef_[0], abs=2e-3)


def with_an_earlier_wave() -> CrossFittedCandidates:
    both = survey(2400, seed=5)
    data = replace(both, target=np.arange(2400) % 2 == 0)
    kept = np.flatnonzero(data.target | data.answered)
    data = data.take(kept)
    return cross_fit_candidates(data, OutcomeDesign(data), QUICK, random_state=0)


def test_forward_in_time_candidates_learn_from_earlier_answers_alone():
    candidates = with_an_earlier_wave()
    table = forward_metrics(candidates).set_index("candidate")
    assert list(table.index) == [name for name in candidates.names if not CANDIDATES[name].comparison]
    across = compare_candidates(candidates)[0].set_index("candidate")
    assert table["rps"].to_numpy() == pytest.approx(across.loc[table.index, "rps"], abs=0.03)
    data = candidates.data
    late = np.flatnonzero(data.target & data.answered)
    classes = data.classes.copy()
    classes[late] = np.random.default_rng(6).permutation(classes[late])
    shuffled = replace(candidates, data=replace(data, classes=classes))
    assert (forward_metrics(shuffled).set_index("candidate")["rps"] > table["rps"] + 0.03).all()


def test_without_earlier_answers_nothing_is_said_forward_in_time(candidates: CrossFittedCandidates):
    assert forward_metrics(candidates).empty


@pytest.mark.slow
def test_a_search_keeps_its_time_and_begins_with_the_configuration():
    pytest.importorskip("optuna")
    found = search_sizes(DATA, DESIGN, QUICK, minutes=0.05, random_state=0)
    assert found.model is not None
    first = found.trials.iloc[0]
    assert [first[name] for name in TREE_SIZES] == [getattr(QUICK, name) for name in TREE_SIZES]
    done = found.trials[found.trials["state"] == "complete"]
    best = done.loc[done["rps"].idxmin()]
    assert [best[name] for name in TREE_SIZES] == [getattr(found.model, name) for name in TREE_SIZES]
    tuned = cross_fit_candidates(DATA, DESIGN, QUICK, random_state=0, tuned=found.model)
    assert compare_candidates(tuned)[0]["candidate"].tolist()[-2:] == ["ordinal_tuned", "stack_tuned"]


def test_nothing_is_searched_without_minutes():
    nothing = search_sizes(DATA, DESIGN, QUICK, minutes=None, random_state=0)
    assert (nothing.model, len(nothing.trials)) == (None, 0)
    assert isinstance(nothing.trials, pd.DataFrame)
