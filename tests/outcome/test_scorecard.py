"""The rule table: numbers by hand, each rule alone, and that a row speaks for itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import silentnps.features  # noqa: F401  fills the catalogue
from silentnps.features.catalog import CATALOG
from silentnps.outcome.scorecard import SIGNALS, signal_classes, signal_points, signal_reasons
from silentnps.schema import NPS_CLASSES

LEARNED_ELSEWHERE = "orders_average_amount_percentile"

# One row a rule: column, the largest value without a signal, one with it, points, the class it alone gives.
RULES = (
    ("referrals_count_total", 0.0, 1.0, 2.0, "promoter"),
    ("orders_repeat_within_180d", 0.0, 1.0, 1.0, "promoter"),
    ("orders_average_amount_percentile", 0.5, 0.51, 1.0, "promoter"),
    ("outreach_answer_share_365d", 0.0, 0.1, 0.5, "passive"),
    ("orders_single_purchase", 0.0, 1.0, 0.0, "passive"),
    ("support_complaints_180d", 0.0, 1.0, -2.0, "detractor"),
    ("support_open_cases", 0.0, 1.0, -1.0, "detractor"),
    ("returns_count_365d", 0.0, 1.0, -1.0, "detractor"),
    ("orders_late_count_90d", 0.0, 1.0, -1.0, "detractor"),
    ("engagement_dormant_90d", 0.0, 1.0, -1.0, "detractor"),
    ("returns_refund_amount_365d", 0.0, 0.01, -0.5, "detractor"),
    ("support_hours_to_response_mean_365d", 24.0, 24.1, -0.5, "detractor"),
)


def drawn(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            name: np.where(rng.uniform(size=n) < 0.2, np.nan, rng.choice([low, high], n))
            for name, low, high, *_ in RULES
        }
    )


def test_points_classes_and_reasons_by_hand():
    # 0: repeat +1, above the median +1, a referral +2, outreach +0.5. 1: complaint -2, return -1, dormant -1,
    # and a single purchase. 2: nothing. 3: referral +2 against complaint -2, answers outreach +0.5.
    features = pd.DataFrame(
        {
            "orders_repeat_within_180d": [1.0, 0.0, 0.0, 0.0],
            "orders_average_amount_percentile": [0.9, 0.2, 0.5, np.nan],
            "referrals_count_total": [3.0, 0.0, 0.0, 1.0],
            "orders_single_purchase": [0.0, 1.0, 0.0, 0.0],
            "outreach_answer_share_365d": [0.8, np.nan, 0.0, 0.5],
            "support_complaints_180d": [0.0, 2.0, 0.0, 1.0],
            "returns_count_365d": [0.0, 1.0, 0.0, 0.0],
            "engagement_dormant_90d": [0.0, 1.0, 0.0, 0.0],
        }
    )
    assert signal_points(features).tolist() == [4.5, -4.0, 0.0, 0.5]
    assert [NPS_CLASSES[code] for code in signal_classes(features)] == [
        "promoter",
        "detractor",
        "passive",
        "passive",
    ]
    assert signal_reasons(features) == [
        (
            "referred a friend",
            "bought again within 180 days",
            "average order above the median",
            "answers outreach now and then",
        ),
        (
            "complained in the last 180 days",
            "returned goods in the last year",
            "no engagement for 90 days",
            "bought once only",
        ),
        (),
        ("referred a friend", "complained in the last 180 days", "answers outreach now and then"),
    ]


def test_every_rule_is_in_the_table_above_and_of_a_feature_that_exists():
    assert [signal.column for signal in SIGNALS] == [name for name, *_ in RULES]
    assert {signal.column for signal in SIGNALS} <= {*CATALOG, LEARNED_ELSEWHERE}


@pytest.mark.parametrize(
    ("name", "without", "with_it", "points", "nps_class"), RULES, ids=[rule[0] for rule in RULES]
)
def test_each_rule_alone_gives_its_points_and_the_class_that_the_trade_reads(
    name, without, with_it, points, nps_class
):
    features = pd.DataFrame({name: [without, with_it, np.nan]})
    assert signal_points(features).tolist() == [0.0, points, 0.0]
    assert signal_classes(features).tolist() == [1, NPS_CLASSES.index(nps_class), 1]
    words = next(signal.words for signal in SIGNALS if signal.column == name)
    assert signal_reasons(features) == [(), (words,), ()]


def test_a_row_alone_says_what_it_says_in_the_batch():
    features = drawn(60)
    for row in range(60):
        alone = features.iloc[[row]]
        assert signal_points(alone)[0] == signal_points(features)[row]
        assert signal_classes(alone)[0] == signal_classes(features)[row]
        assert signal_reasons(alone) == [signal_reasons(features)[row]]


@pytest.mark.parametrize("missing", [name for name, *_ in RULES])
def test_a_missing_column_is_passed_over_as_a_missing_value(missing):
    features = drawn(50)
    fewer, unknown = features.drop(columns=missing), features.assign(**{missing: np.nan})
    assert signal_points(fewer).tolist() == signal_points(unknown).tolist()
    assert signal_reasons(fewer) == signal_reasons(unknown)


def test_without_any_column_everybody_is_passive_without_a_reason():
    nothing = pd.DataFrame(index=range(3))
    assert signal_points(nothing).tolist() == [0.0, 0.0, 0.0]
    assert signal_classes(nothing).tolist() == [1, 1, 1]
    assert signal_reasons(nothing) == [(), (), ()]


def test_more_points_never_make_a_lower_class():
    features = drawn(500, seed=1)
    classes = signal_classes(features)[np.argsort(signal_points(features))]
    assert (np.diff(classes) >= 0).all()
    assert set(classes) == {0, 1, 2}


def test_reasons_come_strongest_first():
    weight = {signal.words: abs(signal.points) for signal in SIGNALS}
    for reasons in signal_reasons(drawn(200, seed=2)):
        weights = [weight[words] for words in reasons]
        assert weights == sorted(weights, reverse=True)
