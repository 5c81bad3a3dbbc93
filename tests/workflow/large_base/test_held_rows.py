"""A large base is trained by samples: the same numbers where all are held, and sums that hold for everybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from large_project import Done, N, hold, write_large

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ConfigError, DataError
from silentnps.workflow.artifacts.every_silent import read_every_silent, representative_rows
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.explain import explain_customer
from silentnps.workflow.commands.plan import plan
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.train import train
from silentnps.workflow.large_base import feature_parts

pytestmark = pytest.mark.slow


def scores_of(done: Done) -> pd.DataFrame:
    """Return the scores of silent customers with their region."""
    features = pd.read_parquet(done.project.features, columns=["customer_id", "wave", "respondent", "region"])
    scores = pd.read_parquet(done.project.scores)
    joined = scores.merge(features[features["wave"] == scores["wave"].iloc[0]], on="customer_id")
    return joined[~joined["respondent"]]


def test_a_large_base_of_which_all_are_held_has_the_numbers_of_a_small_one(done: dict[str, Done]):
    small, large = done["whole"], done["everybody"]
    assert large.trained.training.nps_silent == pytest.approx(small.trained.training.nps_silent, abs=1e-9)
    assert large.trained.training.bundle.step == pytest.approx(small.trained.training.bundle.step, abs=1e-9)
    for one, other in ((large.report.silent, small.report.silent), (large.report.base, small.report.base)):
        assert list(one.to_dict().values()) == pytest.approx(list(other.to_dict().values()), abs=1e-8)
    for name in ("segments", "by_assumption", "segment_differences", "response_rates", "balance", "sensitivity"):
        pd.testing.assert_frame_equal(getattr(large.report, name), getattr(small.report, name), rtol=1e-8)
    assert large.report.diagnostics == pytest.approx(small.report.diagnostics, abs=1e-7)


def test_features_of_the_wave_are_those_of_a_small_base(done: dict[str, Done]):
    frames = [pd.read_parquet(done[name].project.features) for name in ("whole", "sampled")]
    small, large = (frame[frame["wave"] == "2025-Q2"].reset_index(drop=True) for frame in frames)
    pd.testing.assert_frame_equal(small, large, check_dtype=False)
    assert len(frames[1]) == len(frames[0])  # all of so few rows of the earlier wave are drawn


@pytest.mark.parametrize("route", ["whole", "everybody", "sampled"])
def test_scores_of_all_silent_customers_average_to_the_headline(done: dict[str, Done], route: str):
    scores, published = scores_of(done[route]), done[route].report
    assert len(scores) == published.silent.n
    assert scores["expected_nps"].mean() == pytest.approx(published.silent.value, abs=1e-9)
    assert done[route].trained.training.nps_silent == pytest.approx(published.silent.value, abs=1e-9)
    by_region = scores.groupby("region")["expected_nps_segment_step__region"].mean()
    segments = published.segments.set_index("segment")["value"]
    assert by_region.to_dict() == pytest.approx(segments.to_dict(), abs=1e-8)


def test_a_sample_is_held_and_everybody_is_counted(done: dict[str, Done]):
    sampled, whole = done["sampled"], done["whole"]
    held = sampled.trained.training.wave
    assert held.silent.sum() < 0.6 * whole.report.silent.n
    assert sampled.report.silent.n == whole.report.silent.n
    assert sampled.report.base.n == whole.report.base.n == N
    columns = ["segment", "n", "n_respondents", "survey_nps"]
    pd.testing.assert_frame_equal(sampled.report.segments[columns], whole.report.segments[columns])
    assert sampled.report.diagnostics["n_invited"] == whole.report.diagnostics["n_invited"]
    invited = [
        done[name].report.response_rates.groupby("feature")["n_invited"].sum() for name in ("sampled", "whole")
    ]
    assert (invited[0] - invited[1]).abs().max() <= 5  # rounded in each level


def test_the_estimate_of_a_sample_is_that_of_everybody_within_its_error(done: dict[str, Done]):
    # models are fitted on other rows in other folds: about a third of the whole standard error
    sampled, whole = done["sampled"].report, done["whole"].report
    assert abs(sampled.silent.value - whole.silent.value) < whole.silent.standard_error
    gaps = sampled.segments["value"] - whole.segments["value"]
    assert (gaps.abs() < 1.5 * whole.segments["standard_error"]).all()


def test_rows_that_represent_everybody_have_their_mix(done: dict[str, Done]):
    project = done["sampled"].project
    bundle = load_bundle(project.model)
    rows = representative_rows(project, bundle, read_out_of_fold(project, bundle).rows)
    silent = rows[(rows["wave"] == "2025-Q2") & ~rows["respondent"]]
    everybody = read_every_silent(project, bundle)
    assert everybody is not None
    assert silent["invited"].mean() == pytest.approx(everybody[1].invited.mean(), abs=0.1)
    assert read_every_silent(done["whole"].project, load_bundle(done["whole"].project.model)) is None


def test_report_reasons_and_other_segments_work_on_a_sample(done: dict[str, Done]):
    project = done["sampled"].project
    report(project)
    assert project.report.exists()
    explained = explain_customer(project, "K00007")
    scores = pd.read_parquet(project.scores).set_index("customer_id")["expected_nps"]
    assert explained.expected_nps == pytest.approx(scores["K00007"], abs=1e-9)
    with pytest.raises(DataError, match="no such id among 3,000"):
        explain_customer(project, "nobody")


def test_plan_says_that_calls_are_not_used_on_a_sample(done: dict[str, Done]):
    with pytest.raises(ConfigError, match="plan must have a base that training holds whole"):
        plan(done["sampled"].project, width=10)


def test_an_older_sample_is_gone_after_a_training_that_holds_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    project = write_large(tmp_path)
    hold(monkeypatch, rows=100, silent=600)
    monkeypatch.setattr(feature_parts, "BUCKET_ROWS", 2_500)
    train(project)
    assert len(list(project.features.glob("part-*.parquet"))) == 3
    assert project.every_silent.exists()
    other = estimate(project, by=["age"]).segments
    assert other["n"].sum() == N
    hold(monkeypatch, rows=10**9, silent=1)
    train(project)
    assert not project.every_silent.exists()
    assert project.features.is_file()
    assert not list(project.output.glob(".silent*"))


def test_buckets_and_threads_change_nothing(done: dict[str, Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project = write_large(tmp_path)
    hold(monkeypatch, rows=100, silent=600)
    monkeypatch.setattr(feature_parts, "BUCKET_ROWS", 1_000)
    again = train(project).training
    first = done["sampled"].trained.training
    assert again.nps_silent == pytest.approx(first.nps_silent, abs=1e-9)
    assert np.array_equal(again.margins, first.margins)
