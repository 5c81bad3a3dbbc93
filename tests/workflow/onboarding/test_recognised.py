"""Exports of other programs are recognised by their columns, and read as their preset says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from silentnps.config import load_config
from silentnps.data.identity.linked_tables import open_tables
from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.questions import Answers

UTC = Answers(timezone="UTC")
SECONDS = 1735725600
"""2025-01-01 10:00 UTC."""


def exports(folder: Path) -> list[str]:
    """Write a list of customers and the answers as Delighted exports them; return the paths."""
    numbers = range(200)
    crm = pd.DataFrame(
        {"Customer Number": [f"K{n:04d}" for n in numbers], "E-Mail": [f"p{n}@m.example" for n in numbers]}
    )
    answers = pd.DataFrame(
        {
            "id": [f"r{n}" for n in range(80)],
            "email": [f"P{n}@m.example" for n in range(80)],
            "survey_type": ["nps"] * 79 + ["csat"],
            "score": [n % 11 for n in range(80)],
            "created_at": [SECONDS + 3600 * n for n in range(80)],
            "person": [f"person{n}" for n in range(80)],
            "permalink": ["-"] * 80,
            "updated_at": [SECONDS + 3600 * n for n in range(80)],
        }
    )
    paths = [folder / "crm.csv", folder / "answers.csv"]
    for frame, path in zip((crm, answers), paths, strict=True):
        frame.to_csv(path, index=False)
    return [str(path) for path in paths]


def test_an_export_is_configured_by_the_name_of_its_preset(tmp_path: Path) -> None:
    written = init(exports(tmp_path), output=tmp_path / "config.yaml", answers=UTC)
    config = load_config(written.path)
    responses = config.tables["responses"]
    assert (responses.preset, responses.identified_by) == ("delighted", "email")
    read = open_tables(config)["responses"].order_by("responded_at").to_pandas()
    assert list(read["customer_id"].head(3)) == ["K0000", "K0001", "K0002"]
    assert list(read["rating"].head(3)) == [0, 1, 2]
    assert str(read["responded_at"].iloc[0]) == "2025-01-01 10:00:00"


def test_an_export_of_which_no_customer_is_known_is_named_with_the_reason(tmp_path: Path) -> None:
    files = exports(tmp_path)
    answers = pd.read_csv(files[1])
    answers.assign(email=[f"stranger{n}@m.example" for n in range(80)]).to_csv(files[1], index=False)
    written = init(files, output=tmp_path / "config.yaml", answers=UTC)
    assert "responses" not in load_config(written.path).tables
    assert "must identify customers" in written.path.read_text(encoding="utf-8")
