"""Learned features are in the catalogue, fitted once, and the same in training and scoring."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, retailer

import silentnps.features  # noqa: F401  fills the catalogue
from silentnps.config import FeaturesConfig
from silentnps.errors import ConfigError, ModelError
from silentnps.features.catalog import CATALOG, catalog_frame
from silentnps.features.engine.expressions import available_features
from silentnps.features.learned.learned_features import LEARNED_FEATURES, LearnedFeatures, fit_learned
from silentnps.features.learned.lifetime import expected_orders, probability_alive
from silentnps.features.learned.spending import expected_amount
from silentnps.workflow.wave_data import learn, roles_of

HISTORY = ["orders_repeat_days", "orders_recency_days", "orders_age_days"]
AMOUNTS = ["lifetime_expected_amount_90d", "lifetime_expected_amount_365d"]
PERCENTILE = "orders_average_amount_percentile"


def base(n: int = 600) -> pd.DataFrame:
    """Return built features of a base in which a tenth has never ordered."""
    rng = np.random.default_rng(0)
    age = rng.integers(1, 700, n).astype(float)
    frequency = np.minimum(rng.poisson(age * rng.gamma(0.5, 1 / 60, n)), age)
    amount = rng.gamma(4, 10 / rng.gamma(3, 1 / 3, n))
    features = pd.DataFrame(
        {
            "orders_repeat_days": frequency,
            "orders_recency_days": np.where(frequency > 0, np.ceil(age * rng.uniform(size=n)), 0),
            "orders_age_days": age,
            "orders_repeat_amount_mean": np.where(frequency > 0, amount, np.nan),
            "orders_average_amount": amount,
        }
    )
    features.loc[::10] = np.nan
    features["orders_repeat_days"] = features["orders_repeat_days"].fillna(0)
    return features.assign(region=rng.choice(["north", "south"], n))


@cache
def learned_of_base() -> LearnedFeatures:
    """Return what is learned of `base()`; fitted once for all tests that only apply it."""
    return fit_learned(base(), random_state=0)


def test_every_learned_feature_is_in_the_catalogue_but_not_available_from_tables():
    frame = catalog_frame().set_index("name")
    assert frame.index[frame.learned].tolist() == list(LEARNED_FEATURES)
    assert set(frame.loc[list(LEARNED_FEATURES), "role"]) == {"response driver", "neither"}
    assert frame.loc[PERCENTILE, "family"] == "monetary"
    assert set(frame.loc[[name for name in LEARNED_FEATURES if name != PERCENTILE], "family"]) == {"lifetime"}
    assert not set(LEARNED_FEATURES) & {entry.name for entry in available_features(connect(retailer()))}


def test_the_learned_columns_are_the_values_of_their_models():
    features = base()
    learned = learned_of_base()
    got = learned.apply(features)
    assert tuple(got.columns) == (*features.columns, *LEARNED_FEATURES)
    assert (learned.notes, learned.exclude) == ((), ())
    history = [got[name] for name in HISTORY]
    year = expected_orders(learned.lifetime, *history, days=365)
    amount = expected_amount(learned.spending, got.orders_repeat_days, got.orders_repeat_amount_mean)
    np.testing.assert_array_equal(got.lifetime_probability_alive, probability_alive(learned.lifetime, *history))
    np.testing.assert_array_equal(got.lifetime_expected_orders_365d, year)
    np.testing.assert_array_equal(got.lifetime_expected_amount_365d, year * amount)
    np.testing.assert_array_equal(
        got.lifetime_expected_amount_90d, expected_orders(learned.lifetime, *history, days=90) * amount
    )
    assert got[PERCENTILE].mean() == pytest.approx(0.5, abs=0.01)


def test_only_customers_who_never_ordered_are_unknown():
    features = base()
    got = learned_of_base().apply(features)
    for name in LEARNED_FEATURES:
        np.testing.assert_array_equal(got[name].isna(), features.orders_age_days.isna(), err_msg=name)


def test_a_round_trip_through_json_changes_no_bit():
    features = base()
    learned = fit_learned(features, random_state=0, exclude=[AMOUNTS[0]], percentile_segment="region")
    again = LearnedFeatures.from_dict(json.loads(json.dumps(learned.to_dict())))
    assert again == learned
    pd.testing.assert_frame_equal(again.apply(features), learned.apply(features), check_exact=True)


def test_a_row_alone_equals_the_row_in_the_batch():
    features = base(200)
    learned = fit_learned(features, random_state=0, percentile_segment="region")
    batch = learned.apply(features)
    for k in (0, 1, 57, 199):
        alone = learned.apply(features.iloc[k : k + 1])
        pd.testing.assert_frame_equal(alone, batch.iloc[k : k + 1], check_exact=True)


@pytest.mark.parametrize("name", LEARNED_FEATURES)
@pytest.mark.parametrize("empty", [np.nan, None, pd.NA])
def test_a_learned_column_is_computed_in_the_rows_where_it_is_empty(name, empty):
    features = base()
    learned = learned_of_base()
    whole = learned.apply(features)
    some = whole[name].astype(object).where(np.arange(len(whole)) % 3 > 0, empty)
    for given in (some, pd.Series([empty] * len(whole), dtype=object)):
        got = learned.apply(whole.assign(**{name: given}))
        np.testing.assert_array_equal(got[name].to_numpy(dtype=float), whole[name].to_numpy(dtype=float))


def test_columns_that_are_there_are_kept():
    features = base()
    learned = learned_of_base()
    got = learned.apply(features.assign(lifetime_probability_alive=0.5))
    assert (got.lifetime_probability_alive == 0.5).all()
    assert set(LEARNED_FEATURES) <= set(got)


@pytest.mark.parametrize("name", LEARNED_FEATURES)
def test_only_the_excluded_learned_feature_is_left_out(name):
    features = base()
    all_learned = learned_of_base().apply(features)
    got = fit_learned(features, random_state=0, exclude=[name, "region"]).apply(features)
    pd.testing.assert_frame_equal(got, all_learned.drop(columns=name), check_exact=True)


def test_features_computed_from_a_missing_feature_are_missing_too():
    features = base()
    without = {
        "orders_repeat_amount_mean": set(AMOUNTS),
        "orders_average_amount": {PERCENTILE},
        "orders_age_days": set(LEARNED_FEATURES) - {PERCENTILE},
    }
    for name, gone in without.items():
        fewer = features.drop(columns=name)
        learned = fit_learned(fewer, random_state=0)
        assert set(LEARNED_FEATURES) - set(learned.apply(fewer)) == gone
        assert learned.notes == ()


def test_a_model_that_cannot_be_fitted_gives_no_feature_and_a_note():
    once = base().assign(orders_repeat_days=0.0, orders_repeat_amount_mean=np.nan)
    learned = fit_learned(once, random_state=0)
    assert learned.names == (PERCENTILE,)
    assert [note.split(" needs ")[0] for note in learned.notes] == ["lifetime", "spending"]
    equal = base()
    equal["orders_repeat_amount_mean"] = equal.orders_repeat_amount_mean.mask(equal.orders_repeat_days > 0, 9.99)
    learned = fit_learned(equal, random_state=0)
    assert set(LEARNED_FEATURES) - set(learned.names) == set(AMOUNTS)
    assert "one amount" in learned.notes[0]


def test_a_base_without_orders_learns_nothing():
    features = base()[["region"]]
    learned = fit_learned(features, random_state=0)
    assert learned == LearnedFeatures()
    assert learned.apply(features) is features


def test_missing_inputs_are_named():
    features = base()
    learned = fit_learned(features, random_state=0, percentile_segment="region")
    with pytest.raises(ModelError, match="'orders_age_days' for the lifetime features"):
        learned.apply(features.drop(columns="orders_age_days"))
    with pytest.raises(ModelError, match="'region' for the monetary features"):
        learned.apply(features.drop(columns="region"))


def wave(features: pd.DataFrame) -> pd.DataFrame:
    """Return the features twice: in an earlier wave, and in a later one with ten times the amounts."""
    later = features.assign(orders_average_amount=10 * features.orders_average_amount)
    both = pd.concat([features, later], ignore_index=True)
    names = np.repeat(["2025-01", "2025-02"], len(features))
    return both.assign(wave=names, respondent=np.arange(len(both)) % 3 == 0, customer_id="c")


def test_only_the_earliest_wave_is_learned_from():
    features = base()
    learned = learn(wave(features), FeaturesConfig(), random_state=0)
    assert learned == learned_of_base()


def test_the_configuration_decides_what_is_learned():
    frame = wave(base())
    plain, segmented = (
        learn(frame, FeaturesConfig(percentile_segment=segment), random_state=0).apply(frame)[PERCENTILE]
        for segment in (None, "region")
    )
    assert (plain - segmented).abs().max() > 0.01
    without = learn(frame, FeaturesConfig(exclude=(AMOUNTS[0],)), random_state=0)
    assert AMOUNTS[0] not in without.apply(frame)


@pytest.mark.parametrize("segment", ["county", "wave", "orders_age_days"])
def test_a_segment_that_is_not_a_column_of_customers_is_refused(segment):
    with pytest.raises(ConfigError, match=rf"features\.percentile_segment must be a column .* got '{segment}'"):
        learn(wave(base()), FeaturesConfig(percentile_segment=segment), random_state=0)


def test_learned_features_have_the_roles_of_the_catalogue_unless_declared_otherwise():
    features = base()
    got = learned_of_base().apply(features)
    drivers, shadows = roles_of(got, FeaturesConfig(response_drivers=(PERCENTILE,)))
    known = {name for name in LEARNED_FEATURES if CATALOG[name].role == "response driver"}
    assert set(LEARNED_FEATURES) & set(drivers) == known | {PERCENTILE}
    assert shadows == ()
