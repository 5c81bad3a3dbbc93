"""Names of columns that refer to an outcome of the survey."""

from __future__ import annotations

import pytest

from silentnps.features.leaks.outcome_names import outcome_word


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("nps", "nps"),
        ("NPS_score", "nps"),
        ("lastNpsClass", "nps"),
        ("npsClass2024", "nps"),
        ("nps2024", "nps"),
        ("previous.rating", "rating"),
        ("avg-CSAT", "csat"),
        ("satisfaction", "satisfaction"),
        ("likelihood_to_recommend", "recommend"),
        ("isPromoter", "promoter"),
        ("detractor", "detractor"),
        ("survey sent", "survey"),
        ("churned", "churned"),
        ("predictive_analytics.churn_probability", "churn"),
        ("predictive_analytics.historic_clv", "predictive analytics"),
        ("predictiveAnalytics.gender", "predictive analytics"),
        ("Predicted Customer Lifetime Value", "predicted"),
        ("Historic Customer Lifetime Value", "lifetime value"),
        ("Churn Risk Prediction", "churn"),
        ("Expected Date Of Next Order", "next order"),
        ("lifetime_days", None),
        ("order_value", None),
        ("region", None),
        ("operating_hours", None),
        ("snaps", None),
        ("surveyor", None),
        ("analytics_predictive", None),
        ("", None),
    ],
)
def test_only_whole_words_count_as_names_of_outcomes(name, word):
    assert outcome_word(name) == word
