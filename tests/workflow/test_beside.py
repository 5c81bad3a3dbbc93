"""What is drawn beside a training: the reasons of its silent customers, from its model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, TEN, survey

from silentnps.config import ProjectConfig
from silentnps.explanation.contributions.explain import compute_background, explain
from silentnps.explanation.feature_groups import correlation_dendrogram
from silentnps.tracking.process import process_of_its_own
from silentnps.training.train import Training, train_model
from silentnps.workflow import figures
from silentnps.workflow.beside import begin_pictures
from silentnps.workflow.explain_training import ExplainedScores
from silentnps.workflow.judge import judge

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


@pytest.mark.slow
def test_another_process_makes_the_same(training: Training, explained: ExplainedScores, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    config = ProjectConfig.model_validate(
        {
            "name": "shop",
            "tables": {"customers": {"path": "customers.csv"}},
            "output": "out",
            "model": QUICK.model_dump(),
        }
    )
    found, pictures = judge(training, DATA, DATA.features, config, ours)()
    drawn = begin_pictures(ours, DATA, training, explained)()
    with process_of_its_own() as tracker:
        judged = judge(training, DATA, DATA.features, config, theirs, tracker=tracker)
        begun = begin_pictures(theirs, DATA, training, explained, tracker=tracker)
        lost = begin_pictures(tmp_path / "none", DATA, training, explained, tracker=tracker)
        assert [path.name for _, path in begun()] == [path.name for _, path in drawn]
        assert [path.name for _, path in judged()[1]] == [path.name for _, path in pictures]
        for name in ("metrics", "reliability", "confusion", "gains", "segments", "fairness"):
            pd.testing.assert_frame_equal(getattr(judged()[0], name), getattr(found, name))
        with pytest.raises(FileNotFoundError, match="none"):
            lost()
    for path in ours.iterdir():
        assert (theirs / path.name).read_bytes() == path.read_bytes()
