"""Reminders are kept with the answers, but never among the features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, table

import silentnps.features  # noqa: F401  fills the catalogue
from silentnps.config import FeaturesConfig, WavesConfig
from silentnps.errors import DataError
from silentnps.features.catalog import CATALOG
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import KEYS
from silentnps.features.population.population import build_population
from silentnps.workflow.wave_data import in_survey, reminders_of_wave, survey_data

MONTHS = WavesConfig(period="month")


def frames(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    invitations = table(
        customer_id=["a", "a", "b", "c", "d", "d"],
        invited_at=["2025-01-05", "2025-03-05", "2025-03-05", "2025-03-06", "2025-03-07", "2025-03-09"],
    ).assign(reminders=pd.array([3, 1, 2, None, 4, 0], dtype="Int64"))
    responses = table(
        customer_id=["a", "a", "c", "d", "e"],
        responded_at=["2025-01-20", "2025-03-11", "2025-03-08", "2025-03-10", "2025-03-12"],
        rating=[9, 3, 8, 10, 7],
    )
    customers = table(customer_id=list("abcde"))
    engagement = table(customer_id=["a", "b"], occurred_at=["2024-12-01", "2024-12-02"])
    return {
        "customers": customers,
        "invitations": invitations,
        "responses": responses,
        "engagement": engagement,
        **changes,
    }


def built(**changes: pd.DataFrame) -> pd.DataFrame:
    tables = connect(frames(**changes))
    return build_features(tables, build_population(tables, MONTHS))


def reminders(rows: pd.DataFrame, wave: str = "2025-03") -> dict[str, float | None]:
    chosen = rows[rows["wave"] == wave].set_index("customer_id")["reminders"]
    return {name: None if np.isnan(value) else value for name, value in chosen.items()}


def test_an_answer_has_the_reminders_of_the_invitation_that_it_answers():
    # b is silent, the invitation of c has no number, d answers the second of two, e was never invited.
    rows = built()
    assert reminders(rows) == {"a": 1.0, "b": None, "c": None, "d": 0.0, "e": None}
    assert reminders(rows, "2025-01")["a"] == 3.0


def test_the_invitation_that_an_answer_records_is_the_one():
    responses = frames()["responses"].assign(invited_at=pd.Timestamp("2025-03-07"))
    assert reminders(built(responses=responses))["d"] == 4.0


def test_of_two_invitations_at_one_moment_the_larger_number_of_reminders_counts():
    twice = pd.concat([frames()["invitations"], frames()["invitations"].assign(reminders=7)])
    assert reminders(built(invitations=twice)) == {"a": 7.0, "b": None, "c": 7.0, "d": 7.0, "e": None}


def test_without_reminders_the_column_is_unknown_and_the_rows_are_the_same():
    rows = built()
    for other in (
        built(invitations=frames()["invitations"].drop(columns="reminders")),
        built(invitations=frames()["invitations"].assign(reminders=9)),
    ):
        pd.testing.assert_frame_equal(other.drop(columns="reminders"), rows.drop(columns="reminders"))
    assert built(invitations=frames()["invitations"].drop(columns="reminders"))["reminders"].isna().all()


def rows_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that training for March needs."""
    return frame[in_survey(frame, "2025-03", random_state=None)].reset_index(drop=True)


def test_reminders_are_a_key_and_not_a_feature():
    assert "reminders" in KEYS
    assert not [name for name in CATALOG if "reminder" in name]
    data = survey_data(rows_of(built()), "2025-03", FeaturesConfig())
    assert not [name for name in data.features if "reminder" in name]
    assert not [name for name in (*data.response_drivers, *data.shadow_features) if "reminder" in name]


def test_an_attribute_named_reminders_is_refused():
    # A user's own count of reminders would distinguish silent customers from respondents.
    with pytest.raises(DataError, match="reminders"):
        built(customers=frames()["customers"].assign(reminders=1))


def test_reminders_are_aligned_with_the_rows_of_the_wave():
    rows = rows_of(built())
    data = survey_data(rows, "2025-03", FeaturesConfig())
    got = reminders_of_wave(rows, "2025-03")
    np.testing.assert_array_equal(got, [1.0, np.nan, np.nan, 0.0, np.nan])
    assert len(got) == data.target.sum() < len(rows)
    assert not (~np.isnan(got) & ~data.answered[data.target]).any()


def test_where_no_reminders_are_recorded_there_are_none():
    rows = rows_of(built(invitations=frames()["invitations"].drop(columns="reminders")))
    assert reminders_of_wave(rows, "2025-03") is None
    assert reminders_of_wave(rows.drop(columns="reminders"), "2025-03") is None
