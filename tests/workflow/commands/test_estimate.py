"""Estimate, scores and the served model say the same number; MLflow has everything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from silentnps.bundle.bundle import load_bundle
from silentnps.features.learned.learned_features import LEARNED_FEATURES
from silentnps.scoring.batch import SCORE_COLUMNS
from silentnps.workflow.artifacts.estimate import read_estimate, write_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.commands.demo import true_nps


@pytest.fixture(scope="module")
def client(project: Project) -> MlflowClient:
    return MlflowClient(store_of(project).uri)


@pytest.fixture
def served(project: Project, monkeypatch: pytest.MonkeyPatch) -> mlflow.pyfunc.PyFuncModel:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_of(project).uri)
    return mlflow.pyfunc.load_model(f"models:/{store_of(project).model}@challenger")


def scores_of(project: Project) -> pd.DataFrame:
    return pd.read_parquet(project.scores)


def test_the_mean_of_the_silents_scores_is_the_estimate(project: Project) -> None:
    scores = scores_of(project)
    silent = scores[scores["source"] == "model"]
    assert silent["expected_nps"].mean() == pytest.approx(read_estimate(project).silent.value, abs=1e-9)
    from_probabilities = 100 * (silent["p_promoter"] - silent["p_detractor"])
    np.testing.assert_allclose(silent["expected_nps"], from_probabilities, atol=1e-9)


def test_the_mean_of_everybodys_scores_is_the_estimate_of_the_base(project: Project) -> None:
    assert scores_of(project)["expected_nps"].mean() == pytest.approx(read_estimate(project).base.value, abs=1e-9)


def test_a_respondent_has_the_score_of_his_rating(project: Project) -> None:
    scores = scores_of(project)
    frame = read_features(project).set_index(["wave", "customer_id"])["rating"]
    asked = scores[scores["source"] == "survey"]
    rating = frame.loc[list(zip(asked["wave"], asked["customer_id"], strict=True))].to_numpy()
    expected = np.select([rating <= 6, rating <= 8], [-100.0, 0.0], 100.0)
    np.testing.assert_array_equal(asked["expected_nps"], expected)


def test_everybody_of_the_wave_is_scored_once_in_the_documented_columns(project: Project) -> None:
    scores, frame = scores_of(project), read_features(project)
    assert tuple(scores.columns[: len(SCORE_COLUMNS)]) == SCORE_COLUMNS
    assert scores["customer_id"].is_unique
    assert len(scores) == (frame["wave"] == frame["wave"].max()).sum()
    np.testing.assert_allclose(scores[["p_detractor", "p_passive", "p_promoter"]].sum(axis=1), 1.0, atol=1e-12)


def test_labels_come_in_about_the_estimated_shares(project: Project) -> None:
    scores = scores_of(project)
    labels = scores.loc[scores["source"] == "model", "nps_class"].value_counts(normalize=True)
    for name, share in json.loads((project.estimate / "estimate.json").read_text())["shares"].items():
        assert labels[name] == pytest.approx(share, abs=0.01)


def test_the_registered_model_scores_as_the_command_does(
    project: Project, served: mlflow.pyfunc.PyFuncModel
) -> None:
    wave = load_bundle(project.model).info["wave"]
    frame = pd.read_parquet(project.features)
    frame = frame[frame["wave"] == wave].reset_index(drop=True)
    scores = scores_of(project).set_index("customer_id").loc[frame["customer_id"]]
    rows = frame.drop(columns=["customer_id", "wave", "as_of", "respondent", "rating", "reminders"])
    found = served.predict(rows)
    silent = (scores["source"] == "model").to_numpy()
    np.testing.assert_array_equal(found.loc[silent, "expected_nps"], scores.loc[silent, "expected_nps"])
    np.testing.assert_array_equal(found["p_promoter"], scores["p_promoter"])
    assert found["expected_nps"][silent].mean() == pytest.approx(read_estimate(project).silent.value, abs=1e-9)


def test_mlflow_lists_the_training_with_its_candidates(project: Project, client: MlflowClient) -> None:
    experiment = client.get_experiment_by_name("demo")
    runs = client.search_runs([experiment.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    tags = [run.data.tags for run in runs if "mlflow.parentRunId" in run.data.tags]
    children = {found["silentnps.candidate"] for found in tags}
    assert len(parents) == 1
    assert children == set(project.config.model.candidates)
    metrics, params = parents[0].data.metrics, parents[0].data.params
    assert metrics["silent/nps"] == pytest.approx(read_estimate(project).silent.value)
    assert metrics["silent/nps_low"] < metrics["silent/nps"] < metrics["silent/nps_high"]
    assert {"cv/rps", "cv/log_loss", "validation/base_rate_detractor", "weighted/lift_at_10_detractor"} <= set(
        metrics
    )
    assert params["candidate"] in children
    first = ["silent/nps", "silent/nps_low", "silent/nps_high", "base/nps", "survey/nps", "cv/rps", "cv/log_loss"]
    assert list(metrics)[:7] == first  # the page of a run has them as they are stored
    history = client.get_metric_history(parents[0].info.run_id, "silent/nps_low")
    assert [metric.value for metric in history] == [-100.0, metrics["silent/nps_low"]]
    (base,) = (metric.value for metric in client.get_metric_history(parents[0].info.run_id, "base/nps")[:1])
    assert base == pytest.approx(metrics["base/nps"], abs=1e-6)


def test_mlflow_keeps_plots_configuration_and_estimate(project: Project, client: MlflowClient) -> None:
    run = json.loads((project.output / "run.json").read_text())["run_id"]
    paths = {
        item.path
        for folder in ("plots", "configuration", "estimate", "evaluation", "features", "model_card")
        for item in client.list_artifacts(run, folder)
    }
    assert {
        "plots/reliability.png",
        "plots/shap_summary.png",
        "configuration/config.json",
        "evaluation/metrics.csv",
        "features/features.md",
        "model_card/model_card.md",
    } <= paths
    assert {"estimate/estimate.json", "estimate/segments.csv"} <= paths


def test_the_store_leaves_no_trace_in_mlflows_settings(project: Project) -> None:
    assert not Path("mlflow.db").exists()
    assert store_of(project).uri not in mlflow.get_tracking_uri()


def test_segments_of_a_segmentation_add_up_to_the_silent(project: Project) -> None:
    report = read_estimate(project)
    for _, rows in report.segments.groupby("segmentation"):
        silent = rows["n"] - rows["n_respondents"]
        assert (rows["value"] * silent).sum() / silent.sum() == pytest.approx(report.silent.value, abs=1e-6)


def test_the_interval_is_wider_than_the_survey_pretends_and_covers_the_truth_here(
    project: Project, retailer: Path
) -> None:
    report = read_estimate(project)
    survey = report.by_assumption.set_index("assumption").loc["survey"]
    assert report.silent.high - report.silent.low > survey["high"] - survey["low"]
    assert report.silent.low <= true_nps(retailer, "2025-Q4") <= report.silent.high


def test_the_report_holds_the_headline(project: Project) -> None:
    text = project.report.read_text(encoding="utf-8")
    assert f"{abs(read_estimate(project).silent.value):.1f}" in text
    assert "2025-Q4" in text


def test_segments_keep_names_that_look_like_something_else(project: Project, tmp_path: Path) -> None:
    report = read_estimate(project)
    names = ["NA", "None", "01"]
    segments = report.segments.head(3).assign(segment=names)
    elsewhere = Project(project.config.model_copy(update={"output": tmp_path}))
    write_estimate(elsewhere, replace(report, segments=segments), model_digest="any")
    assert read_estimate(elsewhere).segments["segment"].tolist() == names


def test_learned_columns_of_the_saved_model_are_those_of_its_training_bit_for_bit(project: Project) -> None:
    bundle = load_bundle(project.model)
    trained = read_out_of_fold(project, bundle).rows
    served = bundle.complete(read_features(project))
    keys = ["customer_id", "wave"]
    served = trained[keys].merge(served, on=keys, how="left")
    assert bundle.learned.names == LEARNED_FEATURES
    for name in LEARNED_FEATURES:
        np.testing.assert_array_equal(served[name].to_numpy(), trained[name].to_numpy(), err_msg=name)
        assert trained[name].nunique() > 100
