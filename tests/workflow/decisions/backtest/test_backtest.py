"""The backtest of a trained project: what it knows at each wave, what it writes, and what must be refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from projects import run
from tiny_project import answers_of, customers, write_tiny

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import DataError
from silentnps.evaluation.backtest.predictions import nps_gap
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.train import train
from silentnps.workflow.decisions.backtest.backtest import backtest
from silentnps.workflow.decisions.backtest.later import follow, usual_days
from silentnps.workflow.decisions.backtest.result import Backtest
from silentnps.workflow.decisions.backtest.waves import AsThen, Customers, train_as_then
from silentnps.workflow.watch import QUIET


@pytest.fixture(scope="module")
def found(project: Project) -> Iterator[Backtest]:
    """Return the backtest of the newest wave, which is written too, until the tests are done."""
    yield backtest(project, waves=1)
    shutil.rmtree(project.backtest)


@pytest.fixture(scope="module")
def everybody(project: Project) -> Customers:
    return Customers.of(project, load_bundle(project.model))


@pytest.mark.slow
def test_the_newest_wave_is_as_surveyed_and_as_estimated(project: Project, found: Backtest) -> None:
    (row,) = found.waves.to_dict("records")
    estimated = read_estimate(project)
    assert (row["learned_up_to"], row["wave"]) == ("2025-Q3", "2025-Q4")
    assert (row["survey"], row["n_answers"]) == (
        pytest.approx(estimated.respondents.value),
        estimated.respondents.n,
    )
    assert [row["base"], row["base_low"], row["silent_high"]] == pytest.approx(
        [estimated.base.value, estimated.base.low, estimated.silent.high]
    )
    truth = pd.read_parquet(project.output.parent / "data" / "truth.parquet").query("wave == '2025-Q4'")
    values = truth["nps_class"].astype(str).map({"detractor": -100.0, "passive": 0.0, "promoter": 100.0})
    assert row["base_truth"] == pytest.approx(values.mean())
    assert row["silent_truth"] == pytest.approx(values[~truth["answered"]].mean())
    assert row["base_held"] == (row["base_low"] <= row["base_truth"] <= row["base_high"])
    metrics = found.metrics.set_index("metric")
    assert metrics.loc["rps", "gain_low"] > 0.0
    assert metrics.loc["auc_detractor", "low"] > 0.5


@pytest.mark.slow
def test_nothing_of_later_waves_matters(project: Project, everybody: Customers) -> None:
    """Answers and features of the waves after the second are replaced by others."""
    bundle, frame = load_bundle(project.model), everybody.frame
    later = (frame["wave"] > "2025-Q2").to_numpy()
    mixed = np.random.default_rng(0).permutation(np.flatnonzero(later))
    columns = [name for name in frame if name not in ("customer_id", "wave", "as_of")]
    others = frame[later].assign(**{name: frame[name].iloc[mixed].array for name in columns})
    changed = replace(everybody, frame=pd.concat([frame[~later], others.copy()]).sort_index().copy())
    assert (changed.classes != everybody.classes).any()
    pairs = [("2025-Q1", "2025-Q2")]
    as_it_is, other = (
        _predicted(train_as_then(project, bundle, each, pairs, QUIET), each) for each in (everybody, changed)
    )
    np.testing.assert_array_equal(as_it_is[0], other[0])
    assert as_it_is[1] == other[1]
    assert as_it_is[1]["base_low"] < as_it_is[1]["base"] < as_it_is[1]["base_high"]


def _predicted(then: dict[str, AsThen], everybody: Customers) -> tuple[np.ndarray, dict[str, float]]:
    first, second = then["2025-Q1"], then["2025-Q2"]
    assert first.answers is not None
    assert first.level is None
    assert second.level is not None
    now = everybody.predicted(first.bundle, "2025-Q2")
    assert nps_gap(now, first.answers).n == len(everybody.rows("2025-Q2", answered=True))
    return now.probabilities, second.level


@pytest.mark.slow
def test_behaviour_is_that_of_the_days_after_and_windows_are_covered(
    project: Project, found: Backtest, everybody: Customers
) -> None:
    table = found.behaviour
    assert set(table["wave"]) == {"all", "2025-Q3"}
    assert any("2025-Q4 left out" in note for note in found.notes)
    rows = everybody.frame.iloc[everybody.rows("2025-Q3", answered=True)]
    orders = pd.read_parquet(project.output.parent / "data" / "orders.parquet")
    at = orders["ordered_at"].dt.tz_localize(None)
    pairs = rows[["customer_id", "as_of"]].merge(orders.assign(at=at)[["customer_id", "at"]], on="customer_id")
    days = (pairs["at"] - pairs["as_of"]) / pd.Timedelta(days=1)
    bought = rows["customer_id"].isin(pairs["customer_id"][(days >= 0) & (days < found.days)])
    detractor = (rows["rating"] <= 6).to_numpy()
    mine = table[(table["outcome"] == "bought again") & (table["customers"] == "answered")]
    mine = mine[mine["wave"] == "2025-Q3"].set_index("nps_class")
    assert mine.loc["all", "share"] == pytest.approx(bought.mean())
    assert mine.loc["detractor", "share"] == pytest.approx(bought[detractor].mean())
    assert mine.loc["detractor", "n_of_class"] == detractor.sum()
    of_classes = table[table["nps_class"] != "all"].groupby(["outcome", "customers", "wave"])["n_of_class"].sum()
    whole = table[table["nps_class"] == "all"].set_index(["outcome", "customers", "wave"])["n_of_class"]
    np.testing.assert_allclose(of_classes.sort_index(), whole.sort_index())


@pytest.mark.slow
def test_who_may_not_be_scored_is_not_followed(project: Project, everybody: Customers) -> None:
    bundle = load_bundle(project.model)
    then = {"2025-Q4": AsThen("2025-Q4", bundle, None, None)}
    ids = everybody.frame["customer_id"].iloc[everybody.rows("2025-Q4", answered=False)]
    barred = frozenset(ids[:100])
    counts = [
        follow(everybody, then, project.config, days=14, barred=each, confidence_level=0.95).table
        for each in (frozenset[str](), barred)
    ]
    n = [table.query("outcome == 'bought again' and customers == 'predicted'")["n"].max() for table in counts]
    assert n[0] - n[1] == 100
    assert usual_days(everybody, ["2025-Q3", "2025-Q4"]) == 90


@pytest.mark.slow
def test_files_have_the_tables_and_no_customer(project: Project, found: Backtest, everybody: Customers) -> None:
    content = json.loads((project.backtest / "backtest.json").read_text(encoding="utf-8"))
    assert content["sentences"] == found.sentences
    assert content["notes"] == found.notes
    ids = set(everybody.frame["customer_id"])
    for name in ("waves", "shares", "metrics", "behaviour", "transitions", "shifts"):
        table = pd.read_csv(project.backtest / f"{name}.csv")
        assert len(table) == len(content[name]) == len(getattr(found, name)) > 0
        assert not ids & set(table.astype(str).to_numpy().ravel())
        assert (table["confidence_level"] == 0.95).all()


@pytest.mark.slow
def test_one_wave_is_refused_with_the_cure(tmp_path: Path) -> None:
    people = customers(200)
    project = write_tiny(tmp_path, people, answers_of(people[:90]))
    train(project)
    code, _, err = run("backtest", "-c", tmp_path / "config.yaml")
    assert code == 1
    assert "must have two waves, each with 30 answers and more than one class; got 1." in " ".join(err.split())
    assert not project.backtest.exists()


def test_other_features_than_those_of_the_training_are_refused(project: Project, tmp_path: Path) -> None:
    for name in ("model", "out_of_fold"):
        (tmp_path / name).symlink_to(project.output / name)
    frame = pd.read_parquet(project.features)
    frame.loc[frame["wave"] == frame["wave"].min(), "respondent"] = False
    other = Project(project.config.model_copy(update={"output": tmp_path}))
    frame.to_parquet(other.features)
    with pytest.raises(DataError, match="must have the features of the training"):
        Customers.of(other, load_bundle(other.model))
