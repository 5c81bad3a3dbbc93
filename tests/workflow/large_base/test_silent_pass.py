"""The pass over every silent customer: in the order of the features, whatever the batches, with their digest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from large_project import Done

from silentnps.bundle.bundle import load_bundle
from silentnps.workflow.artifacts.every_silent import read_every_silent
from silentnps.workflow.large_base import silent_pass as module
from silentnps.workflow.large_base.silent_pass import SilentPass


def test_a_pass_in_small_batches_finds_what_training_stored(
    done: dict[str, Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    project = done["sampled"].project
    bundle = load_bundle(project.model)
    stored = read_every_silent(project, bundle)
    assert stored is not None
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 333)
    n_silent = len(stored[1].invited)
    again = SilentPass(project, "2025-Q2", 3_000, n_silent, tmp_path)
    everybody = again(bundle)
    assert everybody.probabilities == pytest.approx(stored[1].probabilities, abs=1e-12)
    assert np.array_equal(everybody.invited, stored[1].invited)
    assert again.digest == bundle.info["features_digest"]


def test_probabilities_are_those_of_the_scores_before_the_step(done: dict[str, Done]):
    project = done["sampled"].project
    bundle = load_bundle(project.model)
    stored = read_every_silent(project, bundle)
    assert stored is not None
    features = pd.read_parquet(project.features).query("wave == '2025-Q2' and not respondent")
    unstepped = stored[1].probabilities * np.exp(bundle.step)
    stepped = unstepped / unstepped.sum(axis=1, keepdims=True)
    scores = pd.read_parquet(project.scores).set_index("customer_id").loc[features["customer_id"]]
    assert stepped[:, 2] == pytest.approx(scores["p_promoter"].to_numpy(), abs=1e-9)
