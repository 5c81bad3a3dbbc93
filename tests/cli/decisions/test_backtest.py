"""What a person reads of a backtest, of numbers given by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from projects import run, write_project

from silentnps.evaluation.backtest.behaviour import Followed, shares_by_class
from silentnps.evaluation.backtest.transitions import answered_twice, mean_shift
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.backtest import backtest as module
from silentnps.workflow.decisions.backtest.result import Backtest

WAVE = {
    "wave": "2025-Q4",
    "learned_up_to": "2025-Q3",
    "n_answers": 1234,
    "n_answers_before": 1200,
    "predicted": 17.04,
    "survey": 23.16,
    "difference": -6.12,
    "difference_low": -12.04,
    "difference_high": -0.2,
    "n": 20_000,
    "base": 4.7,
    "base_low": -1.9,
    "base_high": 11.4,
    "confidence_level": 0.95,
}
CAME = {"base_truth": 12.0, "base_held": False}


def given(*waves: dict[str, Any]) -> Backtest:
    classes = np.repeat(np.eye(3), 20, axis=0)
    followed = Followed(classes, np.arange(60) % 4 == 0, np.zeros(60, dtype=np.int64), np.arange(60))
    behaviour = shares_by_class(followed).assign(wave="all", customers="answered", outcome="bought again")
    moved = {"before": "2025-Q3", "after": "2025-Q4"}
    shift = mean_shift(np.full((5, 3), [0.3, 0.3, 0.4]), np.full((5, 3), [0.2, 0.3, 0.5]))
    shares = [{"expected_share": 0.25, "observed_share": 0.2, "difference": 0.05, "low": -0.01, "high": 0.11}]
    metrics = {"metric": "rps", "value": 0.19, "low": 0.18, "high": 0.2, "baseline": 0.21}
    return Backtest(
        waves=pd.DataFrame(waves),
        shares=pd.DataFrame(shares).assign(wave="2025-Q4", nps_class="detractor"),
        metrics=pd.DataFrame([metrics | {"gain": 0.02, "gain_low": 0.01, "gain_high": 0.03, "wave": "2025-Q4"}]),
        behaviour=behaviour,
        transitions=answered_twice(np.array([0, 0, 2, 2]), np.array([0, 2, 2, 2]), fewest=2).assign(**moved),
        shifts=shift.rename(columns={"before": "before_mean", "after": "after_mean"}).assign(**moved),
        days=60,
        notes=["something that must be said"],
    )


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    config = write_project(tmp_path)

    def of(found: Backtest, *words: str) -> tuple[str, str, dict[str, Any]]:
        asked: dict[str, Any] = {}

        def given_back(project: Project, **options: Any) -> Backtest:
            asked.update(options)
            return found

        monkeypatch.setattr(module, "backtest", given_back)
        code, out, err = run("backtest", "-c", config, *words)
        assert code == 0, err
        return " ".join(out.split()), err, asked

    return of


def test_every_table_and_sentence_is_printed(printed: Any) -> None:
    out, err, asked = printed(given(WAVE | CAME), "--waves", "1", "--days", "60")
    assert (asked["waves"], asked["days"]) == (1, 60)
    for words in (
        "-6.1 (-12.0 to -0.2)",
        "+4.7 (-1.9 to +11.4) │ +12.0 │ no",
        "25.0 │ 20.0 │ +5.0 (-1.0 to +11.0)",
        "bought again (an order in the 60 days from a wave on)",
        "answered │ all │ 60 │ 25.0",
        "too few",
        "-10.0 (-10.0 to -10.0)",
        "The model of 2025-Q3 predicted an NPS of +17.0 of those who then answered 2025-Q4, and they gave +23.2",
        "more than chance in the answers explains.",
        "holds the simulated truth in 0 of 1 wave.",
    ):
        assert words in out
    assert "note: something that must be said" in err


def test_only_a_simulation_knows_more(printed: Any) -> None:
    out, _, asked = printed(given(WAVE | {"wave": "2025-Q3"}, WAVE | {"difference_high": 0.2}))
    assert (asked["waves"], asked["days"]) == (2, None)
    assert "truth" not in out
    assert "no more than chance may bring" in out
    assert "In 1 of 2 waves prediction and survey differ by more than chance in the answers explains." in out


def test_no_wave_at_all_is_wrong_usage(tmp_path: Path) -> None:
    code, _, err = run("backtest", "-c", write_project(tmp_path), "--waves", "0")
    assert code == 2
    assert "--waves" in err
