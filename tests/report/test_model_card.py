"""The model card and the pictures of an evaluation: everything in them is from the inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from silentnps.evaluation import Answers, Evaluation, SilentWeights, evaluate_answers, learning_curve
from silentnps.report.model_card import model_card
from silentnps.workflow.figures import draw_evaluation

INFO: dict[str, Any] = {
    "project": "shop",
    "wave": "2024-Q3",
    "candidate": "ordinal",
    "headline": "selection",
    "response_drivers": ["tenure", "channel"],
    "shadow_features": ["late_share"],
    "demoted_shadows": ["returns"],
    "n_answers": 1234,
    "n_answers_of_wave": 1001,
    "n_silent": 45678,
    "features_digest": "abc123",
}
SECTIONS = (
    "What it is",
    "Data",
    "Metrics",
    "Candidates and baselines",
    "Assumptions",
    "Calibration",
    "Fairness",
    "Limits",
    "Intended uses",
    "Forbidden uses",
    "How to reproduce",
)
CANDIDATES = pd.DataFrame(
    {
        "candidate": ["prior", "ordinal"],
        "baseline": [True, False],
        "rps": [0.2345, 0.1786],
        "auc_detractor": [np.nan, 0.8123],
    }
)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1.5, 1.0, 2.0], 400)
    classes = (rng.random(400)[:, None] > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    by_class = np.tile(np.exp([0.6, 0.0, -0.4]), (400, 1))
    weights = by_class[np.arange(400), classes]
    answers = Answers.of(
        probabilities, classes, np.arange(400) // 2, silent=SilentWeights(weights / weights.sum(), by_class)
    )
    curve = learning_curve(
        lambda rows, rng: {"rps": 0.15 + len(rows) ** -0.5 + rng.normal(0, 1e-4), "log_loss": rng.random()},
        np.arange(400),
        rng=rng,
    )
    groups = pd.DataFrame({"age": ["young"] * 380 + ["old"] * 20})
    return evaluate_answers(answers, rng=rng, fairness=groups, learning=curve, resamples=20)


def card(evaluation: Evaluation, **changes: Any) -> str:
    return model_card(
        INFO | changes,
        evaluation,
        candidates=CANDIDATES,
        nps_silent=-12.34,
        config_digest="cafe01",
        random_state=77,
        versions={"silentnps": "0.1.0", "lightgbm": "4.5.0"},
    )


def test_every_section_is_there_and_no_number_is_missing(evaluation: Evaluation):
    text = card(evaluation)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "nan" not in text.lower().replace("features", "")
    assert "None" not in text


def test_what_the_card_claims_is_from_its_inputs(evaluation: Evaluation):
    text = card(evaluation)
    for claim in ("2024-Q3", "1,234", "1,001", "45,678", "-12.3", "`late_share`", "`returns`", "`tenure`", "77"):
        assert claim in text
    for claim in ("cafe01", "abc123", "lightgbm 4.5.0", "| ordinal | chosen | 0.179 | 0.812 |"):
        assert claim in text
    assert "| prior | baseline | 0.234 | not defined |" in text
    rows = evaluation.metrics.set_index(["weighting", "metric"])
    for weighting in ("answers", "silents"):
        assert f"{rows.loc[(weighting, 'rps'), 'value']:.3f} [" in text


def test_the_assumption_is_stated_in_words(evaluation: Evaluation):
    assert "must not affect the willingness to answer" in card(evaluation)
    without = card(evaluation, headline="mar", shadow_features=[], demoted_shadows=[])
    assert "Missing at random" in without
    assert "contradict" not in without
    assert "shadow features: none" in without


def test_few_answers_are_a_limit(evaluation: Evaluation):
    assert "Few answers" not in card(evaluation)
    assert "Few answers: 150" in card(evaluation, n_answers_of_wave=150)


def test_suppressed_groups_and_missing_extrapolations_say_why(evaluation: Evaluation):
    text = card(evaluation)
    assert "not shown: 20 answers, fewer than 30" in text
    assert "Twice the answers would give a rps of about" in text
    assert "Twice the answers, log_loss: not extrapolated" in text


def test_every_picture_is_drawn(evaluation: Evaluation, tmp_path: Path):
    made = draw_evaluation(tmp_path, evaluation)
    assert [path.name for _, path in made] == [
        "reliability.png",
        "confusion.png",
        "gains.png",
        "learning_curve.png",
    ]
    assert all(path.stat().st_size > 5000 for _, path in made)
