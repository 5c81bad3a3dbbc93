"""The model of an earlier wave: one candidate, one cross-fitting, and the estimate if it is wanted."""

from __future__ import annotations

import numpy as np
import pytest
from surveys import QUICK, TEN, survey

from silentnps.config import ProjectConfig
from silentnps.errors import DataError
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.training.earlier_wave import EarlierModel, n_fits_of, train_earlier_wave

CONFIG = ProjectConfig(
    name="shop",
    tables={"customers": {"path": "customers.csv"}},
    output="out",
    model=QUICK.model_copy(update={"trees": 5}),
    estimation=TEN,
)
DATA = survey(700)


def trained(replicates: int, told: list[int] | None = None, *, n: int = 700) -> EarlierModel:
    return train_earlier_wave(
        DATA if n == 700 else survey(n),
        candidate="stack",
        config=CONFIG,
        learned=LearnedFeatures(None),
        replicates=replicates,
        progress=None if told is None else told.append,
    )


def test_scores_average_to_the_estimate_and_every_fit_is_told() -> None:
    told: list[int] = []
    model = trained(10, told)
    silent = np.flatnonzero(~DATA.answered)
    means = model.bundle.silent_probabilities(DATA.features.iloc[silent], DATA.invited[silent]).mean(axis=0)
    assert means @ CLASS_VALUES == pytest.approx(model.repeats[0].point.nps, abs=1e-6)
    assert sum(told) == n_fits_of(CONFIG, 10)
    assert model.drawn is not None
    assert model.out_of_fold.shape == (DATA.n_answers, 3)


def test_without_replicates_the_model_is_the_same_and_has_no_interval() -> None:
    told: list[int] = []
    model, other = trained(0, told), trained(10)
    assert model.drawn is None
    assert sum(told) == n_fits_of(CONFIG, 0)
    np.testing.assert_array_equal(model.out_of_fold, other.out_of_fold)


def test_few_answers_take_the_logistic_candidate_and_too_few_are_refused() -> None:
    assert trained(0).bundle.components == ("trees", "linear")
    assert trained(0, n=300).bundle.components == ("linear",)
    with pytest.raises(DataError, match="30"):
        trained(0, n=40)
