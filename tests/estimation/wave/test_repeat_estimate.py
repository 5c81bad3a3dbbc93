"""One repeat: every assumption is estimated, from the chosen components alone, wherever the fit starts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from surveys import cross_fitted, survey, wave_of

from silentnps.config import ModelConfig
from silentnps.estimation.wave.repeat_estimate import (
    RepeatModels,
    estimate_repeat,
    estimate_repeats,
    headline_shares,
    repeat_of_models,
    segment_estimates,
    segment_weights,
)


def test_every_assumption_is_estimated():
    data = survey(600)
    margins = np.random.default_rng(0).normal(size=(600, 2, 2))
    wave = wave_of(data, components=("trees", "linear"))
    got = estimate_repeat(wave.margins_of(margins), wave)
    assert list(got.by_assumption) == ["survey", "weighted", "mar", "label_shift", "selection"]
    assert got.by_assumption["selection"] == got.point.nps
    at_random = wave_of(replace(data, shadow_features=()), components=wave.components)
    mar = estimate_repeat(at_random.margins_of(margins), at_random)
    assert "selection" not in mar.by_assumption
    assert mar.by_assumption["mar"] == pytest.approx(mar.point.nps, abs=1e-12)


def test_components_that_are_not_chosen_do_not_matter():
    data = survey(500)
    wave = wave_of(data)
    margins = np.random.default_rng(0).normal(size=(500, 2, 2))
    other = margins.copy()
    other[:, 0] += 3.0
    one, two = (estimate_repeat(wave.margins_of(each), wave) for each in (margins, other))
    assert one.point.nps == two.point.nps


def test_later_repeats_start_where_the_first_ended_and_end_where_they_would_alone():
    wave = cross_fitted(survey(4000, intercept=-1.6), ModelConfig(repeats=2, folds=2, trees=5))
    repeats = estimate_repeats(wave)
    alone = estimate_repeat(wave.margins_of(wave.margins[1]), wave)
    assert repeats[1].point.nps == pytest.approx(alone.point.nps, abs=0.5)
    assert repeats[1].point.selection.gamma == pytest.approx(alone.point.selection.gamma, abs=0.05)


def test_threads_change_no_number():
    wave = cross_fitted(survey(600), ModelConfig(trees=5))
    one, two = (estimate_repeats(wave, n_jobs=n_jobs) for n_jobs in (1, 2))
    assert [each.by_assumption for each in one] == [each.by_assumption for each in two]
    assert [each.models.to_dict() for each in one] == [each.models.to_dict() for each in two]


def test_headline_shares_and_weights_of_segments_are_means_of_the_repeats():
    data = survey(900)
    wave = wave_of(data, segments=data.features[["channel"]], **{"min_segment_n": 30})
    shifts = (0.0, np.array([[0.5], [0.0]]))
    repeats = [estimate_repeat(wave.margins_of(wave.margins[0] + shift), wave) for shift in shifts]
    shares = headline_shares(repeats)
    assert shares == pytest.approx((repeats[0].point.shares + repeats[1].point.shares) / 2)
    own = [segment_estimates(repeat, wave)[0].weight for repeat in repeats]
    assert segment_weights(wave, repeats)[0] == pytest.approx((own[0] + own[1]) / 2)
    assert (segment_estimates(repeats[0], wave, weights=(own[1],))[0].weight == own[1]).all()


@pytest.mark.parametrize("invited", [1.0, 0.7])
@pytest.mark.parametrize("shadows", [("late",), ()])
def test_models_written_and_read_again_give_the_estimate_without_a_fit(
    invited: float, shadows: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    data = survey(900)
    asked = np.random.default_rng(1).random(900) < invited
    data = replace(data, invited=asked, classes=np.where(asked, data.classes, -1), shadow_features=shadows)
    wave = cross_fitted(data, ModelConfig(repeats=1, folds=2, trees=5))
    margins = wave.margins_of(wave.margins[0])
    fitted = estimate_repeat(margins, wave)
    text = json.dumps(fitted.models.to_dict())
    monkeypatch.setattr("silentnps.estimation.formulas.doubly_robust.fit_selection", None)
    again = repeat_of_models(margins, wave, RepeatModels.from_dict(json.loads(text)))
    assert (again.point.shares == fitted.point.shares).all()
    assert (again.point.silent_probabilities == fitted.point.silent_probabilities).all()
    assert (again.point.corrections == fitted.point.corrections).all()
    assert (again.probabilities == fitted.probabilities).all()
    assert (again.moved == fitted.moved).all()
    assert again.by_assumption == fitted.by_assumption
