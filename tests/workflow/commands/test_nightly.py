"""The nightly job: the base at a moment, built from what the night before kept, and scored."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from score_manifest import read_manifest
from scored_project import Heard, linked

from silentnps.config import TableConfig
from silentnps.errors import DataError
from silentnps.storage.lock import write_lock
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.features import write_features
from silentnps.workflow.commands.score import score

TONIGHT = datetime(2025, 12, 20, 6, tzinfo=UTC)


def last_order(project: Project) -> pd.Timestamp:
    return pd.read_parquet(project.config.tables["orders"].path)["ordered_at"].max()


def at_moment(project: Project) -> pd.DataFrame:
    frame = pd.read_parquet(project.features_as_of)
    return frame.sort_values("customer_id", ignore_index=True)


@pytest.fixture
def nightly(project: Project, tmp_path: Path) -> Project:
    return linked(project, tmp_path)


def of_few_tables(project: Project) -> Project:
    """Return the project with a few of its tables: each table is kept in the same way."""
    tables = {name: project.config.tables[name] for name in ("customers", "responses", "orders", "support")}
    return Project(project.config.model_copy(update={"tables": tables}))


@pytest.fixture(scope="module")
def first_night(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project of which one night was built; tests take a copy of it."""
    made = of_few_tables(linked(project, tmp_path_factory.mktemp("first_night")))
    assert write_features(made, as_of=TONIGHT, since=TONIGHT).renewed > 0
    return made


@pytest.fixture
def built(first_night: Project, nightly: Project) -> Project:
    """Return a project whose features of tonight were built, and what the next run needs was kept."""
    for kept in ("features_as_of.parquet", "events"):
        shutil.copytree(first_night.output / kept, nightly.output / kept)
    return of_few_tables(nightly)


@pytest.mark.slow
def test_the_base_at_a_moment_is_scored_by_the_model_alone(nightly: Project) -> None:
    written = write_features(nightly, as_of=TONIGHT)
    heard = Heard()
    assert score(nightly, as_of=TONIGHT, watch=heard).rows == written.rows
    assert "no estimate of this moment" in heard.said[-1]
    scores = pd.read_parquet(nightly.scores_as_of)
    moment = TONIGHT.replace(tzinfo=None)
    assert set(scores["as_of"]) == {pd.Timestamp(moment)}
    assert set(scores["wave"]) == {"2025-12-20"}
    assert set(scores["source"]) == {"model"}
    assert scores["customer_id"].is_unique
    assert not any(name.startswith("expected_nps_segment_step") for name in scores)
    key = read_manifest(nightly.scores_as_of)["key"]
    assert key["as_of"] == [moment.isoformat()] * 2
    model = json.loads((nightly.model / "bundle.json").read_text(encoding="utf-8"))
    assert (key["model_digest"], key["step"]) == (model["info"]["out_of_fold_digest"], model["step"])


def test_scores_of_a_moment_that_was_not_built_say_what_to_run(nightly: Project) -> None:
    with pytest.raises(
        DataError, match=r"features_as_of.parquet is missing. Run `silentnps features --as-of 2025-12"
    ):
        score(nightly, as_of=TONIGHT)
    write_features(nightly, as_of=TONIGHT)
    with pytest.raises(
        DataError, match=r"must hold the base at 2025-12-20 18:00:00; got it at 2025-12-20 06:00:00"
    ):
        score(nightly, as_of=TONIGHT.replace(hour=18))
    with pytest.raises(DataError, match=r"must hold the wave 2025-12-21; got none of it"):
        score(nightly, as_of=TONIGHT.replace(day=21))


@pytest.mark.slow
def test_a_model_scores_once_the_tables_of_surveys_have_left(nightly: Project) -> None:
    tables = {
        name: table for name, table in nightly.config.tables.items() if name not in ("responses", "invitations")
    }
    left = Project(nightly.config.model_copy(update={"tables": tables}))
    written = write_features(left, as_of=TONIGHT)
    heard = Heard()
    assert score(left, as_of=TONIGHT, watch=heard).rows == written.rows
    assert any("scored as a customer who was never asked before" in text for text in heard.said)
    names = read_manifest(left.scores_as_of)["facts"]["left_with_surveys"]
    assert {"responses_previous_rating", "invitations_previous_count"} <= set(names)
    scores = pd.read_parquet(left.scores_as_of).set_index("customer_id")
    assert scores[["p_detractor", "expected_nps", "reasons_for"]].notna().all(axis=None)
    write_features(nightly, as_of=TONIGHT)
    score(nightly, as_of=TONIGHT)
    full = pd.read_parquet(nightly.scores_as_of).set_index("customer_id").loc[scores.index]
    features = at_moment(nightly).set_index("customer_id").loc[scores.index]
    never = features["responses_previous_count"].eq(0) & features["invitations_previous_count"].eq(0)
    assert not never.all()
    if never.any():  # who was never asked has the same score with and without the tables
        pd.testing.assert_series_equal(scores["expected_nps"][never], full["expected_nps"][never])


def test_a_wave_that_is_gone_needs_no_new_model(nightly: Project) -> None:
    frame = pd.read_parquet(nightly.features)
    nightly.features.unlink()
    frame[frame["wave"] < frame["wave"].max()].to_parquet(nightly.features, index=False)
    with pytest.raises(
        DataError, match=r"got none of it. Score the base of today with `silentnps features --as-of"
    ):
        score(nightly)


@pytest.mark.slow
def test_late_events_redo_their_customers_and_equal_a_full_run(nightly: Project, tmp_path: Path) -> None:
    heard = Heard()
    first = write_features(nightly, as_of=TONIGHT, since=TONIGHT, watch=heard)
    assert first.renewed == first.rows
    assert any("no rows of an earlier run" in text for text in heard.said)
    assert write_features(nightly, as_of=TONIGHT, since=TONIGHT).renewed == 0

    late = with_late_orders(nightly, tmp_path / "orders.parquet", 3)
    again = write_features(late, as_of=TONIGHT, since=TONIGHT.replace(month=11))
    assert 0 < again.renewed <= 3
    renewed = at_moment(late)
    other = write_features(late, as_of=TONIGHT)  # at once, in memory
    assert other.renewed == other.rows == first.rows
    pd.testing.assert_frame_equal(renewed, at_moment(late), check_dtype=False, rtol=0.0, atol=1e-12)


def with_late_orders(project: Project, path: Path, n: int) -> Project:
    """Return the project with a few orders more, of late November."""
    orders = pd.read_parquet(project.config.tables["orders"].path)
    zone = orders["ordered_at"].dt.tz
    added = orders.iloc[:n].assign(
        order_id=[f"late-{i}" for i in range(n)], ordered_at=pd.Timestamp("2025-11-28", tz=zone)
    )
    pd.concat([orders, added], ignore_index=True).to_parquet(path)
    tables = {**project.config.tables, "orders": TableConfig(path=path)}
    return Project(project.config.model_copy(update={"tables": tables}))


@pytest.mark.slow
def test_another_night_takes_the_events_of_the_night_before(built: Project) -> None:
    heard = Heard()
    tomorrow = TONIGHT.replace(day=21)
    made = write_features(built, as_of=tomorrow, since=TONIGHT, watch=heard)
    assert made.renewed >= made.rows
    assert "rows of orders, 0 months changed" in heard.steps
    renewed = at_moment(built)
    write_features(built, as_of=tomorrow)
    pd.testing.assert_frame_equal(renewed, at_moment(built), check_dtype=False, rtol=0.0, atol=1e-12)


@pytest.mark.slow
def test_the_month_of_since_is_that_of_utc(built: Project, tmp_path: Path) -> None:
    orders = pd.read_parquet(built.config.tables["orders"].path)
    recent = orders["ordered_at"].dt.strftime("%Y-%m") == "2025-11"
    orders.loc[orders.index[recent][:2], "amount"] += 1.0  # their number stays
    path = tmp_path / "orders.parquet"
    orders.to_parquet(path)
    tables = {**built.config.tables, "orders": TableConfig(path=path)}
    changed = Project(built.config.model_copy(update={"tables": tables}))
    assert write_features(changed, as_of=TONIGHT, since=datetime(2025, 12, 1, tzinfo=UTC)).renewed == 0
    in_sydney = datetime(2025, 12, 1, 9, tzinfo=timezone(timedelta(hours=11)))  # still November in UTC
    assert 0 < write_features(changed, as_of=TONIGHT, since=in_sydney).renewed <= 2


@pytest.mark.slow
def test_a_file_in_the_place_of_what_is_kept_is_said(nightly: Project) -> None:
    (nightly.output / "events").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"events/features_as_of cannot be made"):
        write_features(nightly, as_of=TONIGHT, since=TONIGHT)


def test_two_jobs_do_not_write_the_same_features(nightly: Project) -> None:
    with (
        write_lock(nightly.output / "features_as_of.parquet"),
        pytest.raises(DataError, match="must be written by one job at a time"),
    ):
        write_features(nightly, as_of=TONIGHT, since=TONIGHT)


@pytest.mark.slow
def test_no_room_on_the_disk_says_so_and_leaves_the_older_features(
    built: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    from silentnps.features.large_base import bucketed_build as buckets

    before = at_moment(built)

    def full(*_: object) -> None:
        raise duckdb.IOException('Could not write file "part": No space left on device')

    monkeypatch.setattr(buckets, "_copy", full)
    with pytest.raises(DataError, match=r"must be room .*No space left on device"):
        write_features(built, as_of=TONIGHT.replace(day=21), since=TONIGHT)
    monkeypatch.undo()
    pd.testing.assert_frame_equal(at_moment(built), before)
    assert write_features(built, as_of=TONIGHT, since=TONIGHT).renewed == 0


@pytest.mark.slow
@pytest.mark.parametrize("moved", [False, True], ids=["while writing", "between two renames"])
def test_what_a_killed_job_left_is_cleared_and_the_older_features_come_back(built: Project, moved: bool) -> None:
    target = built.features_as_of
    before = at_moment(built)
    stray = target.with_name(f".{target.name}.0badcafe")
    stray.mkdir()
    (stray / "part-00000.parquet").write_text("half", encoding="utf-8")
    if moved:
        target.rename(stray.with_name(f"{stray.name}.old"))
    assert write_features(built, as_of=TONIGHT, since=TONIGHT).renewed == 0
    pd.testing.assert_frame_equal(at_moment(built), before)
    assert not [path for path in built.output.glob(f".{target.name}.*") if path.is_dir()]
