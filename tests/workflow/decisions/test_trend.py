"""The trend of a trained project: what it writes, what it says it cannot know, and what must be refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from projects import run
from tiny_project import answers_of, customers, write_tiny

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ConfigError, DataError
from silentnps.estimation.trend.report import CHANGE, TrendReport
from silentnps.tracking.store import connected
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.artifacts.trend import read_trend
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.train import train
from silentnps.workflow.decisions.trend import attributes_of, compute_trend, trend
from silentnps.workflow.decisions.trend_rows import read_every_customer
from silentnps.workflow.wave_data import settled_data


@pytest.fixture(scope="module")
def told(project: Project) -> Iterator[TrendReport]:
    """Return the trend of the project by tier, which is written too, until the tests are done."""
    yield trend(project, by=["tier"])
    shutil.rmtree(project.trend)


def whole(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["segmentation"] == ""]


def test_the_last_wave_is_as_estimated(project: Project, told: TrendReport) -> None:
    estimated = read_estimate(project)
    last = whole(told.levels).iloc[-1]
    assert last["period"] == load_bundle(project.model).info["wave"]
    for name, wanted in (("silent", estimated.silent), ("base", estimated.base)):
        found = [last[f"{name}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([wanted.value, wanted.low, wanted.high], abs=1e-9)
    assert (last["n"], last["n_silent"]) == (estimated.base.n, estimated.silent.n)
    segments = estimated.segments[estimated.segments["segmentation"] == "tier"].set_index("segment")
    of_last = told.levels[(told.levels["period"] == last["period"]) & (told.levels["segmentation"] == "tier")]
    rows = of_last.set_index("segment")
    assert list(rows.index) == list(segments.index)
    for mine, theirs in (("silent", "value"), ("silent_low", "low"), ("base_high", "base_high"), ("n", "n")):
        assert rows[mine].to_numpy() == pytest.approx(segments[theirs].to_numpy(dtype=float), abs=1e-9)


def test_every_wave_is_estimated_and_counts_everybody(project: Project, told: TrendReport) -> None:
    levels, everybody = whole(told.levels), read_every_customer(project, [])
    assert levels["period"].tolist() == everybody.waves
    assert levels["n"].tolist() == [len(everybody.of(wave)) for wave in everybody.waves]
    assert levels["n_answers"].tolist() == [everybody.n_answers(wave) for wave in everybody.waves]
    assert levels["n_invited"].tolist() == [int(everybody.of(wave)["invited"].sum()) for wave in everybody.waves]
    for of in ("survey", "silent", "base"):
        assert ((levels[f"{of}_low"] < levels[of]) & (levels[of] < levels[f"{of}_high"])).all()
    shares = levels[[f"base_{name}_share" for name in ("detractor", "passive", "promoter")]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-9)
    nps = 100.0 * (levels["base_promoter_share"] - levels["base_detractor_share"])
    assert nps.to_numpy() == pytest.approx(levels["base"].to_numpy(), abs=1e-6)


def test_segments_count_everybody_in_every_wave(told: TrendReport) -> None:
    by_tier = told.levels[told.levels["segmentation"] == "tier"]
    sums = by_tier.groupby("period")[["n", "n_answers", "n_invited", "n_silent"]].sum()
    assert (sums.to_numpy() == whole(told.levels).set_index("period")[list(sums)].to_numpy()).all()
    weighted = (by_tier["silent"] * by_tier["n_silent"]).groupby(by_tier["period"]).sum() / sums["n_silent"]
    assert weighted.to_numpy() == pytest.approx(whole(told.levels)["silent"].to_numpy(), abs=1e-6)


def test_changes_are_differences_of_levels(told: TrendReport) -> None:
    levels = told.levels.set_index(["period", "segmentation", "segment"])
    pairs = set(zip(told.changes["before"], told.changes["after"], strict=True))
    waves = whole(told.levels)["period"].tolist()
    assert pairs == {*pairwise(waves), (waves[0], waves[-1])}
    for row in told.changes.to_dict("records"):
        ends = [levels.loc[(row[at], row["segmentation"], row["segment"]), row["of"]] for at in ("before", "after")]
        assert row["change"] == pytest.approx(ends[1] - ends[0], abs=1e-9)
        assert (row["p_value"] < 0.05) is not (row["low"] <= 0.0 <= row["high"])
        assert row["smallest_change"] > row["standard_error"]


def test_parts_add_up(told: TrendReport) -> None:
    parts = told.why[told.why["part"] != CHANGE].groupby(["before", "after", "of"], sort=False)["points"].sum()
    totals = told.why[told.why["part"] == CHANGE].set_index(["before", "after", "of"])["points"]
    assert len(totals) == 9
    assert (parts - totals).abs().max() < 1e-9
    changes = whole(told.changes).set_index(["before", "after", "of"])["change"]
    assert (changes.loc[totals.index] - totals).abs().max() < 1e-9
    assert (told.why["low"] <= told.why["points"]).all()


def test_the_tables_are_read_back(project: Project, told: TrendReport) -> None:
    digest = str(load_bundle(project.model).info["out_of_fold_digest"])
    kept = read_trend(project, model_digest=digest)
    assert kept is not None
    for name in ("levels", "changes", "why"):
        pd.testing.assert_frame_equal(getattr(kept.report, name), getattr(told, name), check_dtype=False)
    assert kept.report.no_change == pytest.approx(told.no_change)
    assert read_trend(project, model_digest="another") is None


def test_the_tables_are_in_the_run_of_the_model(project: Project, told: TrendReport) -> None:
    registered = read_run(project)
    assert registered is not None
    with connected(store_of(project)) as client:  # which leaves MLflow's address as it was
        files = client.list_artifacts(registered.run_id, "trend")
    assert {Path(file.path).name for file in files} == {"trend.json", "levels.csv", "changes.csv", "why.csv"}
    assert len(told.levels)


@pytest.mark.slow
def test_a_period_of_two_waves_counts_both(project: Project, told: TrendReport) -> None:
    """Waves put together by hand: two quarters of the year."""
    by_quarter = compute_trend(project, load_bundle(project.model), freq="quarter")
    assert by_quarter.levels["period"].tolist() == whole(told.levels)["period"].tolist()
    assert by_quarter.levels["base"].to_numpy() == pytest.approx(whole(told.levels)["base"].to_numpy())


def test_who_a_customer_is_are_attributes_and_tenure(project: Project) -> None:
    bundle = load_bundle(project.model)
    data = settled_data(read_out_of_fold(project, bundle).rows, bundle.info, project.config.features)
    names = set(attributes_of(data))
    assert {"region", "tier", "age_band", "customers_tenure_days"} <= names
    assert not any(name.startswith(("orders_", "support_", "responses_", "invitations_")) for name in names)


def linked(project: Project, folder: Path) -> Project:
    for name in ("model", "out_of_fold"):
        (folder / name).symlink_to(project.output / name)
    return Project(project.config.model_copy(update={"output": folder}))


def test_features_that_were_built_again_from_other_tables_are_refused(project: Project, tmp_path: Path) -> None:
    frame = pd.read_parquet(project.features)
    frame.loc[frame["wave"] == frame["wave"].min(), "respondent"] = False
    other = linked(project, tmp_path)
    frame.to_parquet(other.features)
    with pytest.raises(DataError, match="must have the features of the training"):
        trend(other)


@pytest.mark.slow
def test_a_wave_without_answers_is_named_and_left_out(project: Project, tmp_path: Path) -> None:
    frame = pd.read_parquet(project.features)
    empty = frame[frame["wave"] == frame["wave"].min()].assign(wave="2024-Q4", respondent=False, rating=np.nan)
    other = linked(project, tmp_path)
    pd.concat([empty, frame]).to_parquet(other.features)
    found = trend(other)
    assert found.notes[0] == "wave 2024-Q4 has no answers and is left out"
    assert "2024-Q4" not in set(found.levels["period"])


def test_a_column_that_is_none_is_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"must be columns? of .*got 'nothing'"):
        trend(project, by=["nothing"])


def test_a_damaged_trend_is_told(project: Project, told: TrendReport, tmp_path: Path) -> None:
    other = Project(project.config.model_copy(update={"output": tmp_path}))
    shutil.copytree(project.trend, other.trend)
    (other.trend / "trend.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="Run `silentnps trend` again"):
        read_trend(other, model_digest="any")
    assert len(told.levels)


@pytest.mark.slow
def test_the_report_has_the_trend_on_its_page(project: Project, told: TrendReport, tmp_path: Path) -> None:
    other = linked(project, tmp_path)
    for name in ("reasons", "estimate", "trend", "features.parquet"):
        (tmp_path / name).symlink_to(project.output / name)
    report(other)
    page = other.report.read_text(encoding="utf-8")
    for words in ("How it changed", "Why it moved", "who the customers are (mix)", "= change of the survey"):
        assert words in page
    assert page.count("Why it moved") == 1
    assert len(told.levels)


@pytest.mark.slow
def test_one_wave_has_no_change_and_says_so(tmp_path: Path) -> None:
    people = customers(300)
    project = write_tiny(tmp_path, people, answers_of(people[:90]))
    train(project)
    code, out, err = run("trend", "-c", tmp_path / "config.yaml", "--by", "region")
    assert code == 0, err
    assert "is the only wave with answers, so there is no change yet" in " ".join(err.split())
    assert "Changes between periods" not in out
    levels = pd.read_csv(project.trend / "levels.csv")
    assert levels["segmentation"].isna().sum() == 1
    assert pd.read_csv(project.trend / "changes.csv").empty
