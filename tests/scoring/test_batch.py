"""The page of the scores' columns names those that are written, in their order."""

from __future__ import annotations

from pathlib import Path

from silentnps.scoring.batch import SCORE_COLUMNS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scores.md"


def test_the_page_of_the_scores_has_every_column() -> None:
    lines = PAGE.read_text(encoding="utf-8").split("\n## What differs")[0].splitlines()
    rows = [line.split("|")[1].strip(" `") for line in lines if line.startswith("| `")]
    added = ["expected_nps_segment_step__<segmentation>", "model_digest", "model_version", "scored_at"]
    assert rows == [*SCORE_COLUMNS, *added]
