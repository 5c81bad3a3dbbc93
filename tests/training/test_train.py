"""Training: the choice, the scores that add up, few answers, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, TEN, first_answers, recoded, survey

from silentnps.bundle.bundle import expected_nps
from silentnps.config import EstimationConfig
from silentnps.errors import DataError
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.outcome_model import OutcomeDesign
from silentnps.outcome.survey_data import SurveyData
from silentnps.training.candidate_comparison import choose, compare_candidates, cross_fit_candidates
from silentnps.training.train import Training, train_model

DATA = survey(1200)


def train(data: SurveyData, **options: float) -> Training:
    return train_model(data, model=QUICK, estimation=EstimationConfig(**options), random_state=0)


@pytest.fixture(scope="module")
def trained() -> Training:
    return train(DATA)


def scores_of(training: Training, data: SurveyData) -> np.ndarray:
    silent = ~data.answered & data.target
    law = training.bundle.silent_probabilities(data.features[silent], data.invited[silent])
    return expected_nps(law)


def test_the_scores_of_the_silent_average_to_the_estimate(trained: Training):
    assert scores_of(trained, DATA).mean() == pytest.approx(trained.nps_silent, abs=1e-9)


def test_the_scores_average_to_the_estimate_with_customers_never_invited():
    data = replace(DATA, invited=DATA.answered | (np.arange(1200) % 3 > 0))
    training = train(data)
    assert scores_of(training, data).mean() == pytest.approx(training.nps_silent, abs=1e-9)


def test_labels_come_in_the_estimated_shares(trained: Training):
    silent = ~DATA.answered
    law = trained.bundle.silent_probabilities(DATA.features[silent], DATA.invited[silent])
    labels = np.bincount(trained.bundle.labels.codes(law), minlength=3) / silent.sum()
    assert labels == pytest.approx(law.mean(axis=0), abs=0.01)


def test_every_candidate_is_compared_and_no_baseline_is_chosen(trained: Training):
    untuned = [name for name, one in CANDIDATES.items() if one.size != "tuned"]
    assert trained.metrics["candidate"].tolist() == untuned
    never = [name for name, one in CANDIDATES.items() if one.comparison]
    assert trained.metrics.loc[trained.metrics["baseline"], "candidate"].tolist() == never
    assert not CANDIDATES[trained.candidate].comparison
    assert trained.bundle.components == CANDIDATES[trained.candidate].components
    assert trained.bundle.info["candidate"] == trained.candidate


def test_the_simplest_candidate_within_one_standard_error_of_the_best_is_chosen():
    table = pd.DataFrame(
        {
            "candidate": ["prior", "stack_long", "stack", "ordinal", "logistic"],
            "baseline": [True, False, False, False, False],
            "rps_gap": [-0.1, 0.0, 0.001, 0.002, 0.1],
            "rps_gap_se": [0.0, 0.0, 0.0015, 0.0015, 0.0015],
        }
    )
    assert choose(table, few_answers=False) == "stack"
    assert choose(table.assign(rps_gap_se=0.0), few_answers=False) == "stack_long"
    assert choose(table, few_answers=True) == "logistic"


def test_models_beat_the_prior_out_of_fold(trained: Training):
    rps = trained.metrics.set_index("candidate")["rps"]
    assert rps["logistic"] < rps["prior"] - 0.02
    assert rps["stack"] < rps["prior"] - 0.02
    assert trained.out_of_fold.shape == (DATA.n_answers, 3)


def test_features_of_noise_do_not_beat_the_prior():
    # Out of fold there is nothing to gain from noise: margins that saw their answers would gain much.
    rng = np.random.default_rng(0)
    noise = pd.DataFrame(rng.normal(size=(1200, 6)), columns=list("abcdef"))
    data = replace(DATA, features=noise, response_drivers=tuple("abcdef"), shadow_features=())
    candidates = cross_fit_candidates(data, OutcomeDesign(data), QUICK, random_state=0)
    rps = compare_candidates(candidates)[0].set_index("candidate")["rps"]
    assert rps["ordinal"] > rps["prior"] - 0.002
    assert rps["logistic"] > rps["prior"] - 0.002


@pytest.mark.slow
def test_the_same_state_trains_the_same_model_and_another_one_another(trained: Training):
    again, other = train(DATA), train_model(DATA, model=QUICK, estimation=EstimationConfig(), random_state=1)
    assert again.nps_silent == trained.nps_silent
    assert (again.margins == trained.margins).all()
    assert again.metrics.equals(trained.metrics)
    assert (scores_of(again, DATA) == scores_of(trained, DATA)).all()
    assert other.nps_silent != trained.nps_silent


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [{"trees": 40}, {"leaves": 3}, {"learning_rate": 0.2}, {"folds": 4}, {"repeats": 2}]
)
def test_every_option_of_the_model_matters(trained: Training, change: dict[str, float]):
    model = QUICK.model_copy(update=change)
    other = train_model(DATA, model=model, estimation=EstimationConfig(), random_state=0)
    assert other.margins.shape != trained.margins.shape or (other.margins != trained.margins).any()


def test_the_prior_of_selection_matters(trained: Training):
    assert train(DATA, selection_prior_sd=0.05).nps_silent != trained.nps_silent


def test_few_answers_are_missing_at_random_and_logistic():
    few = train(first_answers(DATA, 60))
    assert few.bundle.info["headline"] == "mar"
    assert few.candidate == "logistic"
    assert few.bundle.selection.gamma.tolist() == [0.0, 0.0, 0.0]


def test_no_shadow_feature_is_missing_at_random():
    none = train(replace(DATA, shadow_features=()))
    assert none.bundle.info["headline"] == "mar"
    assert none.bundle.selection.gamma.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("n_answers", "words"), [(0, "got none with a valid rating"), (29, "at least 30; got 29")])
def test_too_few_answers_are_refused(n_answers: int, words: str):
    with pytest.raises(DataError, match=words):
        train(first_answers(DATA, n_answers))


def test_answers_of_one_class_are_refused():
    with pytest.raises(DataError, match=r"at least two classes .*got one.*scale must be 0-10"):
        train(recoded(DATA, (2, 2, 2)))


def test_answers_of_another_wave_are_no_answers_of_this_one():
    data = replace(DATA, target=np.arange(1200) >= 1190)
    with pytest.raises(DataError, match="answers of the wave must be at least 30"):
        train(data)


@pytest.mark.slow
@pytest.mark.parametrize("codes", [(0, 1, 1), (1, 1, 2)])
def test_neighbouring_classes_are_enough(codes: tuple[int, int, int]):
    data = recoded(DATA, codes)
    training = train(data)
    assert scores_of(training, data).mean() == pytest.approx(training.nps_silent, abs=1e-9)


def test_detractors_and_promoters_are_enough():
    data = recoded(DATA, (0, 2, 2))
    training = train(data)
    assert scores_of(training, data).mean() == pytest.approx(training.nps_silent, abs=1e-9)


def test_earlier_waves_teach_the_model_but_are_not_estimated():
    earlier = survey(500, seed=9)
    old = earlier.answered
    both = SurveyData(
        features=pd.concat([DATA.features, earlier.features[old]], ignore_index=True),
        classes=np.concatenate([DATA.classes, earlier.classes[old]]),
        target=np.arange(1200 + old.sum()) < 1200,
        invited=np.ones(1200 + old.sum(), dtype=np.bool_),
        persons=np.arange(1200 + old.sum()),
        response_drivers=DATA.response_drivers,
        shadow_features=DATA.shadow_features,
    )
    training = train_model(both, model=QUICK, estimation=TEN, random_state=0)
    assert training.bundle.info["n_answers"] == DATA.n_answers + old.sum()
    assert training.bundle.info["n_answers_of_wave"] == DATA.n_answers
    assert training.bundle.info["n_silent"] == (~DATA.answered).sum()
    assert scores_of(training, both).mean() == pytest.approx(training.nps_silent, abs=1e-9)
