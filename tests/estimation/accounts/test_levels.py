"""Levels of accounts are those of segments, and their errors lack the customers' own classes alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import survey, wave_of

from silentnps.estimation.accounts.levels import account_levels
from silentnps.estimation.formulas.nps_estimate import normal_estimate
from silentnps.estimation.wave.bootstrap import BootstrapDraw
from silentnps.estimation.wave.repeat_estimate import estimate_repeats, segment_estimates
from silentnps.estimation.wave.segment_table import segment_table

N = 600


def test_levels_and_errors_are_those_of_segments():
    cut = pd.DataFrame({"account": [f"a{code:02}" for code in np.arange(N) % 20]})
    wave = wave_of(survey(N), segments=cut, min_segment_n=1)
    repeats = estimate_repeats(wave)
    moves = np.random.default_rng(0).normal(0, 4, (12, 20))
    draws = [
        BootstrapDraw({"selection": repeats[0].point.nps + move.mean()}, np.zeros(3), (move,), np.zeros(0))
        for move in moves
    ]
    own = segment_estimates(repeats[0], wave)[0].own_variance
    calls = normal_estimate(-20.0, 6.0, n=100, confidence_level=0.95)
    for anchor in (None, calls):
        got = account_levels(wave, repeats, draws, anchor=anchor)
        table = segment_table(wave, repeats, draws, anchor=anchor)
        assert got.nps == pytest.approx(table["value"].to_numpy(), abs=1e-9)
        errors = np.sqrt(got.standard_error**2 + own)
        assert errors == pytest.approx(table["standard_error"].to_numpy(), rel=1e-9)
    assert got.law.shape == (N, 3)
    wider = account_levels(wave, repeats, draws, anchor=replace(calls, standard_error=9.0))
    assert (wider.standard_error > got.standard_error).all()
