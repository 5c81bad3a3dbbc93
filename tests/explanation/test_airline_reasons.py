"""Reasons on real answers: an airline's travellers, 85 % of whose answers are hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

import airline
from silentnps.bundle.bundle import load_bundle
from silentnps.config import load_config
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import read_reasons
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train
from silentnps.workflow.drivers import explain_rows

ANSWERS = airline.DATA / "southeast_airlines" / "survey_union_dedup.parquet"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ANSWERS.exists(), reason=f"needs {ANSWERS.name} in SILENTNPS_DATA"),
]


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project of one draw of the answers, trained, estimated, scored and reported."""
    folder = tmp_path_factory.mktemp("airline")
    airline.write_tables(pd.read_parquet(ANSWERS), folder / "data", seed=3)
    path = airline.write_config(folder)
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["model"] = {"candidates": ["prior", "stack"], "learning_curve": False}
    config["estimation"]["replicates"] = 10
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    made = Project(load_config(path))
    train(made)
    estimate(made)
    score(made)
    report(made)
    return made


def test_reasons_add_up_to_the_scores_that_were_written(flown: Project) -> None:
    bundle = load_bundle(flown.model)
    rows = read_out_of_fold(flown, bundle).rows
    silent = rows[~rows["respondent"]]
    explanation = explain_rows(bundle, silent, read_reasons(flown, bundle))
    written = pd.read_parquet(flown.scores).set_index("customer_id").loc[silent["customer_id"], "expected_nps"]
    total = explanation.base_value + explanation.contributions.sum(axis=1).to_numpy()
    np.testing.assert_allclose(total, written.to_numpy(), atol=1e-6)


def test_type_of_travel_and_airline_status_are_among_the_first_drivers(flown: Project) -> None:
    drivers = pd.read_csv(flown.drivers / "drivers.csv")
    assert {"type_of_travel", "airline_status"} <= set(drivers["feature"].head(4))
    assert drivers.set_index("feature").loc[["type_of_travel", "airline_status"], "stable"].all()
    page = flown.report.read_text(encoding="utf-8")
    assert page.index("type of travel") < page.index("Method and sources")


def test_fast_reasons_agree_with_the_reference_on_real_answers(flown: Project) -> None:
    found = read_reasons(flown, load_bundle(flown.model)).agreement
    assert found is not None
    assert found.n_rows == 300
    assert found.correlation > 0.95
