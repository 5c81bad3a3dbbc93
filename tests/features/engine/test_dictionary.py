"""The data dictionary on the page and in the terminal is complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from silentnps.cli import app
from silentnps.features.catalog import CATALOG
from silentnps.features.engine.dictionary import catalog_markdown

PAGE = Path(__file__).resolve().parents[3] / "docs" / "features.md"
SIGNALS = {
    "repeat purchase within 6 months": ("orders_repeat_within_180d", "orders_count_180d", "orders_median_gap_days"),
    "high average spend": (
        "orders_average_amount",
        "orders_average_amount_percentile",
        "lifetime_expected_amount_365d",
    ),
    "referrals": ("referrals_count_total", "referrals_converted_total", "referrals_days_since_last"),
    "single purchase": ("orders_single_purchase", "customers_tenure_days"),
    "answers to outreach": (
        "outreach_answer_share_365d",
        *(
            f"outreach_{channel}_answer_share_365d"
            for channel in ("sms", "chat", "video", "email", "call", "appointment")
        ),
    ),
    "complaints, returns, refunds": (
        "support_complaints_180d",
        "returns_per_order_365d",
        "returns_refund_share_365d",
        "returns_days_since_last",
        "support_open_cases",
        "support_hours_to_close_mean_365d",
    ),
    "no engagement for 90 days": ("engagement_days_since_last", "engagement_dormant_90d"),
    "delivery, response, onboarding": (
        "orders_late_share_180d",
        "orders_days_late_mean_180d",
        "support_hours_to_response_mean_365d",
        "customers_tenure_band",
        "customers_days_to_first_order",
    ),
    "CSAT, CES": ("responses_previous_csat", "responses_previous_ces"),
}
"""The signals in behaviour that NPS practice uses, and the features that measure them."""


def test_the_page_of_features_is_current():
    # silentnps features --list --markdown > docs/features.md
    assert PAGE.read_text(encoding="utf-8") == catalog_markdown()


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_has_its_features(signal):
    assert [name for name in SIGNALS[signal] if name not in CATALOG] == []


def test_list_prints_every_feature_without_a_configuration():
    result = CliRunner().invoke(app, ["features", "--list"])
    assert result.exit_code == 0
    assert [name for name in CATALOG if name not in result.output] == []


def test_features_without_a_configuration_is_a_usage_error():
    assert CliRunner().invoke(app, ["features"]).exit_code == 2
