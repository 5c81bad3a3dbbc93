"""The judgement of a training: every table is there, on odd answers too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.surveys import QUICK, TEN, survey
from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError
from silentnps.models.survey import SurveyData
from silentnps.models.training import Training, train_model
from silentnps.workflow.judge import judge, metrics_of_silents, write_evaluation

DATA = survey(1000)


def configured(**model: object) -> ProjectConfig:
    return ProjectConfig.model_validate(
        {
            "name": "shop",
            "tables": {"customers": {"path": "customers.csv"}},
            "output": "out",
            "estimation": {"segments": ["channel"]},
            "model": {**QUICK.model_dump(), **model},
        }
    )


def trained(data: SurveyData) -> Training:
    return train_model(data, model=QUICK, estimation=TEN, random_state=0)


def described(training: Training) -> Training:
    info = {
        **training.bundle.info,
        "project": "shop",
        "wave": "all",
        "features_digest": "a",
        "out_of_fold_digest": "b",
        "silentnps_version": "0",
    }
    return replace(training, bundle=replace(training.bundle, info=info))


@pytest.fixture(scope="module")
def training() -> Training:
    return described(trained(DATA))


def test_a_training_is_judged_with_and_without_weights_by_segment_and_group(training: Training, tmp_path: Path):
    config = configured(fairness=["channel"])
    found = judge(training, DATA, DATA.features, config)
    assert set(found.metrics["weighting"]) == {"answers", "silents"}
    assert set(found.segments["level"].dropna()) >= {"app", "store", "web"}
    assert not found.fairness.empty
    assert found.learning is not None
    assert {"silent/rps", "silent/lift_at_10_detractor", "silent/ece_passive"} <= set(metrics_of_silents(found))
    files = write_evaluation(tmp_path, found, training, config)
    names = {path.name for _, path in files}
    assert {"model_card.md", "reliability.png", "gains.png", "learning_curve.png", "metrics.csv"} <= names
    assert all(path.stat().st_size > 0 for _, path in files)


def test_the_learning_curve_can_be_left_out(training: Training):
    assert judge(training, DATA, DATA.features, configured(learning_curve=False)).learning is None


def test_a_fairness_column_that_is_no_feature_is_named(training: Training):
    with pytest.raises(ConfigError, match="fairness must be columns of the features; got 'income'"):
        judge(training, DATA, DATA.features, configured(fairness=["income"]))


def odd(kind: str) -> SurveyData:
    if kind == "rare class":  # two promoters: some folds have none
        classes = DATA.classes.copy()
        promoters = np.flatnonzero(classes == 2)
        classes[promoters[2:]] = 1
        return replace(DATA, classes=classes)
    if kind == "no passives":
        return replace(DATA, classes=np.where(DATA.classes == 1, 2, DATA.classes))
    empty = {"constant": 1.0, "nothing": np.nan, "word": pd.Series(["a"] * len(DATA.features), dtype="category")}
    return replace(DATA, features=DATA.features.assign(**empty), response_drivers=(*DATA.response_drivers, *empty))


@pytest.mark.parametrize("kind", ["rare class", "no passives", "empty columns"])
def test_odd_answers_are_trained_on_and_judged(kind: str, tmp_path: Path):
    data = odd(kind)
    training = described(trained(data))
    assert np.isfinite(training.nps_silent)
    found = judge(training, data, data.features, configured())
    files = write_evaluation(tmp_path, found, training, configured())
    card = dict((path.name, path) for _, path in files)["model_card.md"].read_text(encoding="utf-8")
    assert "nan" not in card.lower().replace("finance", "")
    assert all(np.isfinite(value) for value in metrics_of_silents(found).values())
