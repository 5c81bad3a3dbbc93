"""The digest of the features of a wave: whatever the order of rows, and as noted by the training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scored_project import linked

from silentnps.bundle.bundle import load_bundle
from silentnps.workflow.artifacts.features_digest import digest_of_features, digest_of_total, total_of_rows
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project


@pytest.fixture
def other(project: Project, tmp_path: Path) -> Project:
    """Return a project with the features of another."""
    return linked(project, tmp_path)


def test_totals_know_rows_whatever_their_order_and_pieces(project: Project) -> None:
    frame = read_features(project)
    wave = load_bundle(project.model).info["wave"]
    rows = frame[frame["wave"] == wave].reset_index(drop=True)
    shuffled = rows.sample(frac=1.0, random_state=1)
    pieces = total_of_rows(shuffled.iloc[:700]) + total_of_rows(shuffled.iloc[700:])
    assert digest_of_total(pieces) == digest_of_total(total_of_rows(rows))
    other = rows.copy()
    other.loc[3, "orders_count_90d"] += 1
    assert digest_of_total(total_of_rows(other)) != digest_of_total(total_of_rows(rows))
    swapped = rows.copy()
    swapped.loc[[0, 1], "orders_days_since_last"] = rows.loc[[1, 0], "orders_days_since_last"].to_numpy()
    assert digest_of_total(total_of_rows(swapped)) != digest_of_total(total_of_rows(rows))


def test_training_notes_the_digest_that_reading_the_features_gives(project: Project, other: Project) -> None:
    wave = str(load_bundle(project.model).info["wave"])
    noted = json.loads(project.features_digest.read_text(encoding="utf-8"))["digest"]
    assert not other.features_digest.exists()
    assert digest_of_features(other, wave) == noted
    other.features_digest.write_text(other.features_digest.read_text().replace(noted, "noted"), encoding="utf-8")
    assert digest_of_features(other, wave) == "noted"
    assert digest_of_features(other, "another wave") != "noted"
    other.features_digest.write_text("damaged", encoding="utf-8")
    assert digest_of_features(other, wave) == noted
