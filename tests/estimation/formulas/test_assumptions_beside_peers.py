"""Beside other packages: the same numbers where the method is the same."""

from __future__ import annotations

import numpy as np
import pytest
from populations import population

from silentnps.estimation.formulas.assumptions import emq_shares


@pytest.mark.parametrize("seed", range(5))
def test_emq_equals_that_of_quapy(seed):
    aggregative = pytest.importorskip("quapy.method.aggregative")
    drawn = population(2000, np.random.default_rng(seed), beta=0.0, signal=3.0)
    prior = np.array([0.2, 0.3, 0.5])
    theirs, _ = aggregative.EMQ.EM(prior, drawn.probabilities, epsilon=1e-10)
    assert emq_shares(drawn.probabilities, prior) == pytest.approx(theirs, abs=1e-6)
    assert np.abs(theirs - prior).max() > 0.01
