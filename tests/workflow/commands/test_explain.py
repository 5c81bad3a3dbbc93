"""Reasons of a whole project: they add up to the scores that were written, and can be asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from silentnps.bundle.bundle import load_bundle
from silentnps.cli import app
from silentnps.errors import DataError
from silentnps.explanation.group_difference import UNEXPLAINED
from silentnps.explanation.reasons import REASONS
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import read_reasons
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.commands.explain import explain_customer
from silentnps.workflow.commands.score import score
from silentnps.workflow.drivers import ALL, OTHERS, _segments, explain_rows, make_drivers


@pytest.fixture(scope="module")
def scores(project: Project) -> pd.DataFrame:
    return pd.read_parquet(project.scores)


def run(project: Project, *words: str) -> Result:
    config = project.output.parent / "config.yaml"
    return CliRunner().invoke(app, ["explain", *words, "-c", str(config)], env={"COLUMNS": "200"})


def test_contributions_add_up_to_the_scores_that_were_written(project: Project, scores: pd.DataFrame) -> None:
    bundle, rows = load_bundle(project.model), read_out_of_fold(project, load_bundle(project.model)).rows
    silent = rows[(rows["wave"] == bundle.info["wave"]) & ~rows["respondent"]]
    explanation = explain_rows(bundle, silent, read_reasons(project, bundle))
    written = scores.set_index("customer_id").loc[silent["customer_id"], "expected_nps"].to_numpy()
    total = explanation.base_value + explanation.contributions.sum(axis=1).to_numpy()
    np.testing.assert_allclose(total, written, atol=1e-6)


def test_agreement_with_the_reference_is_measured_and_logged(project: Project) -> None:
    from mlflow.tracking import MlflowClient

    found = read_reasons(project, load_bundle(project.model)).agreement
    assert found is not None
    assert found.n_rows == 30
    assert found.correlation > 0.95
    run_id = json.loads((project.output / "run.json").read_text(encoding="utf-8"))["run_id"]
    client = MlflowClient(store_of(project).uri)
    metrics = client.get_run(run_id).data.metrics
    assert metrics["reasons/r"] == pytest.approx(found.correlation)
    plots = {Path(each.path).name for each in client.list_artifacts(run_id, "plots")}
    assert {"shap_summary.png", "shap_waterfall.png", "correlated.png"} <= plots


def test_drivers_of_each_segment_and_the_rest_sum_to_the_difference_of_the_estimates(project: Project) -> None:
    table = pd.read_csv(project.drivers / "segments.csv", keep_default_na=False, na_values=[""])
    report = read_estimate(project)
    shown = report.segments[~report.segments["suppressed"]].set_index(["segmentation", "segment"])["value"]
    sums = table.groupby(["segmentation", "segment"])["points"].sum()
    named = sums.drop(OTHERS, level="segment", errors="ignore")
    assert len(named) == len(shown)
    for key, total in named.items():
        assert total == pytest.approx(shown[key] - report.silent.value, abs=1e-9)
    assert (table.groupby(["segmentation", "segment"])["driver"].last() == UNEXPLAINED).all()
    with_interval = table[table["driver"] != UNEXPLAINED]
    assert (with_interval["low"] <= with_interval["points"]).all()


def test_many_segments_are_the_largest_and_the_rest_which_add_up(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from silentnps.workflow import drivers as module

    monkeypatch.setattr(module, "_MOST_SEGMENTS", 2)
    bundle, report = load_bundle(project.model), read_estimate(project)
    handed, reasons = read_out_of_fold(project, bundle), read_reasons(project, bundle)
    table = _segments(module.explained_silent(bundle, handed.rows, reasons), report)
    regions = table[table["segmentation"] == "region"]
    assert set(regions["segment"]) > {OTHERS}
    assert regions["segment"].nunique() == 3
    sizes = report.segments[report.segments["segmentation"] == "region"].set_index("segment")
    silent = sizes["n"] - sizes["n_respondents"]
    gaps = regions.groupby("segment")["points"].sum()
    weights = silent.reindex(gaps.index).fillna(silent.sum() - silent[gaps.index.drop(OTHERS)].sum())
    assert (gaps * weights).sum() / weights.sum() == pytest.approx(0.0, abs=1e-6)


def test_the_change_since_the_wave_before_is_that_of_the_scores(project: Project) -> None:
    bundle, reasons = load_bundle(project.model), read_reasons(project, load_bundle(project.model))
    customers = reasons.customers
    earlier = customers["silentnps_earlier"].to_numpy(dtype=bool)
    found = explain_rows(bundle, customers, reasons).expected_nps
    table = pd.read_csv(project.drivers / "change.csv")
    assert table["points"].sum() == pytest.approx(found[~earlier].mean() - found[earlier].mean(), abs=1e-6)
    assert table["points"].iloc[-1] == pytest.approx(0.0, abs=1e-6)


def test_the_tables_of_drivers_are_whole(project: Project) -> None:
    drivers = pd.read_csv(project.drivers / "drivers.csv")
    assert {"family", "actionable", "cluster", "sign_agreement", "stable"} <= set(drivers)
    assert drivers["sign_agreement"].dropna().between(0, 1).all()
    better = pd.read_csv(project.drivers / "improvements.csv", keep_default_na=False)
    everybody = better[better["segment"] == ALL]
    assert "every delivery on time" in set(everybody["words"])
    assert everybody["points"].is_monotonic_decreasing
    assert {"region", "tier"} <= set(better["segmentation"])
    trend = pd.read_csv(project.drivers / "trend.csv")
    assert trend["silent"].notna().sum() == 1
    assert trend["wave"].is_monotonic_increasing


def test_scores_have_reasons_of_the_silent_in_words(project: Project, scores: pd.DataFrame) -> None:
    silent = scores[scores["source"] == "model"]
    assert (scores.loc[scores["source"] == "survey", list(REASONS)] == "").all(axis=None)
    assert (silent["reasons_against"] != "").mean() > 0.9
    assert silent["reasons_for"].str.count(r" points\)").max() == 3
    assert silent["reasons_against"].str.contains("(-", regex=False).any()


def test_reasons_can_be_more_or_left_out(project: Project, scores: pd.DataFrame, tmp_path: Path) -> None:
    config = project.config.model_copy(update={"output": tmp_path})
    for name in ("model", "reasons", "features.parquet"):
        (tmp_path / name).symlink_to(project.output / name)
    other = Project(config)
    score(other, reasons=1)
    one = pd.read_parquet(other.scores)
    score(other, reasons=0)
    none = pd.read_parquet(other.scores)
    assert one["reasons_for"].str.count(r" points\)").max() == 1
    assert (none[list(REASONS)] == "").all(axis=None)
    assert none["expected_nps"].equals(scores["expected_nps"])


def test_a_customer_is_explained_on_the_terminal_and_in_a_picture(project: Project, scores: pd.DataFrame) -> None:
    worst = scores[scores["source"] == "model"].nsmallest(1, "expected_nps").iloc[0]
    done = run(project, worst["customer_id"], "--set", "support_open_cases=0")
    assert done.exit_code == 0, done.output
    assert "did not answer" in done.output
    assert f"{worst['expected_nps']:+.1f}" in done.output
    assert "with the values asked for" in done.output
    picture = project.output / "explained" / f"{worst['customer_id']}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_waterfall_adds_up_to_the_written_score(project: Project, scores: pd.DataFrame) -> None:
    silent = scores[scores["source"] == "model"].iloc[7]
    found = explain_customer(project, silent["customer_id"])
    assert found.expected_nps == pytest.approx(silent["expected_nps"], abs=1e-6)
    assert found.base_value + found.reasons["points"].sum() == pytest.approx(found.expected_nps, abs=1e-6)
    assert (found.improvements["points"] >= 0.05).all()


def test_a_customer_who_answered_is_explained_as_if_silent(project: Project, scores: pd.DataFrame) -> None:
    done = run(project, scores.loc[scores["source"] == "survey", "customer_id"].iloc[0])
    assert done.exit_code == 0, done.output
    assert "as if silent, the model says" in done.output


@pytest.mark.slow
def test_without_a_customer_the_base_is_explained(project: Project) -> None:
    done = run(project)
    assert done.exit_code == 0, done.output
    assert "By family" in done.output
    assert str(project.drivers) in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody",), "must be in the base of wave"),
        (("--set", "support_open_cases=0"), "--set needs a customer"),
        (("c0000001", "--set", "support_open_cases"), "--set must be feature=value"),
        (("c0000001", "--set", "shoe_size=41"), "got 'shoe_size'"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(project: Project, words: tuple[str, ...], said: str) -> None:
    done = run(project, *words)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_ids_that_are_no_file_names_get_pictures_of_their_own(project: Project, tmp_path: Path) -> None:
    from silentnps.workflow.commands import explain as module

    row = read_out_of_fold(project, load_bundle(project.model)).rows.head(1)
    bundle = load_bundle(project.model)
    explanation = explain_rows(bundle, row, read_reasons(project, bundle))
    other = Project(project.config.model_copy(update={"output": tmp_path}))
    paths = {module._picture(other, name, explanation, row) for name in ("../../etc", "a/b", "a_b", "ä" * 300)}
    assert len(paths) == 4
    assert all(path.parent == tmp_path / "explained" and path.exists() for path in paths)


def test_tables_are_not_written_where_there_is_no_room(project: Project, tmp_path: Path) -> None:
    bundle = load_bundle(project.model)
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    other = Project(project.config.model_copy(update={"output": blocked}))
    handed, reasons = read_out_of_fold(project, bundle), read_reasons(project, bundle)
    with pytest.raises(DataError, match="cannot be written"):
        make_drivers(other, bundle, handed, reasons, read_estimate(project))
