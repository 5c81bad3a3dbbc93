"""Class shares by spend: equal spend is the plain estimate, spend of a few is their segment, and the corners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import population

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.estimation.formulas.small_areas import estimate_segments, own_draws_variance
from silentnps.estimation.value.spend import SilentSpend, Spend
from silentnps.estimation.value.spend_shares import own_variance, sampling_variance, spend_shares
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.silent_population import SilentPopulation, strata, variance_of_mean


def estimated(n: int = 3000, *, never_asked: bool = False) -> tuple[PointEstimate, Sample]:
    invitation = (0.5, 0.5) if never_asked else None
    drawn = population(n, np.random.default_rng(0), invitation=invitation)
    sample = replace(drawn.sample, weights=np.random.default_rng(1).gamma(4.0, 0.25, n))  # as in a bootstrap
    selection = select(drawn.probabilities, sample, prior_sd=0.5)
    return estimate_point(drawn.probabilities, sample, selection), sample


def skewed(sample: Sample) -> Floats:
    """Return spend with a long tail that goes with the driver."""
    rng = np.random.default_rng(2)
    return np.exp(1.2 * rng.normal(size=len(sample.classes)) + 0.5 * sample.drivers[:, 0])


@pytest.mark.parametrize("never_asked", [False, True])
def test_equal_spend_gives_the_plain_shares(never_asked: bool):
    point, sample = estimated(never_asked=never_asked)
    equal = Spend.of(np.full(len(sample.classes), 7.5), "spend")
    assert spend_shares(point, sample, equal).shares == pytest.approx(point.shares, abs=1e-12)
    silent = point.silent_probabilities[~sample.answered]
    own = own_variance(point.silent_probabilities, sample, equal)
    assert own == pytest.approx(own_draws_variance(silent), rel=1e-12)
    assert own_variance(point.silent_probabilities, sample, equal, beyond_plain=True) == pytest.approx(0, abs=1e-12)


def test_the_unit_of_spend_does_not_matter():
    point, sample = estimated()
    values = skewed(sample)
    one, two = (spend_shares(point, sample, Spend.of(unit * values, "spend")) for unit in (1.0, 100.0))
    assert one.shares == pytest.approx(two.shares, abs=1e-12)
    assert one.trust == pytest.approx(two.trust, abs=1e-9)


def test_trust_goes_from_the_model_to_the_answers_weighted_by_spend():
    point, sample = estimated()
    values, law, silent = skewed(sample), point.silent_probabilities, ~sample.answered
    spend = Spend.of(values, "spend")
    model = np.average(law[silent], axis=0, weights=values[silent]) + point.shares - law[silent].mean(axis=0)
    assert spend_shares(point, sample, spend, trust=0.0).shares == pytest.approx(model, abs=1e-12)
    rows = point.corrections > 0
    residual = np.eye(3)[sample.classes[rows]] - law[rows]
    direct = np.average(law[silent], axis=0, weights=values[silent])
    direct = direct + np.average(residual, axis=0, weights=point.corrections[rows] * values[rows])
    assert spend_shares(point, sample, spend, trust=1.0).shares == pytest.approx(direct, abs=1e-12)


def test_spend_of_a_segment_alone_is_the_segment():
    point, sample = estimated()
    codes = (np.random.default_rng(3).random(len(sample.classes)) < 0.3).astype(np.int64)
    members = Spend.of(codes.astype(np.float64), "spend")
    got = estimate_segments(point, sample, codes, 2)
    assert spend_shares(point, sample, members, trust=0.0).nps == pytest.approx(got.synthetic[1], abs=1e-9)
    assert spend_shares(point, sample, members, trust=1.0).nps == pytest.approx(got.direct[1], abs=1e-9)


def test_by_spend_is_the_mean_of_quantiles_of_spend_counted_by_theirs():
    # within a quantile spend goes little further with satisfaction: a rough identity, of numbers 20 points apart
    point, sample = estimated(8000)
    values = np.exp(2.0 * sample.drivers[:, 0])
    codes = np.searchsorted(np.quantile(values, np.linspace(0, 1, 101)[1:-1]), values)
    silent = ~sample.answered
    of_segments = estimate_segments(point, sample, codes, 100).synthetic
    total = np.bincount(codes[silent], weights=values[silent], minlength=100)
    by_spend = spend_shares(point, sample, Spend.of(values, "spend"), trust=0.0).nps
    assert by_spend == pytest.approx(of_segments @ total / total.sum(), abs=1.5)
    assert abs(by_spend - point.nps) > 5


def test_without_an_answer_of_those_who_spend_the_model_alone_speaks():
    point, sample = estimated()
    values = np.where(sample.answered, 0.0, skewed(sample))
    got = spend_shares(point, sample, Spend.of(values, "spend"))
    assert (got.trust, got.between) == (0.0, 1.0)
    assert np.isfinite(got.shares).all()


def test_one_silent_customer_with_all_the_spend_has_his_own_variance():
    point, sample = estimated()
    values = np.zeros(len(sample.classes))
    whale = np.flatnonzero(~sample.answered)[5]
    values[whale] = 1e6
    law = point.silent_probabilities[whale]
    expected = law @ CLASS_VALUES**2 - (law @ CLASS_VALUES) ** 2
    got = own_variance(point.silent_probabilities, sample, Spend.of(values, "spend"))
    assert got == pytest.approx(expected, rel=1e-12)


POINT, WHOLE = estimated(2000, never_asked=True)
LAW, GROUPS, SPENT = POINT.silent_probabilities, strata(WHOLE.answered, WHOLE.invited), skewed(WHOLE)
CONTROL = np.where(WHOLE.answered[:, None], 0.0, 0.8 * LAW + 0.05 * np.tanh(WHOLE.drivers))


def held(values: Floats, seed: int, share: float) -> tuple[Floats, Sample, Spend]:
    """Return the laws, the rows and the spend of all answers and of a share of the silent customers."""
    rows = np.flatnonzero(WHOLE.answered | (np.random.default_rng(seed).random(len(values)) < share))
    n = np.array([group.sum() for group in GROUPS])
    plain = np.array([CONTROL[group].mean(axis=0) for group in GROUPS])
    means = np.array([np.average(CONTROL[group], axis=0, weights=values[group]) for group in GROUPS])
    totals = np.array([values[group].sum() for group in GROUPS])
    everybody = SilentSpend(totals, means, squares=1.0, largest=1.0, n=int(n.sum()))
    population = SilentPopulation(n, np.ones(len(rows), dtype=np.bool_), CONTROL[rows], plain)
    sample = replace(WHOLE.take(rows), population=population)
    return LAW[rows], sample, Spend.of(values[rows], "spend", everybody=everybody)


def test_a_sample_of_everybody_is_everybody():
    law, sample, spend = held(SPENT, 0, 1.0)
    whole = Spend.of(SPENT, "spend").mean_law(LAW, WHOLE)
    assert spend.mean_law(law, sample) == pytest.approx(whole, abs=1e-12)
    assert sampling_variance(law, sample, spend) == 0.0


def test_a_sample_of_silent_customers_is_as_far_off_as_it_says():
    truth = Spend.of(SPENT, "spend").mean_law(LAW, WHOLE) @ CLASS_VALUES
    errors, variances = [], []
    for seed in range(60):
        law, sample, spend = held(SPENT, seed, 0.3)
        errors.append(float(spend.mean_law(law, sample) @ CLASS_VALUES - truth))
        variances.append(sampling_variance(law, sample, spend))
    ratio = np.mean(np.square(errors)) / np.mean(variances)
    assert 0.5 < ratio < 1.7  # chi square of 60 degrees: beyond it in less than 1 of 1,000 on either side


def test_equal_spend_of_a_sample_has_the_variance_of_the_plain_estimate():
    law, sample, spend = held(np.ones(2000), 0, 0.3)
    gaps, n = (law - sample.population.control) @ CLASS_VALUES, sample.population.n
    groups = strata(sample.answered, sample.invited)
    shares = n / n.sum()
    plain = [s**2 * variance_of_mean(gaps[group], int(k)) for s, k, group in zip(shares, n, groups, strict=True)]
    assert sampling_variance(law, sample, spend) == pytest.approx(sum(plain), rel=1e-9)
