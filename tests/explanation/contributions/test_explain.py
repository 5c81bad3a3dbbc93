"""Explanations: they add up to the written score, and say what was built into the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from annoyed import N, bundle_of, survey_of

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.estimation.formulas.doubly_robust import silent_law
from silentnps.estimation.formulas.selection import SelectionModel, tilt
from silentnps.explanation.contributions.explain import NEVER_INVITED, compute_background, explain
from silentnps.explanation.contributions.margins import EncodedRows, margin_contributions
from silentnps.explanation.contributions.refits import explain_refits
from silentnps.explanation.contributions.score_function import ScoreFunction
from silentnps.explanation.feature_groups import correlation_dendrogram
from silentnps.explanation.plot import beeswarm, dendrogram, waterfall
from silentnps.explanation.summary import driver_table
from silentnps.numerics.additive_design import AdditiveEncoder
from silentnps.outcome.calibration import Calibrator, probabilities_of_margins
from silentnps.outcome.linear_heads import LinearHeads
from silentnps.outcome.survey_data import SurveyData


def linear_only(bundle: Bundle) -> Bundle:
    slopes = Calibrator(np.array([[1.1], [0.9]]), np.array([0.2, -0.3]))
    return replace(bundle, components=("linear",), calibrator=slopes)


def crossing(bundle: Bundle) -> Bundle:
    """Return a bundle in which the heads of many rows cross."""
    calibrator = replace(bundle.calibrator, slopes=np.array([[0.2, 0.1], [1.9, 1.4]]))
    return replace(bundle, calibrator=calibrator)


@pytest.mark.parametrize("changed", [lambda b: b, linear_only, crossing], ids=["stack", "linear", "crossing"])
def test_contributions_add_up_to_the_written_score(bundle: Bundle, data: SurveyData, changed) -> None:
    model = changed(bundle)
    found = explain(model, data.features, data.invited)
    written = expected_nps(model.silent_probabilities(data.features, data.invited))
    np.testing.assert_allclose(found.base_value + found.contributions.sum(axis=1), written, atol=1e-6)
    np.testing.assert_allclose(found.expected_nps, written, atol=1e-8)


def test_the_crossing_bundle_does_cross_and_not_everywhere(bundle: Bundle, data: SurveyData) -> None:
    model = crossing(bundle)
    margins = model.calibrator.margins(model.margins(data.features))
    assert 0.2 < (margins[:, 0] < margins[:, 1]).mean() < 0.8


def test_long_paths_add_up_too() -> None:
    rng = np.random.default_rng(0)
    score = ScoreFunction(np.array([0.8, 0.0, -0.9]), np.array([0.3, 0.0, -0.2]))
    start, end = np.array([0.5, -0.5, 2.0]), rng.uniform(-9, 9, (2000, 3))
    invited = rng.random(2000) < 0.5
    total = ((end - start) * score.mean_gradient(start, end, invited)).sum(axis=1)
    gap = score.expected_nps(end, invited) - score.expected_nps(np.tile(start, (2000, 1)), invited)
    np.testing.assert_allclose(total, gap, atol=1e-6)


def test_the_smooth_map_is_the_silent_law_with_its_step() -> None:
    rng = np.random.default_rng(1)
    margins, invited = rng.normal(0, 2, (500, 3)), rng.random(500) < 0.5
    gamma, step = np.array([0.5, 0.0, -0.7]), np.array([0.2, 0.0, -0.1])
    selection = SelectionModel(0.0, np.array([1.0]), gamma)
    law = silent_law(probabilities_of_margins(margins[:, :2]), margins[:, 2:], invited, selection)
    np.testing.assert_allclose(
        ScoreFunction(gamma, step).expected_nps(margins, invited), expected_nps(tilt(law, step)), atol=1e-10
    )


def test_the_gradient_is_that_of_differences() -> None:
    rng = np.random.default_rng(2)
    score = ScoreFunction(np.array([0.8, 0.0, -0.9]), np.array([0.3, 0.0, -0.2]))
    margins, invited = rng.normal(0, 2, (400, 3)), rng.random(400) < 0.5
    for k in range(3):
        shift = 1e-5 * np.eye(3)[k]
        above, below = score.expected_nps(margins + shift, invited), score.expected_nps(margins - shift, invited)
        np.testing.assert_allclose(score.gradient(margins, invited)[:, k], (above - below) / 2e-5, atol=1e-5)


def test_margin_contributions_sum_to_the_margins(bundle: Bundle, data: SurveyData) -> None:
    total = margin_contributions(bundle, EncodedRows(bundle, data.features)).sum(axis=1)
    heads = bundle.calibrator.margins(bundle.margins(data.features))
    np.testing.assert_allclose(total[:, :2], heads, atol=1e-9)
    drivers = bundle.driver_encoder.transform(data.features)
    np.testing.assert_allclose(total[:, 2], bundle.selection.log_odds(drivers), atol=1e-9)


def test_linear_margins_agree_with_brute_force_shapley_values(bundle: Bundle, data: SurveyData) -> None:
    """In an additive model a feature's Shapley value is what replacing it by the background's values takes away."""
    model, features = linear_only(bundle), data.features.iloc[:60].reset_index(drop=True)
    found = margin_contributions(model, EncodedRows(model, features))[:, :-1, :2]
    found = found - found.mean(axis=0)
    for position, name in enumerate(features.columns):
        for row in (0, 17, 42):
            alone = pd.concat([features.iloc[[row]]] * len(features), ignore_index=True)
            alone[name] = features[name]
            replaced = model.calibrator.margins(model.margins(alone)).mean(axis=0)
            own = model.calibrator.margins(model.margins(features.iloc[[row]]))[0]
            np.testing.assert_allclose(found[row, position], own - replaced, atol=1e-10)


def test_a_constant_feature_contributes_nothing(bundle: Bundle, data: SurveyData) -> None:
    found = explain(bundle, data.features, data.invited)
    assert (found.contributions["constant"] == 0).all()
    assert (found.contributions["delivery_days_late"].abs() > 1).any()


def test_heads_that_are_constant_contribute_nothing(bundle: Bundle, data: SurveyData) -> None:
    model = replace(
        bundle,
        model=replace(bundle.model, trees=[0.7, -0.4]),
        components=("trees",),
        calibrator=Calibrator(np.array([[1.0], [1.0]]), np.zeros(2)),
    )
    found = explain(model, data.features)
    assert np.abs(found.contributions.to_numpy()).max() == 0
    written = expected_nps(model.silent_probabilities(data.features, np.ones(N, dtype=np.bool_)))
    np.testing.assert_allclose(found.base_value, written, atol=1e-10)


def test_swapping_promoters_and_detractors_negates_a_linear_explanation_exactly(
    bundle: Bundle, data: SurveyData
) -> None:
    model = linear_only(bundle)
    linear = model.model.linear
    swapped = replace(
        model,
        model=replace(model.model, linear=LinearHeads(-linear.coefficients[::-1], -linear.intercepts[::-1])),
        calibrator=Calibrator(model.calibrator.slopes[::-1], -model.calibrator.intercepts[::-1]),
        selection=replace(model.selection, gamma=model.selection.gamma[::-1]),
        step=model.step[::-1],
    )
    one, other = (explain(each, data.features, data.invited) for each in (model, swapped))
    np.testing.assert_allclose(one.base_value, -other.base_value, atol=1e-9)
    np.testing.assert_allclose(one.contributions, -other.contributions, atol=1e-9)


def test_training_on_swapped_classes_about_negates_the_explanation(bundle: Bundle, data: SurveyData) -> None:
    one = explain(bundle, data.features).contributions["delivery_days_late"]
    other = explain(bundle_of(survey_of(swapped=True)), data.features).contributions["delivery_days_late"]
    assert np.corrcoef(one, other)[0, 1] < -0.95


def test_chunks_do_not_matter_and_a_background_gives_batches_one_base(bundle: Bundle, data: SurveyData) -> None:
    whole = explain(bundle, data.features, data.invited)
    background = compute_background(bundle, data.features)
    halves = [
        explain(bundle, data.features.iloc[rows], data.invited[rows], background=background, chunk_rows=100)
        for rows in (slice(0, 700), slice(700, None))
    ]
    np.testing.assert_allclose([half.base_value for half in halves], whole.base_value, atol=1e-9)
    joined = pd.concat([half.contributions for half in halves])
    np.testing.assert_allclose(joined[whole.contributions.columns], whole.contributions, atol=1e-9)


def test_another_background_moves_the_base_and_keeps_the_sum(bundle: Bundle, data: SurveyData) -> None:
    late = data.features[data.features["delivery_days_late"] > 3]
    whole, against = explain(bundle, data.features), explain(bundle, data.features, background=late)
    assert against.base_value < whole.base_value - 5
    np.testing.assert_allclose(
        against.base_value + against.contributions.sum(axis=1), whole.expected_nps, atol=1e-6
    )


def test_never_invited_is_a_reason_of_its_own_only_where_it_occurs(bundle: Bundle, data: SurveyData) -> None:
    assert NEVER_INVITED not in explain(bundle, data.features).contributions
    found = explain(bundle, data.features, data.invited).contributions[NEVER_INVITED]
    assert (found[data.invited] == 0).all()
    assert found[~data.invited].nunique() == 1
    assert (found[~data.invited] != 0).all()


def test_refits_are_explained_as_if_each_were_alone(bundle: Bundle, data: SurveyData) -> None:
    alike = crossing(bundle).with_step(np.array([0.3, 0.0, -0.2]))
    shifted = [
        replace(term, center=term.center + 1.0) if hasattr(term, "center") else term
        for term in bundle.encoder.terms
    ]
    other = replace(bundle, encoder=AdditiveEncoder(tuple(shifted)))
    bundles = [bundle, alike, other, bundle]
    points = explain_refits(bundles, data.features, data.invited).points
    for model, found in zip(bundles, points, strict=True):
        alone = explain(model, data.features, data.invited).contributions
        np.testing.assert_array_equal(found, alone.to_numpy(dtype=np.float32))
    assert not (points[0] == points[2]).all()


def test_another_step_changes_the_scores_and_not_the_trees(bundle: Bundle, data: SurveyData) -> None:
    step = np.array([0.3, 0.0, -0.2])
    stepped = bundle.with_step(step)
    assert stepped.tables is bundle.tables
    expected = replace(bundle, step=step).silent_probabilities(data.features, data.invited)
    np.testing.assert_array_equal(stepped.silent_probabilities(data.features, data.invited), expected)
    assert not np.allclose(expected, bundle.silent_probabilities(data.features, data.invited))


def test_no_rows_give_an_empty_explanation(bundle: Bundle, data: SurveyData) -> None:
    found = explain(bundle, data.features.iloc[:0], background=data.features)
    assert found.contributions.shape == (0, 4)
    assert len(found.expected_nps) == 0


def test_driver_table_is_ordered_and_knows_the_direction(bundle: Bundle, data: SurveyData) -> None:
    words = {"delivery_days_late": "days late"}
    table = driver_table(explain(bundle, data.features), data.features, words)
    assert table["feature"].iloc[0] == "delivery_days_late"
    assert table["words"].iloc[0] == "days late"
    assert table["mean_absolute_points"].is_monotonic_decreasing
    direction = table.set_index("feature")["direction"]
    assert direction["delivery_days_late"] == -1
    assert direction["channel"] == 0
    assert direction["constant"] == 0


def test_beeswarm_is_a_picture_and_leaves_the_global_generator_alone(
    bundle: Bundle, data: SurveyData, tmp_path: Path
) -> None:
    found = explain(bundle, data.features, data.invited)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    for name in ("one.png", "two.png"):
        beeswarm(found, data.features, tmp_path / name)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    content = (tmp_path / "one.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert content == (tmp_path / "two.png").read_bytes()
    beeswarm(found, data.features, tmp_path / "few.png", max_features=2)
    assert (tmp_path / "few.png").read_bytes() != content


def test_waterfalls_and_dendrograms_are_pictures(bundle: Bundle, data: SurveyData, tmp_path: Path) -> None:
    odd = data.features.rename(columns={"tenure_days": "$pent_$a"})
    found = explain(bundle, data.features, data.invited)
    renamed = replace(found, contributions=found.contributions.rename(columns={"tenure_days": "$pent_$a"}))
    waterfall(renamed, odd, 3, tmp_path / "one")
    waterfall(found, data.features, 4, tmp_path / "other", max_features=2)
    dendrogram(correlation_dendrogram(found, data.features), tmp_path / "joined")
    pictures = [(tmp_path / name).read_bytes() for name in ("one", "other", "joined")]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len({len(picture) for picture in pictures}) == 3
