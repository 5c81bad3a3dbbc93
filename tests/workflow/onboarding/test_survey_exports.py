"""The exports of survey tools are recognised, and init ends with a configuration that can be read."""

from __future__ import annotations

from pathlib import Path

from exported import crm, onboarded
from qualtrics_export import answer, export

from silentnps.config import ProjectConfig
from silentnps.data.identity.linked_tables import open_tables


def ratings(config: ProjectConfig) -> dict[str, int]:
    """Return the rating of each customer as the configuration reads it."""
    frame = open_tables(config)["responses"].execute()
    return dict(zip(frame["customer_id"], frame["rating"], strict=True))


EXPECTED = {f"c{n}": n % 11 for n in range(40)}


def test_qualtrics(tmp_path: Path) -> None:
    answers = [answer(n, str(n % 11), Q2=str(n % 5), ExternalReference="") for n in range(40)]
    config = onboarded(tmp_path, crm(), {"survey.csv": export(answers, questions=("Q1", "Q2"))})
    responses = config.tables["responses"]
    assert (responses.preset, responses.question, responses.identified_by) == ("qualtrics", "Q1", "email")
    assert ratings(config) == EXPECTED
