"""Who is listed as at risk, and in which order."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from silentnps.scoring.at_risk import AT_RISK_COLUMNS, most_at_risk
from silentnps.storage.spreadsheet_csv import write_csv

NONE = float("nan")


def write_parts(folder: Path, kind: str) -> None:
    """Write scores of six customers in two parts: 003 answered, 004 has no probability."""
    scores = pd.DataFrame(
        {
            "customer_id": ["001", "002", "003", "004", "005", "=6"],
            "source": ["model", "model", "survey", "model", "model", "model"],
            "p_detractor": [0.11111, 0.9, 0.99, NONE, 0.9, 0.25],
            "p_promoter": [0.5, 0.05, 0.0, NONE, 0.05, 0.25],
            "nps_class": ["promoter", "detractor", "detractor", "passive", "detractor", "passive"],
            "expected_nps": [38.889, -85.04, -100.0, NONE, -85.04, 0.0],
            "reasons_for": "orders often",
            "reasons_against": "late deliveries",
        }
    )
    for place, part in enumerate((scores[:3], scores[3:])):
        path = folder / f"part-{place:05d}.{kind}"
        write_csv(part, path) if kind == "csv" else part.to_parquet(path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_likeliest_detractors_of_all_parts_come_first_and_who_answered_never(tmp_path: Path, kind: str) -> None:
    write_parts(tmp_path, kind)
    listed = most_at_risk(tmp_path, 10)
    assert tuple(listed.columns) == AT_RISK_COLUMNS
    assert listed["customer_id"].tolist() == ["002", "005", "=6", "001"]
    assert listed["rank"].tolist() == [1, 2, 3, 4]
    assert listed["p_detractor"].tolist() == [0.9, 0.9, 0.25, 0.111]
    assert listed["expected_nps"].tolist() == [-85.0, -85.0, 0.0, 38.9]


def test_the_list_has_its_length_and_nobody_who_is_barred(tmp_path: Path) -> None:
    write_parts(tmp_path, "parquet")
    assert most_at_risk(tmp_path, 2)["customer_id"].tolist() == ["002", "005"]
    assert most_at_risk(tmp_path, 2, barred={"002"})["customer_id"].tolist() == ["005", "=6"]


def test_scores_without_probabilities_give_no_list(tmp_path: Path) -> None:
    write_parts(tmp_path, "parquet")
    for path in tmp_path.glob("part-*"):
        pd.read_parquet(path).assign(p_detractor=NONE).to_parquet(path)
    assert most_at_risk(tmp_path, 2).empty
