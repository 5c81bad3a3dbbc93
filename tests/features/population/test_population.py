"""The rules of the population, one test per sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from event_tables import connect, table

from silentnps.config import WavesConfig
from silentnps.errors import ConfigError
from silentnps.features.engine.build import build_features
from silentnps.features.population.population import build_population, population_at

MONTHS = WavesConfig(period="month")


def customers(*ids: str, signed_up_at: list[str | None] | None = None) -> pd.DataFrame:
    return table(customer_id=list(ids), **({"signed_up_at": signed_up_at} if signed_up_at else {}))


def answers(*rows: tuple[object, ...], extra: str | None = None) -> pd.DataFrame:
    names = ["customer_id", "responded_at", "rating", *([extra] if extra else [])]
    return table(**{name: [row[i] for row in rows] for i, name in enumerate(names)})


def invitations(*rows: tuple[str, str]) -> pd.DataFrame:
    return table(customer_id=[row[0] for row in rows], invited_at=[row[1] for row in rows])


def population(waves: WavesConfig = MONTHS, **frames: pd.DataFrame) -> pd.DataFrame:
    rows = build_population(connect(frames), waves)
    return rows.order_by("wave", "customer_id").to_pandas().set_index(["wave", "customer_id"])


@pytest.mark.parametrize(("repeats", "rating"), [("latest", 3), ("first", 9)])
def test_which_of_several_answers_of_a_wave_counts_is_configured(repeats: str, rating: int) -> None:
    said = answers(("a", "2025-03-10", 9), ("a", "2025-03-12", 3), ("a", "2025-03-11", 7), ("a", "2025-04-02", 5))
    sent = invitations(("a", "2025-03-01"), ("a", "2025-04-01"), ("b", "2025-03-01"), ("b", "2025-03-08"))
    got = population(
        WavesConfig(period="month", repeats=repeats),
        customers=customers("a", "b"),
        responses=said,
        invitations=sent,
    )
    assert got.loc[("2025-03", "a"), "rating"] == rating
    assert got.loc[("2025-04", "a"), "rating"] == 5
    assert got.loc[("2025-03", "b"), "as_of"] == moment("2025-03-08")  # of invitations the latest, whatever counts


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


@pytest.mark.parametrize(
    ("waves", "labels"),
    [
        (WavesConfig(period="month"), ["2025-01", "2025-03", "2025-05"]),
        (WavesConfig(period="quarter"), ["2025-Q1", "2025-Q2"]),
        (WavesConfig(period="year"), ["2025"]),
        (WavesConfig(), ["all"]),
        (WavesConfig(dates=(datetime(2025, 3, 1), datetime(2025, 1, 5))), ["2025-01-05", "2025-03-01"]),
        (WavesConfig(dates=(datetime(2025, 3, 1),)), ["2025-03-01"]),
    ],
)
def test_waves_are_where_answers_or_invitations_fall_and_are_named_by_their_period(waves, labels):
    got = population(
        waves,
        customers=customers("a", "b"),
        responses=answers(("a", "2025-03-10", 9)),
        invitations=invitations(("a", "2025-01-10"), ("a", "2025-03-09"), ("b", "2025-05-02")),
    )
    assert sorted(set(got.index.get_level_values("wave"))) == labels


def test_an_answer_belongs_to_the_wave_of_the_invitation_it_records():
    got = population(
        customers=customers("a"),
        responses=answers(("a", "2025-03-02", 9, "2025-02-27"), extra="invited_at"),
        invitations=invitations(("a", "2025-03-01")),
    )
    assert got.loc[("2025-02", "a"), ["as_of", "rating"]].tolist() == [moment("2025-02-27"), 9]
    assert not got.loc[("2025-03", "a"), "respondent"]


def test_else_to_the_wave_of_the_latest_invitation_at_or_before_it():
    got = population(
        customers=customers("a"),
        responses=answers(("a", "2025-03-02", 9)),
        invitations=invitations(("a", "2025-01-05"), ("a", "2025-02-27"), ("a", "2025-03-02T00:00:01")),
    )
    assert got.respondent.to_dict() == {("2025-01", "a"): False, ("2025-02", "a"): True, ("2025-03", "a"): False}


def test_else_to_the_wave_of_its_own_time_whatever_the_embargo():
    frames = {"customers": customers("a"), "responses": answers(("a", "2025-03-02", 9))}
    day = population(WavesConfig(period="month", embargo_hours=24), **frames)
    longer = population(WavesConfig(period="month", embargo_hours=48.5), **frames)
    assert day.as_of.to_dict() == {("2025-03", "a"): moment("2025-03-01")}
    assert longer.as_of.to_dict() == {("2025-03", "a"): moment("2025-02-27T23:30")}


def test_a_recorded_invitation_after_the_answer_is_not_its_invitation():
    responses = answers(("a", "2025-03-02", 9, "2025-03-05"), extra="invited_at")
    assert population(customers=customers("a"), responses=responses).as_of.tolist() == [moment("2025-03-01")]


def test_as_of_of_an_invited_silent_customer_is_the_latest_invitation_of_the_wave():
    got = population(customers=customers("a"), invitations=invitations(("a", "2025-01-20"), ("a", "2025-01-04")))
    assert got.as_of.tolist() == [moment("2025-01-20")]


def test_as_of_of_customers_never_invited_is_the_lower_median_of_the_wave():
    got = population(
        customers=customers("a", "b", "c", "d", "e"),
        responses=answers(("a", "2025-01-09", 9)),
        invitations=invitations(("b", "2025-01-02"), ("c", "2025-01-11"), ("d", "2025-01-20")),
    )
    assert got.loc[("2025-01", "e"), "as_of"] == moment("2025-01-08")


def test_the_base_is_everybody_who_had_signed_up_by_as_of_or_has_no_date():
    got = population(
        customers=customers("a", "b", "c", "d", signed_up_at=["2024-01-01", "2025-01-08", "2025-01-09", None]),
        responses=answers(("a", "2025-01-09", 9)),
    )
    assert got.index.get_level_values("customer_id").tolist() == ["a", "b", "d"]


def test_every_respondent_is_in_the_base():
    got = population(
        customers=customers("late", signed_up_at=["2026-01-01"]),
        responses=answers(("late", "2025-01-09", 9), ("stranger", "2025-01-09", 2)),
    )
    assert got.rating.to_dict() == {("2025-01", "late"): 9, ("2025-01", "stranger"): 2}


def test_without_invitations_all_count_as_invited():
    responses = answers(("a", "2025-01-09", 9, "2025-01-05"), extra="invited_at")
    got = population(customers=customers("a", "b"), responses=responses)
    assert got.invited.tolist() == [True, True]


def test_with_invitations_only_invited_customers_and_respondents_do():
    got = population(
        customers=customers("a", "b", "c"),
        responses=answers(("a", "2025-01-09", 9)),
        invitations=invitations(("b", "2025-01-05")),
    )
    assert got.invited.tolist() == [True, True, False]


def test_a_wave_before_invitations_were_recorded_has_all_invited():
    got = population(
        customers=customers("a", "b"),
        responses=answers(("a", "2025-01-09", 9)),
        invitations=invitations(("a", "2025-02-05")),
    )
    assert got.invited.to_dict() == {
        ("2025-01", "a"): True,
        ("2025-01", "b"): True,
        ("2025-02", "a"): True,
        ("2025-02", "b"): False,
    }


def test_of_several_answers_in_a_wave_the_latest_counts_and_at_one_moment_the_last_of_the_file():
    got = population(
        customers=customers("a", "b", "c"),
        responses=answers(
            ("a", "2025-01-09", 9),
            ("c", "2025-01-09", 3),
            ("b", "2025-01-09", 8),
            ("a", "2025-01-20", 4),
            ("b", "2025-01-09", 3),
            ("c", "2025-01-09", 8),
        ),
    )
    assert got.rating.tolist() == [4, 3, 8]
    assert got.loc[("2025-01", "a"), "as_of"] == moment("2025-01-19")


def test_only_relational_answers_count_where_there_are_any():
    both = answers(
        ("a", "2025-01-09", 9, "relational"), ("b", "2025-01-10", 2, "transactional"), extra="survey_type"
    )
    one_kind = answers(("b", "2025-01-10", 2, "transactional"), extra="survey_type")
    assert population(customers=customers("a", "b"), responses=both).respondent.tolist() == [True, False]
    assert population(customers=customers("a", "b"), responses=one_kind).respondent.tolist() == [False, True]


def test_a_silent_customer_has_no_rating():
    got = population(customers=customers("a", "b"), responses=answers(("a", "2025-01-09", 0)))
    assert got.rating.isna().tolist() == [False, True]
    assert got.respondent.tolist() == [True, False]


def test_answers_of_the_same_wave_are_not_previous_answers():
    frames = {
        "customers": customers("a", "b"),
        "responses": answers(("a", "2025-01-09", 9), ("a", "2025-03-02", 5), ("a", "2025-03-20", 7)),
    }
    tables = connect(frames)
    by_month = build_features(tables, build_population(tables, MONTHS)).set_index(["wave", "customer_id"])
    assert by_month.loc[("2025-03", "a"), ["rating", "responses_previous_rating"]].tolist() == [7, 9]
    in_one = build_features(tables, build_population(tables, WavesConfig()))
    assert in_one.responses_previous_count.tolist() == [0, 0]


def test_an_answer_given_after_its_wave_is_previous_in_the_next():
    tables = connect(
        {
            "customers": customers("a"),
            "responses": answers(("a", "2025-02-02", 9)),
            "invitations": invitations(("a", "2025-01-30"), ("a", "2025-02-20")),
        }
    )
    got = build_features(tables, build_population(tables, MONTHS)).set_index("wave")
    assert got.responses_previous_rating.to_dict()["2025-02"] == 9


def test_explicit_dates_with_a_zone_are_converted_to_utc():
    east = datetime(2025, 3, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    frames = {"customers": customers("a"), "responses": answers(("a", "2025-03-01T23:30", 9))}
    assert population(WavesConfig(dates=(east,)), **frames).index[0][0] == "2025-02-28"
    utc = datetime(2025, 3, 2, tzinfo=UTC)
    assert population(WavesConfig(dates=(utc,)), **frames).empty


def test_contradictory_waves_are_refused():
    frames = {"customers": customers("a"), "responses": answers(("a", "2025-03-01", 9))}
    with pytest.raises(ConfigError, match="both"):
        population(WavesConfig(period="month", dates=(datetime(2025, 1, 1),)), **frames)
    with pytest.raises(ConfigError, match="2025-01-01 twice"):
        population(WavesConfig(dates=(datetime(2025, 1, 1), datetime(2025, 1, 1, 5))), **frames)


def test_a_base_that_was_never_asked_is_refused():
    with pytest.raises(ConfigError, match="responses or invitations"):
        population(customers=customers("a"))


def test_the_base_at_a_moment_is_everybody_who_had_signed_up():
    tables = connect({"customers": customers("a", "b", "c", signed_up_at=["2024-01-01", None, "2025-06-02"])})
    got = population_at(tables, datetime(2025, 6, 1)).order_by("customer_id").to_pandas()
    assert got.customer_id.tolist() == ["a", "b"]
    assert got.as_of.tolist() == [moment("2025-06-01")] * 2
    assert got.wave.tolist() == ["2025-06-01"] * 2
    assert not got.respondent.any()


def test_the_latest_answer_is_the_last_given_not_the_last_asked():
    responses = answers(
        ("a", "2025-01-20", 4, "2025-01-02"), ("a", "2025-01-15", 9, "2025-01-10"), extra="invited_at"
    )
    got = population(customers=customers("a"), responses=responses)
    assert got.loc[("2025-01", "a"), ["rating", "as_of"]].tolist() == [4, moment("2025-01-02")]
