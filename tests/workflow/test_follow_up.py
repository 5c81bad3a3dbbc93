"""A project whose silent customers were called, and one with a shadow that the others contradict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from projects import CANDIDATES, run, write_project
from scored_project import assert_adds_up

from silentnps.bundle.bundle import load_bundle
from silentnps.config import load_config
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.demo import true_nps

pytestmark = pytest.mark.slow

WAVE = "2025-Q4"
CALLED_AT = pd.Timestamp("2026-01-15", tz="UTC")
RATINGS = {"detractor": 3, "passive": 8, "promoter": 10}
CHEAP = {"repeats": 1, "folds": 2, "trees": 10, "candidates": CANDIDATES, "learning_curve": False}
N_CALLED, N_ANSWERED = 300, 240
TABLES = ("customers", "invitations", "responses", "orders", "returns", "support")
WITHOUT_REASONS = {"refits": 0, "reference_rows": 0}


@dataclass(frozen=True)
class Made:
    """A project that was trained, estimated, scored and reported; `printed` is what `estimate` said."""

    project: Project
    printed: str
    notes: str


def make(folder: Path, retailer: Path, **changes: object) -> Made:
    """Run every step of a project on the retailer."""
    (folder / "data").mkdir()
    for path in retailer.glob("*.parquet"):
        (folder / "data" / path.name).symlink_to(path)
    config = write_project(folder, model=CHEAP, **changes)
    assert run("train", "-c", config)[0] == 0
    code, out, err = run("estimate", "-c", config)
    assert code == 0, err
    for command in ("score", "report"):
        assert run(command, "-c", config)[0] == 0
    return Made(Project(load_config(config)), out, err)


def write_calls(folder: Path, retailer: Path) -> None:
    """Call silent customers of the last wave, drawn at random; four of five answer, with the simulated truth."""
    truth = pd.read_parquet(retailer / "truth.parquet")
    customers = pd.read_parquet(retailer / "customers.parquet")
    may_be_called = truth["customer_id"].isin(customers.loc[~customers["opted_out"], "customer_id"])
    silent = truth[(truth["wave"] == WAVE) & ~truth["answered"] & may_be_called]
    called = silent.sample(N_CALLED, random_state=1)
    rating = called["nps_class"].astype(str).map(RATINGS).astype("Int64")
    rating.iloc[N_ANSWERED:] = pd.NA
    table = pd.DataFrame({"customer_id": called["customer_id"], "called_at": CALLED_AT, "rating": rating})
    table.to_parquet(folder / "follow_up.parquet", index=False)


@pytest.fixture(scope="module")
def called(retailer: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("called")
    write_calls(folder, retailer)
    tables = {name: {"path": f"data/{name}.parquet"} for name in TABLES}
    tables["follow_up"] = {"path": "follow_up.parquet"}
    return make(folder, retailer, tables=tables, explanation=WITHOUT_REASONS)


def test_calls_are_the_headline_and_the_scores_average_to_it(called: Made) -> None:
    report = read_estimate(called.project)
    assert report.headline == "follow_up"
    scores = pd.read_parquet(called.project.scores)
    silent = scores[scores["source"] == "model"]
    assert silent["expected_nps"].mean() == pytest.approx(report.silent.value, abs=1e-9)
    assert scores["expected_nps"].mean() == pytest.approx(report.base.value, abs=1e-9)
    assert len(silent) == report.silent.n


def test_the_interval_of_the_calls_holds_the_truth_here(called: Made, retailer: Path) -> None:
    silent = read_estimate(called.project).silent
    assert silent.low <= true_nps(retailer, WAVE) <= silent.high


def test_segments_add_up_to_the_estimate_of_the_calls(called: Made) -> None:
    report = read_estimate(called.project)
    for _, rows in report.segments.groupby("segmentation"):
        n = rows["n"] - rows["n_respondents"]
        assert np.average(rows["value"], weights=n) == pytest.approx(report.silent.value, abs=1e-6)


@pytest.mark.parametrize("name", ["region", "tier"])
def test_scores_add_up_inside_segments_to_the_estimate_of_the_calls(called: Made, name: str) -> None:
    assert_adds_up(called.project, name)


def test_the_command_and_the_page_say_that_the_estimate_rests_on_calls(called: Made) -> None:
    assert "follow_up (headline)" in called.printed
    assert read_estimate(called.project).disagreement in called.printed
    assert f"{N_CALLED - N_ANSWERED} of {N_CALLED} called customers did not answer" in called.notes
    text = called.project.report.read_text(encoding="utf-8")
    assert "Calls to the silent (headline)" in text
    assert "The number rests on those calls" in text


def test_calls_that_changed_since_the_training_are_refused(called: Made) -> None:
    path = called.project.config.tables["follow_up"].path
    calls = pd.read_parquet(path)
    calls.head(N_ANSWERED).to_parquet(path, index=False)
    code, _, err = run("estimate", "-c", called.project.output.parent / "config.yaml")
    calls.to_parquet(path, index=False)
    assert code == 1
    assert "the calls (table follow_up) must be those of training" in err
    assert "silentnps train" in err


def test_a_contradicted_shadow_is_a_driver_everywhere_and_said_so(
    retailer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["delivery", None])
    monkeypatch.setattr("silentnps.estimation.wave.shadow_roles.contradicted", lambda *_, **__: next(answers))
    made = make(tmp_path, retailer)
    info = load_bundle(made.project.model).info
    assert info["demoted_shadows"] == ["delivery"]
    assert "orders_late_count_90d" in info["response_drivers"]
    assert "delivery was declared a shadow, but the other shadows contradict it" in made.notes
    report = read_estimate(made.project)
    assert set(report.shadow_test["shadow"]) == {"returns", "support"}
    scores = pd.read_parquet(made.project.scores)
    silent = scores.loc[scores["source"] == "model", "expected_nps"]
    assert silent.mean() == pytest.approx(report.silent.value, abs=1e-9)
    text = made.project.report.read_text(encoding="utf-8")
    assert text.index("<li>orders_late_count_90d") > text.index("Response drivers: affect whether customers answer")
