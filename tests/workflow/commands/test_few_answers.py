"""Few answers leave no choice between the candidates, and whoever listed some is told so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_project import QUICK, answers_of, customers, write_tiny

from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.train import train
from silentnps.workflow.watch import Quiet


class Heard(Quiet):
    """A watch that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize(("n_answers", "is_told"), [(60, True), pytest.param(220, False, marks=pytest.mark.slow)])
def test_candidates_that_few_answers_override_are_named(tmp_path: Path, n_answers: int, is_told: bool) -> None:
    people = customers(300)
    candidates = {**QUICK["model"], "candidates": ["signals", "ordinal"]}
    made = write_tiny(tmp_path, people, answers_of(people.head(n_answers)), model=candidates)
    heard = Heard()
    chosen = train(made, watch=heard).training.candidate
    told = [text for text in heard.said if "model.candidates lists (ordinal)" in text]
    assert (chosen == "logistic", bool(told)) == (is_told, is_told)
    warned = [text for text in estimate(made).warnings if "model.candidates lists (ordinal)" in text]
    assert bool(warned) == is_told
    report(made)
    page = (made.output / "report.html").read_text(encoding="utf-8")
    assert ("model.candidates lists (ordinal)" in page) == is_told
