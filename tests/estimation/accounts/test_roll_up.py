"""Accounts: by hand where all is known, averages that are the levels, and ranges that hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from silentnps.estimation.accounts.roll_up import COLUMNS, Members, roll_up, tilted
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES


def rolled(members: Members, levels: Floats, errors: Floats, **options: Any) -> pd.DataFrame:
    settings = {"min_n": 1, "confidence_level": 0.95, "rng": np.random.default_rng(0)}
    return roll_up(members, levels, errors, **(settings | options))


def members(classes: list[int], codes: list[int], weights: list[float], spend: list[float] | None) -> Members:
    law = np.tile([0.3, 0.3, 0.4], (len(classes), 1))
    values = None if spend is None else np.array(spend)
    return Members(np.array(codes), law, np.array(classes), np.array(weights), values)


def test_an_account_that_answered_is_counted_by_weight_and_has_no_range():
    people = members([0, 2, 2, 1], [0, 0, 0, 0], [3.0, 1.0, 1.0, 1.0], [10.0, 20.0, 30.0, np.nan])
    got = rolled(people, np.array([0.0]), np.array([50.0]))
    assert list(got.columns) == list(COLUMNS)
    row = got.iloc[0]
    assert (row["customers"], row["answers"], row["silent"]) == (4, 4, False)
    assert row[["detractor_share", "detractor_low", "detractor_high"]].tolist() == pytest.approx([0.5] * 3)
    assert row[["nps", "nps_low", "nps_high"]].tolist() == pytest.approx([100 * (2 / 6 - 0.5)] * 3)
    assert row[["at_risk", "at_risk_low", "spend"]].tolist() == pytest.approx([10.0, 10.0, 60.0])
    assert (row["answered_spend_share"], row["p_any_detractor"]) == (1.0, 1.0)


def test_silent_customers_average_to_the_level_of_their_account():
    people = members([-1] * 6, [0, 0, 0, 1, 1, 2], [1.0] * 6, None)
    levels = np.array([-50.0, 10.0, 80.0])
    got = rolled(people, levels, np.zeros(3))
    assert got["nps"].to_numpy() == pytest.approx(levels, abs=1e-6)
    assert got["silent"].all()
    assert got[["spend", "at_risk", "at_risk_low"]].isna().all(axis=None)
    few = rolled(people, levels, np.zeros(3), min_n=3)
    assert few["nps"].isna().tolist() == [False, True, True]
    pd.testing.assert_series_equal(few["detractor_share"], got["detractor_share"])


def test_somebody_is_a_detractor_unless_all_are_not():
    people = members([*[-1] * 9, 1], [0] * 10, [1.0] * 10, None)
    level = np.array([100 * (0.4 - 0.3)])
    alone = rolled(people, level, np.array([0.0]))["p_any_detractor"].iloc[0]
    assert alone == pytest.approx(1 - 0.7**9, abs=1e-9)
    together = rolled(people, level, np.array([60.0]))["p_any_detractor"].iloc[0]
    assert together < alone - 0.05  # what is unknown of the account is common to all nine


def test_a_level_out_of_reach_goes_as_far_as_the_tilt():
    got = rolled(members([-1], [0], [1.0], None), np.array([100.0]), np.array([0.0])).iloc[0]
    assert 99.9 < got["nps"] < 100.0


def planted(rng: np.random.Generator, n_accounts: int) -> tuple[Members, Floats, Floats, Integers]:
    """Return accounts whose levels are known up to a common error, and the classes of all their customers."""
    sizes = rng.integers(1, 12, n_accounts)
    codes = np.repeat(np.arange(n_accounts), sizes)
    law = rng.dirichlet([2.0, 1.5, 2.5], len(codes))
    errors = rng.uniform(5.0, 25.0, n_accounts)
    spread = law @ CLASS_VALUES**2 - (law @ CLASS_VALUES) ** 2
    slopes = np.bincount(codes, spread, n_accounts) / sizes / 100
    truth = tilted(law, (rng.normal(size=n_accounts) * errors / slopes)[codes])
    classes = (rng.random(len(codes))[:, None] > truth.cumsum(axis=1)[:, :2]).sum(axis=1)
    levels = np.bincount(codes, law @ CLASS_VALUES, n_accounts) / sizes
    answers = np.where(rng.random(len(codes)) < 0.2, classes, -1)
    weights = rng.choice([1.0, 3.0], len(codes))
    return Members(codes, law, answers, weights, weights * 10.0), levels, errors, classes


def test_ranges_hold_and_probabilities_come_true():
    people, levels, errors, classes = planted(np.random.default_rng(1), 600)
    got = rolled(people, levels, errors, confidence_level=0.9)
    total = np.bincount(people.codes, people.weights)
    for name, k in (("detractor", 0), ("promoter", 2)):
        share = np.bincount(people.codes, people.weights * (classes == k)) / total
        held = (share >= got[f"{name}_low"] - 1e-9) & (share <= got[f"{name}_high"] + 1e-9)
        open_ones = (got["answers"] < got["customers"]).to_numpy()
        # shares of few customers are steps, so ranges hold more often than they say; 0.866 is 2.8 sd below 0.9
        assert held[open_ones].mean() > 0.866
        large = open_ones & (got["customers"] > 7).to_numpy()
        assert held[large].mean() < 0.985
    spend = np.bincount(people.codes, people.spend * (classes == 0))
    assert ((spend >= got["at_risk_low"] - 1e-9) & (spend <= got["at_risk_high"] + 1e-9)).mean() > 0.866
    some = np.bincount(people.codes, classes == 0) > 0
    likely = got["p_any_detractor"].to_numpy()
    assert abs(some.mean() - likely.mean()) < 4 * np.sqrt(np.sum(likely * (1 - likely))) / len(likely)
