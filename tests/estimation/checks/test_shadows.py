"""The test of the shadows: its one step against a whole refit, its p-values where it must be silent, its power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import Population, with_shadows
from scipy.stats import binomtest, kstest

from silentnps.estimation.checks.shadows import ShadowFamilies, driving_gains, holm, moved_estimates, shadow_test
from silentnps.estimation.formulas.doubly_robust import (
    Sample,
    estimate_point,
    fit_invitation,
    invited_problem,
    select,
)
from silentnps.estimation.formulas.selection import prior_covariance
from silentnps.numerics.arrays import Floats

ZEROS = np.zeros(3)


def moved_of(drawn: Population, families: ShadowFamilies, sample: Sample | None = None) -> tuple[float, Floats]:
    """Return the NPS of the silent as declared, and with each family moved."""
    sample = drawn.sample if sample is None else sample
    point = estimate_point(drawn.probabilities, sample, select(drawn.probabilities, sample, prior_sd=0.5))
    return point.nps, moved_estimates(drawn.probabilities, sample, point, families, prior_sd=0.5)


def refitted(drawn: Population, sample: Sample, columns: Floats) -> float:
    """Return the NPS of the silent with more columns among the drivers, all of it fitted to the end."""
    wide = replace(sample, drivers=np.hstack([sample.drivers, columns]))
    problem = invited_problem(drawn.probabilities, wide, prior_sd=0.5)
    model = problem.model(problem.minimum(problem.start(None)))
    uninvited = None if sample.invited.all() else fit_invitation(sample).log_odds(sample.drivers)
    return estimate_point(drawn.probabilities, wide, model, uninvited=uninvited).nps


@pytest.mark.parametrize("invitation", [None, (0.5, 0.5)])
@pytest.mark.parametrize("drive", [0.0, 0.4])
def test_one_step_is_nearly_a_whole_refit(drive: float, invitation: tuple[float, float] | None):
    # 20 populations: the step misses the refit by a small part of what the refit itself moves by chance.
    steps, wholes = [], []
    for seed in range(20):
        drawn, frame = with_shadows(2000, np.random.default_rng(seed), drives=(drive, 0.0), invitation=invitation)
        families = ShadowFamilies.of(frame, {})
        value, moved = moved_of(drawn, families)
        steps.append(moved - value)
        wholes.append(
            [refitted(drawn, drawn.sample, families.design[:, families.columns(k)]) - value for k in (0, 1)]
        )
    step, whole = np.array(steps), np.array(wholes)
    for k in (0, 1):
        assert np.corrcoef(step[:, k], whole[:, k])[0, 1] > 0.97
        assert np.mean((step[:, k] - whole[:, k]) ** 2) ** 0.5 < 0.35 * whole[:, k].std()


def test_a_shadow_that_is_a_driver_already_hardly_moves_the_estimate():
    drawn, frame = with_shadows(4000, np.random.default_rng(0), drives=(0.0, 0.0))
    sample = replace(drawn.sample, drivers=np.column_stack([drawn.drivers, frame["a"]]))
    value, moved = moved_of(drawn, ShadowFamilies.of(frame, {}), sample)
    free = moved_of(drawn, ShadowFamilies.of(frame, {}))
    assert abs(moved[0] - value) < 0.2 * abs(free[1][0] - free[0])


def test_the_never_invited_keep_their_invitation_whatever_is_moved():
    # Odds of silence that are 0 leave the law of the never invited p(y | x): nothing that is moved changes it.
    drawn, frame = with_shadows(1500, np.random.default_rng(1), drives=(0.0, 0.0), invitation=(0.0, 0.5))
    answering = replace(drawn, silent=drawn.silent & ~drawn.invited)
    kept = ~(drawn.silent & drawn.invited)
    sample = answering.sample.take(np.flatnonzero(kept))
    families = ShadowFamilies.of(frame[kept], {})
    likely = drawn.probabilities[kept]
    point = estimate_point(likely, sample, select(likely, sample, prior_sd=0.5))
    moved = moved_estimates(likely, sample, point, families, prior_sd=0.5)
    assert moved == pytest.approx(np.repeat(point.nps, 2), abs=0.1)


def test_families_hold_their_columns():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=["late", "lost", "broken"])
    families = ShadowFamilies.of(frame.assign(same=1.0), {"late": "delivery", "lost": "delivery"})
    assert families.names == ("delivery", "broken")
    assert families.columns(0) == [0, 1, 2, 3, 4, 5]  # a line and two bends of each
    assert families.columns(1) == [6, 7, 8]
    assert families.design.shape == (300, 9)


def test_the_table_by_hand():
    # Changes of the two replicates 1 and 3, sd sqrt(2); the moved 11 and 15, sd sqrt(8). One degree of freedom:
    # t = 3 / sqrt(2), P(|T| > t) = 1 - 2 atan(t) / pi = 0.2801; the t quantile at 0.975 is 12.7062.
    got = shadow_test(
        ("late",), 10.0, np.array([13.0]), np.array([[10.0, 11.0], [12.0, 15.0]]), confidence_level=0.95
    )
    row = got.iloc[0]
    assert row["change"] == 3.0
    assert row["standard_error"] == pytest.approx(2**0.5)
    assert row["p_value"] == row["p_holm"] == pytest.approx(1 - 2 * np.arctan(3 / 2**0.5) / np.pi)
    assert row["high"] - row["nps_silent"] == pytest.approx(12.706205 * 8**0.5)
    assert [row["change_low"], row["change_high"]] == pytest.approx(
        [3 - 12.706205 * 2**0.5, 3 + 12.706205 * 2**0.5]
    )
    assert row["verdict"] == "cannot tell"
    assert shadow_test((), 0.0, np.zeros(0), np.zeros((2, 1)), confidence_level=0.95).empty


def test_a_shadow_agrees_only_where_a_change_that_matters_would_have_shown():
    draws = np.column_stack([np.zeros(40), np.tile([0.9, 1.1], 20)])
    near = shadow_test(("late",), 0.0, np.array([0.01]), draws, confidence_level=0.95)["verdict"][0]
    assert near == "agrees"
    strict = shadow_test(("late",), 0.0, np.array([0.01]), draws, confidence_level=0.95, matters=0.1)["verdict"][0]
    assert strict == "cannot tell"


def test_holm_equals_statsmodels():
    # statsmodels 0.15: multipletests([.001, .04, .03, .2, .011, .9], method="holm")[1]
    got = holm(np.array([0.001, 0.04, 0.03, 0.2, 0.011, 0.9]))
    assert got == pytest.approx([0.006, 0.12, 0.12, 0.4, 0.055, 0.9], abs=1e-12)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_holm_keeps_the_order_and_lies_between_none_and_bonferroni(p_values: list[float]):
    raw = np.array(p_values)
    got = holm(raw)
    assert (np.diff(got[np.argsort(raw, kind="stable")]) >= 0).all()
    assert (got >= raw).all()
    assert (got <= np.minimum(raw * len(raw), 1.0) + 1e-12).all()
    assert got.min() == pytest.approx(min(1.0, raw.min() * len(raw)))


def table_of(seed: int, n: int, *, replicates: int, drives: tuple[float, ...]) -> pd.DataFrame:
    """Test shadows with p(y | x) known, by a bootstrap of rows."""
    rng = np.random.default_rng(seed)
    drawn, frame = with_shadows(n, rng, drives=drives)
    families, sample = ShadowFamilies.of(frame, {}), drawn.sample
    first = select(drawn.probabilities, sample, prior_sd=0.5)
    draws = []
    for mean in rng.multivariate_normal(np.zeros(2), prior_covariance(0.5), replicates):
        counts = np.zeros(n)
        for group in (np.flatnonzero(sample.answered), np.flatnonzero(~sample.answered)):
            counts[group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)))
        one = replace(sample, weights=counts)
        fitted = select(drawn.probabilities, one, prior_sd=0.5, prior_mean=mean, start=first)
        point = estimate_point(drawn.probabilities, one, fitted)
        moved = moved_estimates(drawn.probabilities, one, point, families, prior_sd=0.5, prior_mean=mean)
        draws.append([point.nps, *moved])
    value, moved = moved_of(drawn, families)
    return shadow_test(families.names, value, moved, np.array(draws), confidence_level=0.95)


@pytest.mark.slow
def test_p_values_are_uniform_where_all_are_shadows():
    # False alarm 1.5 %: two binomial tests and one of Kolmogorov and Smirnov, 0.5 % each, on 120 populations.
    tables = [table_of(seed, 1200, replicates=20, drives=(0.0, 0.0)) for seed in range(120)]
    p_values = np.array([table["p_value"] for table in tables])
    for k in (0, 1):
        assert binomtest(int((p_values[:, k] < 0.05).sum()), 120, 0.05).pvalue > 0.005
    assert kstest(p_values[:, 0], "uniform").pvalue > 0.005


def test_a_shadow_that_drives_answering_is_found_and_named_by_the_others():
    tables = [table_of(seed, 2500, replicates=20, drives=(0.0, 0.4, 0.0, 0.0)) for seed in range(8)]
    assert all(table.set_index("shadow")["p_holm"]["b"] < 0.01 for table in tables)
    assert sum(table["p_value"].idxmin() == 1 for table in tables) >= 7
    assert all(table["verdict"][1] == "contradicts" for table in tables)


@pytest.mark.parametrize(
    ("drives", "strengths"),
    [
        ((0.4, 0.0, 0.0), (0.5, 1.4, 0.5)),
        ((-0.4, 0.0, 0.0), (0.5, 1.4, 0.5)),
        ((1.0, 0.0, 0.0), (0.8, 0.8, 0.8)),
        ((0.4, 0.0), (0.6, 1.3)),
    ],
)
def test_the_driver_explains_silence_best_also_where_a_true_shadow_moves_the_estimate_more(
    drives: tuple[float, ...], strengths: tuple[float, ...]
):
    # By the size of the change the first and the last line would name the true shadow b in every population.
    right = 0
    for seed in range(10):
        drawn, frame = with_shadows(3000, np.random.default_rng(seed), drives=drives, strengths=strengths)
        selection = select(drawn.probabilities, drawn.sample, prior_sd=0.5)
        families = ShadowFamilies.of(frame, {})
        gains = driving_gains(drawn.probabilities, drawn.sample, selection, families, prior_sd=0.5)
        right += gains.argmax() == 0
    assert right >= 9


def test_a_gain_is_that_of_the_likelihood_less_the_columns():
    drawn, frame = with_shadows(3000, np.random.default_rng(3), drives=(0.0, 0.3))
    sample, families = drawn.sample, ShadowFamilies.of(frame, {})
    selection = select(drawn.probabilities, sample, prior_sd=0.5)
    gains = driving_gains(drawn.probabilities, sample, selection, families, prior_sd=0.5)
    losses = []
    for columns in ([], families.columns(1)):
        wide = replace(sample, drivers=np.hstack([sample.drivers, families.design[:, columns]]))
        problem = invited_problem(drawn.probabilities, wide, prior_sd=0.5)
        losses.append(problem.loss_and_gradient(problem.minimum(problem.start(None)).theta)[0])
    assert gains[1] == pytest.approx(losses[0] - losses[1] - 3, rel=0.05)
