"""Scores add up inside segmentations, in the files; stale steps are not used, and nothing else changes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_manifest import read_manifest
from scored_project import PREFIX, Heard, assert_adds_up, labelled

from silentnps.bundle.bundle import load_bundle, signed
from silentnps.estimation.formulas.logit_shift import shifted
from silentnps.scoring.batch import SCORE_COLUMNS, score_frame
from silentnps.storage.resumable_job import Job
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.segment_steps import read_segment_steps
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.score import score
from silentnps.workflow.scoring import parts as module

MISSING = "outreach_sms_answer_share_365d"
"""A number that is missing of those who got no message; most others have 0, 1/2 or 1."""


def linked(project: Project, folder: Path) -> Project:
    """Return a project with model, features and training of another, a copy of its estimate, and its own output."""
    for name in ("model", "reasons", "features.parquet", "out_of_fold"):
        (folder / name).symlink_to(project.output / name)
    shutil.copytree(project.estimate, folder / "estimate")
    return Project(project.config.model_copy(update={"output": folder}))


@pytest.fixture
def other(project: Project, tmp_path: Path) -> Project:
    return linked(project, tmp_path)


@pytest.fixture(scope="module")
def sparse(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with scores whose segments below 200 customers are suppressed."""
    made = linked(project, tmp_path_factory.mktemp("sparse"))
    estimation = made.config.estimation.model_copy(update={"min_segment_n": 200})
    made = Project(made.config.model_copy(update={"estimation": estimation}))
    estimate(made, by=["region", MISSING])
    score(made, reasons=0)
    return made


@pytest.mark.parametrize("name", ["region", "tier"])
def test_every_segment_of_the_written_scores_averages_to_its_estimate(project: Project, name: str) -> None:
    assert_adds_up(project, name)
    assert json.loads(project.segment_steps.read_text(encoding="utf-8"))["notes"] == []


@pytest.mark.parametrize("name", ["region", MISSING])
def test_suppressed_segments_share_what_is_left_and_missing_is_a_segment(sparse: Project, name: str) -> None:
    assert_adds_up(sparse, name)
    scores, segments = labelled(sparse, name)
    rest = scores[scores["segment"].isin(segments.index[segments["suppressed"]]) & (scores["source"] == "model")]
    assert len(rest) > 0
    step = read_segment_steps(sparse, load_bundle(sparse.model)).steps[name].others
    assert step != 0.0
    np.testing.assert_array_equal(rest[PREFIX + name], shifted(rest["expected_nps"].to_numpy(), step))
    assert ("(missing)" in segments.index[~segments["suppressed"]]) == (name == MISSING)


@pytest.mark.parametrize("name", ["region", "tier"])
def test_customers_keep_their_order_within_a_segment_and_the_scale(project: Project, name: str) -> None:
    scores, _ = labelled(project, name)
    assert scores[PREFIX + name].between(-100, 100).all()
    moved = 0
    for _, rows in scores[scores["source"] == "model"].groupby("segment"):
        mine = rows.sort_values("expected_nps", kind="stable")
        assert (np.diff(mine[PREFIX + name]) >= 0).all()
        np.testing.assert_array_equal(mine["expected_nps"].rank(), mine[PREFIX + name].rank())
        moved += (mine["expected_nps"] - mine[PREFIX + name]).abs().max() > 0.01
    assert moved >= 2


def test_a_respondent_has_the_value_of_his_rating(project: Project) -> None:
    scores = pd.read_parquet(project.scores)
    asked = scores[scores["source"] == "survey"]
    for name in ("region", "tier"):
        np.testing.assert_array_equal(asked[PREFIX + name], asked["expected_nps"])


@pytest.mark.slow
def test_without_an_estimate_all_else_is_the_same_bit_for_bit_and_it_is_said(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    score(other, reasons=1)
    with_steps = pd.read_parquet(other.scores)
    shutil.rmtree(other.estimate)
    heard = Heard()
    score(other, reasons=1, watch=heard)
    assert len(heard.said) == 1
    assert "no scores that add up inside segments" in heard.said[0]
    assert "Run `silentnps estimate`" in heard.said[0]
    added = [PREFIX + "region", PREFIX + "tier"]
    pd.testing.assert_frame_equal(pd.read_parquet(other.scores), with_steps.drop(columns=added), check_exact=True)


@pytest.mark.slow
def test_the_columns_follow_the_others_in_parts_csv_and_the_manifest(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_A_PART", 700)
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 300)
    assert score(other, reasons=0, csv=True).parts > 1
    read = [pd.read_csv(path) for path in sorted(other.scores.glob("part-*.csv"))]
    found, whole = pd.concat(read, ignore_index=True), pd.read_parquet(project.scores)
    columns = [*SCORE_COLUMNS, PREFIX + "region", PREFIX + "tier"]
    assert list(found.columns[: len(columns)]) == columns
    assert read_manifest(other.scores)["key"]["columns"] == columns
    for name in columns[-2:]:
        np.testing.assert_allclose(found[name], whole[name], rtol=0, atol=1e-10)


@pytest.mark.slow
def test_an_estimate_by_nothing_gives_no_columns_and_no_words(
    other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(other, {}, monkeypatch, by=())
    heard = Heard()
    score(other, reasons=0, watch=heard)
    assert heard.said == []
    assert not [name for name in pd.read_parquet(other.scores) if name.startswith(PREFIX)]


@pytest.mark.parametrize("step", [0.1, 0.0])
def test_steps_of_another_model_are_not_used(other: Project, step: float) -> None:
    content = json.loads((other.model / "bundle.json").read_text(encoding="utf-8"))
    original = other.model.resolve()
    other.model.unlink()
    shutil.copytree(original, other.model)
    content["step"][0] += step  # the margins are the same, and so is the digest of the rows out of fold
    text = json.dumps(signed(content), indent=1, sort_keys=True)
    (other.model / "bundle.json").write_text(text, encoding="utf-8")
    heard = Heard()
    score(other, reasons=0, watch=heard)
    columns = [name for name in pd.read_parquet(other.scores) if name.startswith(PREFIX)]
    assert len(columns) == (0 if step else 2)
    assert [text for text in heard.said if "belongs to another model" in text and "silentnps estimate" in text] == (
        heard.said if step else []
    )


def test_steps_of_other_features_are_not_used(project: Project, other: Project) -> None:
    score(other, reasons=0)
    other.features.unlink()
    frame = pd.read_parquet(project.features)
    frame.assign(orders_count_90d=frame["orders_count_90d"] + 1).to_parquet(other.features, index=False)
    heard = Heard()
    score(other, reasons=0, watch=heard)
    (line,) = [line for line in heard.said if "the features must be those of the estimate" in line]
    assert "`silentnps train` and `silentnps estimate`" in line
    assert not [name for name in pd.read_parquet(other.scores) if name.startswith(PREFIX)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"bundle_digest": 1}'])
def test_damaged_steps_are_said_and_not_used(other: Project, text: str) -> None:
    other.segment_steps.write_text(text, encoding="utf-8")
    heard = Heard()
    score(other, reasons=0, watch=heard)
    assert "is damaged. Run `silentnps estimate` again" in heard.said[0]
    assert tuple(pd.read_parquet(other.scores).columns[: len(SCORE_COLUMNS)]) == SCORE_COLUMNS


def publish(
    project: Project, values: dict[str, float], monkeypatch: pytest.MonkeyPatch, *, by: tuple[str, ...]
) -> list[str]:
    """Run the estimate by some columns, with other numbers for some regions; return what it said."""
    report, heard = read_estimate(project), Heard()
    segments = report.segments[report.segments["segmentation"].isin(by)].copy()
    chosen = segments["segment"].isin(list(values)) & (segments["segmentation"] == "region")
    segments.loc[chosen, "value"] = segments.loc[chosen, "segment"].map(values)
    estimation = project.config.estimation.model_copy(update={"segments": by})
    cut = Project(project.config.model_copy(update={"estimation": estimation}))
    with monkeypatch.context() as patch:
        patch.setattr(
            "silentnps.workflow.commands.estimate.estimate_again",
            lambda *_, **__: replace(report, segments=segments),
        )
        estimate(cut, watch=heard)
    return heard.said


@pytest.mark.slow
def test_extreme_numbers_are_met_and_those_off_the_scale_are_said(
    other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = publish(other, {"north": 100.0, "south": -99.999, "west": 101.0}, monkeypatch, by=("region", "tier"))
    assert len(notes) == 1
    assert "region west: scores stay as they are" in notes[0]
    heard = Heard()
    score(other, reasons=0, watch=heard)
    assert heard.said == notes
    scores, _ = labelled(other, "region")
    silent = scores[scores["source"] == "model"].groupby("segment")
    means = silent[PREFIX + "region"].mean()
    assert means["north"] == pytest.approx(100.0, abs=1e-9)
    assert means["south"] == pytest.approx(-99.999, abs=1e-9)
    assert means["west"] == silent["expected_nps"].mean()["west"]
    assert scores[PREFIX + "region"].between(-100, 100).all()


@pytest.mark.slow
def test_a_job_that_was_stopped_begins_afresh_after_another_estimate(
    other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_A_PART", 700)
    write = Job.write

    def stop_after_two(self: Job, *rest: object) -> None:
        if len(self.parts) == 2:
            raise KeyboardInterrupt
        write(self, *rest)  # type: ignore[arg-type]

    def stopped() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Job, "write", stop_after_two)
            with pytest.raises(KeyboardInterrupt):
                score(other, reasons=0)

    stopped()
    heard = Heard()
    assert score(other, reasons=0, watch=heard).resumed == 2
    assert any("resuming after 2 parts" in text for text in heard.said)
    stopped()
    publish(other, {"north": 12.0}, monkeypatch, by=("region", "tier"))
    heard = Heard()
    assert score(other, reasons=0, watch=heard).resumed == 0
    assert any("another estimate of segments" in text and "starting over" in text for text in heard.said)
    scores, _ = labelled(other, "region")
    north = scores[(scores["source"] == "model") & (scores["segment"] == "north")]
    assert north[PREFIX + "region"].mean() == pytest.approx(12.0, abs=1e-9)


def test_a_frame_is_scored_as_the_files_are_and_without_steps_as_ever(project: Project) -> None:
    bundle, frame = load_bundle(project.model), read_features(project)
    frame = frame[frame["wave"] == bundle.info["wave"]].reset_index(drop=True)
    assert tuple(score_frame(bundle, frame).columns) == SCORE_COLUMNS
    written = pd.read_parquet(project.scores)
    texts = bundle.complete(frame).astype({"region": "object", "tier": "str"})
    for rows in (frame, texts):
        found = score_frame(bundle, rows, segment_steps=read_segment_steps(project, bundle))
        for name in ("region", "tier"):
            np.testing.assert_allclose(found[PREFIX + name], written[PREFIX + name], rtol=0, atol=1e-10)
