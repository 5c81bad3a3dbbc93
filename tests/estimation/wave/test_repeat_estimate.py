"""A large base is fitted on a sample of its silents: weights, results, segments, earlier waves, never invited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import survey

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.wave import repeat_estimate as study
from silentnps.estimation.wave.analysis import Repeat
from silentnps.estimation.wave.assembly import report_of
from silentnps.estimation.wave.bootstrap import Replicate, bootstrap
from silentnps.estimation.wave.repeat_estimate import (
    Study,
    StudyInputs,
    classifier_of,
    fitting_weights,
    rows_to_fit,
    study_of,
)
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.cross_fitting import OutcomeDesign, crossfit_repeats
from silentnps.outcome.survey_data import SurveyData

MODEL = ModelConfig(repeats=2, folds=2, trees=5)
OPTIONS = EstimationConfig(replicates=10)
DATA = survey(4000, intercept=-1.6)


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few hundred silents be many."""
    monkeypatch.setattr(study, "_FEWEST_SILENTS", 500)
    monkeypatch.setattr(study, "_SILENTS_PER_ANSWER", 1)


def with_earlier_wave(data: SurveyData) -> SurveyData:
    """Return the survey between answers of an earlier wave, which come first and last."""
    earlier = survey(300, seed=9)
    old = earlier.features[earlier.answered], earlier.classes[earlier.answered]
    n, m = len(data.classes), len(old[1])
    parts = [old[0].iloc[:50], data.features, old[0].iloc[50:]]
    return replace(
        data,
        features=pd.concat(parts, ignore_index=True),
        classes=np.concatenate([old[1][:50], data.classes, old[1][50:]]),
        target=np.isin(np.arange(n + m), np.arange(50, 50 + n)),
        invited=np.concatenate([np.ones(50, dtype=np.bool_), data.invited, np.ones(m - 50, dtype=np.bool_)]),
        persons=np.arange(n + m),
    )


def partly_invited(data: SurveyData, share: float = 0.3) -> SurveyData:
    invited = np.random.default_rng(3).random(len(data.classes)) < share
    return replace(data, invited=invited, classes=np.where(invited, data.classes, -1))


def studied(data: SurveyData, *, random_state: int = 0) -> Study:
    design = OutcomeDesign.of(data)
    margins = crossfit_repeats(data, design, classifier=classifier_of(MODEL), folds=2, repeats=2, random_state=0)
    segments = pd.DataFrame({"third": np.array(list("abc"))[np.arange(data.target.sum()) % 3]})
    return study_of(StudyInputs(data, design, margins, (1,), MODEL, OPTIONS, segments, random_state))


def nps_of(repeats: list[Repeat]) -> float:
    return float(np.mean([one.point.nps for one in repeats]))


def test_small_bases_are_fitted_whole():
    assert (rows_to_fit(DATA, random_state=0) == np.arange(4000)).all()
    assert (fitting_weights(DATA, np.arange(4000)) == 1.0).all()
    whole = studied(DATA)
    assert whole.plan is whole.whole
    assert whole.plan.row_weights is None


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize("data", [DATA, with_earlier_wave(DATA), partly_invited(DATA)])
def test_all_answers_are_kept_and_weights_sum_to_the_number_of_silents(data: SurveyData):
    kept = rows_to_fit(data, random_state=0)
    weights = fitting_weights(data, kept)
    assert (np.diff(kept) > 0).all()
    assert np.isin(np.flatnonzero(data.answered), kept).all()
    assert (weights[data.answered] == 1.0).all()
    most = max(data.n_answers, 500)
    for group in (~data.answered & data.invited, ~data.answered & ~data.invited):
        assert weights[group].sum() == pytest.approx(group.sum())
        assert np.isin(kept, np.flatnonzero(group)).sum() == min(most, group.sum())
    assert (weights[np.setdiff1d(np.arange(len(weights)), kept)] == 0.0).all()


@pytest.mark.usefixtures("thin")
def test_the_invited_silents_are_not_crowded_out_by_the_never_invited(monkeypatch: pytest.MonkeyPatch):
    # Where all the invited are kept, the fit is that of the whole base.
    data = partly_invited(DATA)
    monkeypatch.setattr(study, "_FEWEST_SILENTS", 1000)
    thinned = studied(data)
    assert thinned.whole.wave.headline == "selection"
    assert len(thinned.plan.data.classes) < 2500
    monkeypatch.setattr(study, "_FEWEST_SILENTS", 10_000)
    assert nps_of(thinned.repeats) == pytest.approx(nps_of(studied(data).repeats), abs=0.5)


@pytest.mark.usefixtures("thin")
def test_every_silent_customer_is_in_the_estimate():
    thinned = studied(DATA)
    one, sample = thinned.repeats[0].point, thinned.whole.wave.sample
    assert len(one.silent_probabilities) == 4000
    silent = ~DATA.answered
    expected = one.silent_probabilities @ CLASS_VALUES
    gap = one.corrections[~silent] @ (CLASS_VALUES[DATA.classes[~silent]] - expected[~silent])
    assert one.nps == pytest.approx(expected[silent].mean() + gap, abs=1e-9)
    assert (sample.weights > 0).sum() < 2000


@pytest.mark.usefixtures("thin")
def test_a_replicate_sees_the_kept_rows_only_and_aligned():
    data = with_earlier_wave(DATA)
    thinned = studied(data)
    kept, plan = rows_to_fit(data, random_state=0), thinned.plan
    assert (plan.data.classes == data.classes[kept]).all()
    assert (plan.data.target == data.target[kept]).all()
    assert (plan.wave.rows == np.flatnonzero(plan.data.target)).all()
    assert (plan.wave.sample.classes == plan.data.classes[plan.data.target]).all()
    assert plan.row_weights == pytest.approx(fitting_weights(data, kept)[kept])
    rows = kept[data.target[kept]] - 50
    assert (plan.segmentations[0].codes == rows % 3).all()
    assert (plan.design.design == thinned.whole.design.design[kept]).all()
    assert (plan.wave.sample.drivers == thinned.whole.wave.sample.drivers[rows]).all()
    assert np.isfinite(
        [one.by_assumption["selection"] for one in bootstrap(plan, replicates=3, random_state=0)]
    ).all()


def test_with_four_silents_an_answer_the_estimate_hardly_moves(monkeypatch: pytest.MonkeyPatch):
    # Root mean square over four draws of the silents, against the error of the estimate itself.
    data = survey(6000, intercept=-2.6)
    whole = studied(data)
    error = np.std([one.by_assumption["selection"] for one in bootstrap(whole.plan, replicates=60, random_state=0)])
    monkeypatch.setattr(study, "_FEWEST_SILENTS", 100)
    every = [studied(data, random_state=state) for state in range(4)]
    assert all(len(one.plan.data.classes) == 5 * data.n_answers for one in every)
    gaps = np.array([nps_of(one.repeats) for one in every]) - nps_of(whole.repeats)
    assert 0 < np.mean(gaps**2) ** 0.5 < 0.5 * error
    draws = bootstrap(every[0].plan, replicates=60, random_state=0)
    thinned_error = np.std([one.by_assumption["selection"] for one in draws])
    assert thinned_error == pytest.approx(error, rel=0.5)


@pytest.mark.usefixtures("thin")
def test_segments_of_a_thinned_base_add_up():
    thinned = studied(DATA)
    got = report_of(thinned, draws_of(thinned), OPTIONS, random_state=0)
    third = got.segments
    silent = third["n"] - third["n_respondents"]
    assert silent.sum() == got.silent.n == (~DATA.answered).sum()
    assert (third["value"] @ silent) / silent.sum() == pytest.approx(got.silent.value, abs=1e-9)
    assert (third["base_value"] @ third["n"]) / 4000 == pytest.approx(got.base.value, abs=1e-9)


def draws_of(made: Study) -> list[Replicate]:
    return bootstrap(made.plan, replicates=10, random_state=0)


@pytest.mark.usefixtures("thin")
def test_the_drawn_silents_follow_the_random_state():
    one, again, other = (studied(DATA, random_state=state) for state in (0, 0, 1))
    assert nps_of(one.repeats) == nps_of(again.repeats)
    assert [a.by_assumption for a in draws_of(one)[:1]] == [a.by_assumption for a in draws_of(again)[:1]]
    assert nps_of(one.repeats) != nps_of(other.repeats)


def test_later_repeats_begin_where_the_first_ended_and_end_where_they_would_alone():
    made = studied(DATA)
    alone = study.analysed(made.margins[1:], made.whole.wave, (1,), prior_sd=0.5)[0]
    assert made.repeats[1].point.nps == pytest.approx(alone.point.nps, abs=0.5)
    assert made.repeats[1].point.selection.gamma == pytest.approx(alone.point.selection.gamma, abs=0.05)
