"""What is drawn beside a training: the reasons of its silent customers, from its model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from surveys import QUICK, TEN, survey

from silentnps.explanation.contributions.explain import compute_background, explain
from silentnps.explanation.feature_groups import correlation_dendrogram
from silentnps.training.train import Training, train_model
from silentnps.workflow import figures
from silentnps.workflow.beside import begin_pictures
from silentnps.workflow.explain_training import ExplainedScores

DATA = survey(1000)


@pytest.fixture(scope="module")
def training() -> Training:
    return train_model(DATA, model=QUICK, estimation=TEN, random_state=0)


@pytest.fixture(scope="module")
def explained(training: Training) -> ExplainedScores:
    customers = DATA.features[~DATA.answered]
    background = compute_background(training.bundle, customers)
    found = explain(training.bundle, customers, background=background)
    return ExplainedScores(background, correlation_dendrogram(found, customers), customers, False, customers)


def test_the_pictures_are_of_the_silent_as_they_are_scored(
    training: Training, explained: ExplainedScores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(figures, "waterfall", lambda *given: drawn.append(given))
    made = begin_pictures(tmp_path, DATA, training, explained)()
    assert [path.name for _, path in made] == ["shap_summary.png", "shap_waterfall.png", "correlated.png"]
    assert all((tmp_path / name).stat().st_size > 5000 for name in ("shap_summary.png", "correlated.png"))
    ((explanation, features, row, _),) = drawn
    assert not DATA.answered[features.index].any()
    law = training.bundle.silent_probabilities(features, DATA.invited[features.index])
    assert explanation.expected_nps == pytest.approx(100 * (law[:, 2] - law[:, 0]), abs=1e-6)
    assert (explanation.expected_nps <= explanation.expected_nps[row]).mean() == pytest.approx(0.5, abs=0.01)


def test_without_silent_customers_nothing_is_drawn(
    training: Training, explained: ExplainedScores, tmp_path: Path
) -> None:
    everybody = DATA.take(np.flatnonzero(DATA.answered))
    assert begin_pictures(tmp_path, everybody, training, explained)() == []
    assert not list(tmp_path.iterdir())
