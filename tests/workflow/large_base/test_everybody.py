"""What an estimate is refused on a large base, and scores in batches."""

from __future__ import annotations

import json

import numpy as np
import pytest
from large_project import Done

from silentnps.bundle.bundle import expected_nps, load_bundle
from silentnps.errors import DataError
from silentnps.estimation.formulas.selection import tilt
from silentnps.workflow.large_base import everybody as module
from silentnps.workflow.large_base.everybody import expected_nps_in_batches, read_everybody


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch):
    law, step = np.random.default_rng(0).dirichlet(np.ones(3), 1_000), np.array([0.3, 0.0, -0.1])
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 77)
    assert expected_nps_in_batches(law, step) == pytest.approx(expected_nps(tilt(law, step)), abs=1e-12)


@pytest.mark.slow
def test_segments_cut_held_rows_and_everybody_by_the_same_labels(done: dict[str, Done]):
    project = done["sampled"].project
    everybody = read_everybody(project, load_bundle(project.model), ["region"])
    assert everybody is not None
    few = everybody.segments.iloc[:3]
    cut = everybody.segmentations(few)[0]
    assert cut.labels == ("east", "north", "south", "west")
    assert [cut.labels[code] for code in cut.codes] == few["region"].astype(str).tolist()
    assert cut.everybody is not None
    assert cut.everybody.n.sum() == len(everybody.segments)
    total = (cut.everybody.n * cut.everybody.means).sum()
    assert total == pytest.approx(expected_nps(everybody.silent.probabilities).sum(), abs=1e-8)


@pytest.mark.slow
def test_other_features_than_those_of_the_training_are_refused(done: dict[str, Done]):
    project = done["sampled"].project
    bundle = load_bundle(project.model)
    bundle.info["features_digest"] = json.dumps("of others")
    with pytest.raises(DataError, match="must hold the features of the training; got others"):
        read_everybody(project, bundle, [])
