"""The reference: Shapley values of the written score, against brute force, and what fast contributions miss."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.explanation.contributions import shapley as module
from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation, explain
from silentnps.explanation.contributions.shapley import compare_contributions, shapley_values, stratified_rows
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.tree_heads import fit_heads

ROWS = 25


def brute_force(
    bundle: Bundle, rows: pd.DataFrame, background: pd.DataFrame, invited: np.ndarray
) -> dict[str, np.ndarray]:
    """Return Shapley values of `bundle.silent_probabilities` on frames that are mixed column by column."""
    names = list(rows.columns)

    def worth(known: tuple[str, ...]) -> np.ndarray:
        scores = []
        for i in range(len(background)):
            mixed = pd.concat([background.iloc[[i]]] * len(rows)).set_axis(rows.index)
            for name in known:
                mixed[name] = rows[name]
            scores.append(expected_nps(bundle.silent_probabilities(mixed, invited)))
        return np.mean(scores, axis=0)

    n = len(names)
    of_sets = {known: worth(known) for size in range(n + 1) for known in combinations(names, size)}
    found = {}
    for name in names:
        found[name] = sum(
            factorial(len(known))
            * factorial(n - len(known) - 1)
            / factorial(n)
            * (of_sets[tuple(each for each in names if each in (*known, name))] - of_sets[known])
            for known in of_sets
            if name not in known
        )
    return found


def with_large_trees(bundle: Bundle, data: SurveyData) -> Bundle:
    answered = data.answered
    heads = fit_heads(
        bundle.code_book.matrix(data.features)[answered],
        data.classes[answered],
        None,
        n_heads=2,
        categorical=bundle.code_book.categorical_positions,
        rounds=10,
        params={"objective": "binary", "num_leaves": 20, "verbosity": -1, "num_threads": 1},
    )
    return replace(bundle, model=replace(bundle.model, trees=heads))


@pytest.mark.parametrize("large", [False, True], ids=["tables", "large trees"])
def test_the_reference_is_brute_force_of_the_written_score(bundle: Bundle, data: SurveyData, large: bool) -> None:
    model = with_large_trees(bundle, data) if large else bundle
    rows, invited = data.features.iloc[:ROWS], data.invited[:ROWS]
    background = stratified_rows(model, data.features, 8)
    found = shapley_values(model, rows, background, invited)
    for name, values in brute_force(model, rows, background, invited).items():
        np.testing.assert_allclose(found.contributions[name], values, atol=1e-9)
    written = expected_nps(model.silent_probabilities(rows, invited))
    np.testing.assert_allclose(found.base_value + found.contributions.sum(axis=1), written, atol=1e-9)
    assert (found.contributions.loc[invited, NEVER_INVITED] == 0).all()


def test_drawn_orders_add_up_exactly_and_come_near_enumeration(
    bundle: Bundle, data: SurveyData, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, invited = data.features.iloc[:ROWS], data.invited[:ROWS]
    background = stratified_rows(bundle, data.features, 40)
    exact = shapley_values(bundle, rows, background, invited)
    monkeypatch.setattr(module, "_MOST_ENUMERATED", 0)
    drawn = shapley_values(bundle, rows, background, invited, orders=2)
    np.testing.assert_allclose(drawn.expected_nps, exact.expected_nps, atol=1e-9)
    assert compare_contributions(drawn, exact).correlation > 0.999
    again = shapley_values(bundle, rows, background, invited, orders=2)
    pd.testing.assert_frame_equal(drawn.contributions, again.contributions)


def test_fast_contributions_agree_with_the_reference(bundle: Bundle, data: SurveyData) -> None:
    rows, invited = data.features.iloc[:300], data.invited[:300]
    background = stratified_rows(bundle, data.features)
    found = compare_contributions(
        explain(bundle, rows, invited, background=background), shapley_values(bundle, rows, background, invited)
    )
    assert found.n_rows == 300
    assert found.correlation > 0.95
    assert 0 < found.largest_gap < 20


def test_agreement_sees_reasons_that_are_wrong(bundle: Bundle, data: SurveyData) -> None:
    found = explain(bundle, data.features)
    shuffled = found.contributions.sample(frac=1.0, random_state=0).set_axis(found.contributions.index)
    wrong = Explanation(found.base_value, shuffled, found.expected_nps)
    assert compare_contributions(found, found).correlation == pytest.approx(1.0)
    assert compare_contributions(found, found).largest_gap == 0.0
    assert compare_contributions(wrong, found).correlation < 0.7


def test_the_background_is_stratified_by_score(bundle: Bundle, data: SurveyData) -> None:
    asked = np.ones(len(data.features), dtype=np.bool_)
    everybody = expected_nps(bundle.silent_probabilities(data.features, asked))
    few = stratified_rows(bundle, data.features, 50)
    assert len(few) == 50
    scores = expected_nps(bundle.silent_probabilities(few, asked[:50]))
    assert abs(scores.mean() - everybody.mean()) < 1.0
    assert len(stratified_rows(bundle, data.features.iloc[:7])) == 7
