"""The judgement of a training: every table is there, on odd answers too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, TEN, survey

from silentnps.bundle.label_rule import fit_labels
from silentnps.config import LabelsConfig, ProjectConfig
from silentnps.errors import ConfigError
from silentnps.evaluation import silent_weights
from silentnps.outcome.survey_data import SurveyData
from silentnps.training.train import Training, train_model
from silentnps.workflow.judge import judge, silent_metrics, write_evaluation

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


@pytest.mark.slow
def test_a_training_is_judged_with_and_without_weights_by_segment_and_group(training: Training, tmp_path: Path):
    config = configured(fairness=["channel"], learning_curve=True)
    found, pictures = judge(training, DATA, DATA.features, config, tmp_path)()
    assert set(found.metrics["weighting"]) == {"answers", "silents"}
    assert set(found.segments["level"].dropna()) >= {"app", "store", "web"}
    assert not found.fairness.empty
    assert found.learning is not None
    assert {"weighted/rps", "weighted/lift_at_10_detractor", "weighted/ece_passive"} <= set(silent_metrics(found))
    files = [*pictures, *write_evaluation(tmp_path, found, training, config)]
    names = {path.name for _, path in files}
    assert {"model_card.md", "reliability.png", "gains.png", "learning_curve.png", "metrics.csv"} <= names
    assert all(path.stat().st_size > 0 for _, path in files)


def test_a_learning_curve_is_made_on_demand(training: Training, tmp_path: Path):
    assert judge(training, DATA, DATA.features, configured(), tmp_path)()[0].learning is None


def test_a_fairness_column_that_is_no_feature_is_named(training: Training, tmp_path: Path):
    with pytest.raises(ConfigError, match="fairness must be columns of the features; got 'income'"):
        judge(training, DATA, DATA.features, configured(fairness=["income"]), tmp_path)


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


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rare class", "no passives", "empty columns"])
def test_odd_answers_are_trained_on_and_judged(kind: str, tmp_path: Path):
    data = odd(kind)
    training = described(trained(data))
    assert np.isfinite(training.nps_silent)
    found, _ = judge(training, data, data.features, configured(), tmp_path)()
    files = write_evaluation(tmp_path, found, training, configured())
    card = dict((path.name, path) for _, path in files)["model_card.md"].read_text(encoding="utf-8")
    assert "nan" not in card.lower().replace("finance", "")
    assert all(np.isfinite(value) for value in silent_metrics(found).values())


GOALS = {
    "shares": {},
    "macro_f1": {"goal": "macro_f1"},
    "qwk": {"goal": "qwk"},
    "cost": {"goal": "cost", "cost": ((0.0, 5.0, 9.0), (1.0, 0.0, 1.0), (1.0, 0.5, 0.0))},
}


def labelled(training: Training, goal: str) -> Training:
    """Return the training with the rule that another goal makes of its scores of the silent."""
    bundle, silent = training.bundle, np.flatnonzero(~DATA.answered)
    law = bundle.silent_probabilities(DATA.features.iloc[silent], DATA.invited[silent])
    rule = fit_labels(law, law.mean(axis=0), LabelsConfig.model_validate(GOALS[goal]))
    return replace(training, bundle=replace(bundle, labels=rule))


def counted_by_hand(training: Training, weighting: str) -> np.ndarray:
    """Return the confusion of the shipped rule, answer by answer, without the code that is tested."""
    bundle, rows = training.bundle, np.flatnonzero(DATA.answered)
    weights = silent_weights(training.wave, training.repeats).take(rows)
    table = np.zeros((3, 3))
    for row, (law, true) in enumerate(zip(training.out_of_fold, DATA.classes[rows], strict=True)):
        count = 1.0
        if weighting == "silents":
            law, count = law * weights.by_class[row] * np.exp(bundle.step), weights.weights[row]
        law = law / law.sum()
        expected = 100 * (law[2] - law[0])
        cuts = bundle.labels.cuts
        said = int(expected >= cuts[0]) + int(expected >= cuts[1])
        if bundle.labels.cost is not None:
            said = int(np.argmin([law @ bundle.labels.cost[:, label] for label in range(3)]))
        table[true, said] += count
    return table / table.sum()


@pytest.mark.slow
@pytest.mark.parametrize("goal", GOALS)
def test_what_is_measured_of_labels_is_what_the_shipped_rule_says(training: Training, goal: str, tmp_path: Path):
    one = labelled(training, goal)
    found, _ = judge(one, DATA, DATA.features, configured(learning_curve=False), tmp_path)()
    metrics = found.metrics.set_index(["weighting", "metric"])["value"]
    for weighting in ("answers", "silents"):
        table = counted_by_hand(one, weighting)
        mine = found.confusion[found.confusion["weighting"] == weighting]["count"].to_numpy().reshape(3, 3)
        assert mine / mine.sum() == pytest.approx(table, abs=1e-9)
        sizes = table.sum(axis=0) + table.sum(axis=1)
        assert metrics[weighting, "macro_f1"] == pytest.approx(np.mean(2 * np.diag(table) / sizes))
        apart = np.subtract.outer(np.arange(3), np.arange(3)) ** 2
        chance = np.outer(table.sum(axis=1), table.sum(axis=0))
        assert metrics[weighting, "qwk"] == pytest.approx(1 - (apart * table).sum() / (apart * chance).sum())
    assert silent_metrics(found)["weighted/macro_f1"] == metrics["silents", "macro_f1"]


@pytest.mark.slow
def test_the_goal_of_the_labels_changes_their_metrics_and_nothing_else(training: Training, tmp_path: Path):
    config = configured(learning_curve=False)
    told = {
        goal: silent_metrics(judge(labelled(training, goal), DATA, DATA.features, config, tmp_path)()[0])
        for goal in GOALS
    }
    assert len({values["weighted/macro_f1"] for values in told.values()}) == len(GOALS)
    assert len({values["weighted/rps"] for values in told.values()}) == 1
