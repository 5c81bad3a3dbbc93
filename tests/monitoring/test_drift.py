"""Drift: a new carrier is found, a season that was seen is none, ageing is told and not judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from monitored import wave

from silentnps.monitoring.checks import Setting
from silentnps.monitoring.drift import check_classifier, check_features, check_predictions, moves_by_itself

SETTING = Setting((0.1, 0.25), 0.015)
AREA = Setting((0.6, 0.75), 0.005)


def test_a_new_carrier_that_is_always_late_is_found_within_one_wave() -> None:
    rng = np.random.default_rng(0)
    before, now = wave(rng, 1500, name="old"), wave(rng, 1500, late=1.0)
    check, table = check_features([before], now, SETTING)
    assert check.level == "act"
    assert "orders_late_share_180d" in check.text
    assert [each.feature for each in table if each.level in ("attention", "act")] == ["orders_late_share_180d"]
    assert check_classifier([before], now, AREA).level == "act"


def test_a_season_that_the_training_has_seen_is_no_drift() -> None:
    rng = np.random.default_rng(1)
    last, year_ago, now = (
        wave(rng, 1500, name="Q3"),
        wave(rng, 1500, name="Q4", late=0.9),
        wave(rng, 1500, late=0.9),
    )
    assert check_features([last], now, SETTING)[0].level == "act"
    check, table = check_features([last, year_ago], now, SETTING)
    assert check.level == "fine"
    assert {each.feature: each.since for each in table}["orders_late_share_180d"] == "Q4"
    assert check_classifier([last, year_ago], now, AREA).level == "fine"


def test_a_tenure_that_grows_is_told_and_not_judged() -> None:
    rng = np.random.default_rng(2)
    check, table = check_features([wave(rng, 800, name="old")], wave(rng, 800), SETTING)
    assert check.level == "fine"
    tenure = next(each for each in table if each.feature == "customers_tenure_days")
    assert tenure.moves
    assert tenure.level == "not judged"
    assert tenure.moved.psi > 0.25
    assert check_classifier([wave(rng, 800, name="old")], wave(rng, 800), AREA).level == "fine"


def test_what_moves_by_itself() -> None:
    moving = ("orders_count_total", "orders_days_since_last", "responses_previous_rating", "customers_tenure_band")
    assert all(map(moves_by_itself, moving))
    assert not any(map(moves_by_itself, ("orders_days_late_mean_180d", "engagement_count_30d", "region", "usage")))


def test_few_customers_are_not_judged() -> None:
    rng = np.random.default_rng(3)
    before, now = wave(rng, 29, name="old"), wave(rng, 500, late=1.0)
    for check in (check_features([before], now, SETTING)[0], check_predictions([before], now, SETTING)):
        assert check.level == "not judged"
        assert "too few customers" in check.text
    assert check_classifier([wave(rng, 150, name="old")], now, AREA).level == "not judged"


def test_predictions_that_moved_are_found_and_those_of_the_same_customers_are_fine() -> None:
    rng = np.random.default_rng(4)
    before = wave(rng, 900, name="old")
    assert check_predictions([before], replace(before, name="new"), SETTING).level == "fine"
    lower = replace(before, name="new", expected_nps=before.expected_nps - 60)
    assert check_predictions([before], lower, SETTING).level == "act"


def test_a_feature_that_is_gone_is_left_out_and_one_that_is_new_is_not_looked_at() -> None:
    rng = np.random.default_rng(5)
    before, now = wave(rng, 300, name="old"), wave(rng, 300)
    features = now.features.drop(columns="region").assign(another=1.0)
    _, table = check_features([before], replace(now, features=features), SETTING)
    assert {each.feature for each in table} == set(before.features.columns) - {"region"}
    no_window = replace(before, features=before.features[["customers_tenure_days"]])
    assert check_features([no_window], now, SETTING)[0].level == "not judged"
    assert check_classifier([no_window], now, AREA).level == "not judged"


def test_the_limits_and_the_probability_of_a_false_alarm_change_the_verdict() -> None:
    rng = np.random.default_rng(6)
    before, now = wave(rng, 1500, name="old"), wave(rng, 1500, late=0.35)
    psi = check_features([before], now, SETTING)[0].size
    assert psi is not None
    levels = [check_features([before], now, replace(SETTING, limits=limits))[0].level
              for limits in ((psi / 2, 2 * psi), (psi / 4, psi / 2), (2 * psi, 3 * psi))]  # fmt: skip
    assert levels == ["attention", "act", "fine"]
    assert check_features([before], now, Setting((psi / 2, 2 * psi), 0.0))[0].level == "fine"


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(7)
    before, now = wave(rng, 400, name="old"), wave(rng, 400, late=0.4)
    order = rng.permutation(400)
    mixed = replace(now, customers=now.customers[order], features=now.features.iloc[order].reset_index(drop=True),
                    expected_nps=now.expected_nps[order])  # fmt: skip
    one, other = (pd.DataFrame(check_features([before], each, SETTING)[1]) for each in (now, mixed))
    pd.testing.assert_frame_equal(one, other)
