"""A group of none has no NPS: what is said of it is missing, in the library and in every command."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from projects import run
from tiny_project import answers_of, customers, write_tiny

import silentnps
from silentnps.estimation.formulas.assumptions import emq_shares
from silentnps.estimation.formulas.nps_estimate import (
    NPSEstimate,
    census,
    mix,
    normal_estimate,
    nps_of_classes,
    nps_of_counts,
)
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.tracking.registry import model_versions
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.promote import promote
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train

NONE = np.array([], dtype=np.int64)


def is_missing(one: NPSEstimate) -> bool:
    return one.n == 0 and all(map(math.isnan, (one.value, one.low, one.high, one.standard_error)))


@pytest.mark.parametrize(
    "got",
    [
        census(NONE, confidence_level=0.95),
        nps_of_classes(NONE),
        nps_of_classes(np.array([-1, -1])),
        nps_of_counts(promoters=0, passives=0, detractors=0),
        normal_estimate(12.0, 3.0, n=0, confidence_level=0.95),
        mix(census(NONE, confidence_level=0.95), normal_estimate(1.0, 1.0, n=0, confidence_level=0.95)),
    ],
)
def test_every_way_to_an_estimate_of_none_ends_in_a_missing_one(got: NPSEstimate) -> None:
    assert is_missing(got)
    assert str(got) == "none (n = 0)"


def test_a_base_without_one_of_its_groups_is_the_other_group() -> None:
    none = census(NONE, confidence_level=0.95)
    some = normal_estimate(12.0, 3.0, n=40, confidence_level=0.95)
    assert mix(none, some) == some
    assert mix(some, none) == some


def test_no_unlabelled_rows_have_no_shares() -> None:
    assert np.isnan(emq_shares(np.zeros((0, 3)), np.array([0.2, 0.3, 0.5]))).all()


def reported(n_silent: int) -> NPSReport:
    people = customers(200)
    rating = people["rating"].astype(float).where(np.arange(200) >= n_silent)
    features = people[["usage"]].assign(late=np.arange(200) % 7, returned=np.arange(200) % 5)
    return silentnps.estimate_nps(features, rating, shadow_features=["late", "returned"], segments=people["region"])


def test_where_nobody_stayed_silent_nothing_is_said_of_the_silent() -> None:
    got = reported(0)
    assert is_missing(got.silent)
    assert (got.base.value, got.base.n, got.base.standard_error) == (got.respondents.value, 200, 0.0)
    assert np.isnan(got.shares).all()
    of_silent = got.by_assumption[got.by_assumption["assumption"] != "survey"]
    assert of_silent[["value", "low", "high"]].isna().all(axis=None)
    assert set(got.diagnostics) == {"n_invited", "response_rate"}
    assert got.shadow_test.empty
    assert got.segments["value"].isna().all()
    assert got.segments["base_value"].tolist() == got.segments["survey_nps"].tolist()
    assert "Nobody stayed silent" in got.warnings[0]
    assert json.loads(json.dumps(got.to_dict(), allow_nan=False))["silent"]["value"] is None


def test_a_segment_without_silent_or_without_answers_has_no_number_of_theirs() -> None:
    people = customers(300)
    segment = pd.Series(np.select([np.arange(300) < 60, np.arange(300) < 120], ["silent", "heard"], "mixed"))
    rating = people["rating"].astype(float)
    rating[(segment == "silent") | ((segment == "mixed") & (np.arange(300) % 2 == 0))] = np.nan
    got = silentnps.estimate_nps(people[["usage"]], rating, segments=segment.rename("part"))
    table = got.segments.set_index("segment")
    assert math.isnan(table.loc["silent", "survey_nps"])
    assert table.loc["silent", "base_value"] == table.loc["silent", "value"]
    assert math.isnan(table.loc["heard", "value"])
    assert table.loc["heard", "base_value"] == table.loc["heard", "survey_nps"]


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Project:
    people = customers(240)
    made = write_tiny(tmp_path_factory.mktemp("everybody"), people, answers_of(people))
    train(made)
    estimate(made)
    return made


def test_every_command_copes_with_a_wave_that_everybody_answered(everybody: Project) -> None:
    score(everybody)
    report(everybody)
    page = (everybody.output / "report.html").read_text(encoding="utf-8")
    assert "everybody answered" in page
    assert ">nan<" not in page
    config = everybody.output.parent / "config.yaml"
    code, out, err = run("estimate", "-c", config)
    assert code == 0, err
    assert "nobody stayed silent" in out
    assert "nan" not in out
    code, _, err = run("plan", "-c", config, "--width", "10")
    assert code == 1
    assert "nobody stayed silent" in err


def test_files_of_no_silent_are_read_as_they_were_written(everybody: Project) -> None:
    text = (everybody.estimate / "estimate.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert is_missing(read_estimate(everybody).silent)
    assert "NaN" not in (everybody.model / "bundle.json").read_text(encoding="utf-8")


@pytest.mark.slow
def test_no_metric_of_mlflow_and_no_gate_speaks_of_no_silent(everybody: Project) -> None:
    (version,) = model_versions(store_of(everybody))
    assert not [name for name in version.metrics if name.startswith("silent/")]
    assert promote(everybody).promoted
    train(everybody)
    change = next(gate for gate in promote(everybody).gates if gate.name == "change of NPS")
    assert (change.value, change.verdict) == ("nobody stayed silent", "")
