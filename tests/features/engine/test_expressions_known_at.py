"""Tables with several versions of a row: the values that count are the ones known at as_of."""

from __future__ import annotations

import pandas as pd
import pytest
from event_tables import connect, retailer, table
from feature_oracle import CLOCKS
from versioned_tables import CLOCK, SAME_ROW, written_again

from silentnps.config import WavesConfig
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import available_features, features_of_table, numbered, table_features
from silentnps.features.population.population import build_population, population_at

AS_OF = [pd.Timestamp(day) for day in ("2024-06-01", "2024-10-01", "2025-02-01", "2026-06-01")]


def features_at(frames, as_of):
    tables = connect(frames)
    return build_features(tables, population_at(tables, as_of.to_pydatetime()))


def features_of(as_of, **frames):
    """Return the features of customers a and b at one moment."""
    return features_at({"customers": table(customer_id=["a", "b"])} | frames, pd.Timestamp(as_of))


def snapshot(frames, as_of):
    """Return the tables as they were known just before as_of: the last version of each row, without known_at."""
    seen = dict(frames)
    for name, clock in CLOCK.items():
        rows = frames[name].assign(known=frames[name].known_at.fillna(frames[name][clock]))
        rows = (
            rows[rows.known < as_of]
            .sort_values("known", kind="stable")
            .drop_duplicates(SAME_ROW[name], keep="last")
        )
        seen[name] = rows.drop(columns=["known", "known_at"])
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("as_of", AS_OF[1::2], ids=lambda day: f"{day:%Y-%m}")
def test_features_of_versions_equal_those_of_the_tables_as_known_then(as_of):
    frames = written_again(retailer())
    got, wanted = features_at(frames, as_of), features_at(snapshot(frames, as_of), as_of)
    pd.testing.assert_frame_equal(got, wanted, rtol=1e-12)


@pytest.mark.slow
def test_versions_make_a_difference_to_every_table():
    frames = written_again(retailer())
    as_of = AS_OF[2]
    plain = {n: f.drop(columns="known_at", errors="ignore") for n, f in snapshot(frames, AS_OF[3]).items()}
    got, blind = features_at(frames, as_of), features_at(plain, as_of)
    for name in CLOCKS:
        columns = [column for column in got if column.startswith(name)]
        assert not got[columns].equals(blind[columns]), name


def test_a_row_without_known_at_has_been_known_since_its_own_clock():
    frames = retailer()
    frames |= {name: frames[name].drop_duplicates(SAME_ROW[name]) for name in CLOCK}
    missing = {name: frames[name].assign(known_at=pd.NaT) for name in CLOCK}
    missing = {name: frame.astype({"known_at": "datetime64[us]"}) for name, frame in missing.items()}
    pd.testing.assert_frame_equal(
        features_at(frames | missing, AS_OF[2]), features_at(frames, AS_OF[2]), rtol=1e-12
    )


def orders(order_id, customer_id, ordered_at, known_at, amount=None):
    return table(
        order_id=order_id,
        customer_id=customer_id,
        ordered_at=ordered_at,
        amount=amount or [1000] * len(order_id),
        known_at=known_at,
    )


@pytest.mark.parametrize(("as_of", "amount"), [("2025-01-05", 0), ("2025-01-06", 10), ("2025-01-09T00:00:01", 25)])
def test_the_latest_version_known_before_as_of_counts(as_of, amount):
    # Known at 2025-01-05T00:00 as 10.00: not yet known at that moment itself. Corrected to 25.00 on 2025-01-09.
    both = orders(["o", "o"], ["a", "a"], ["2025-01-01"] * 2, ["2025-01-05", "2025-01-09"], [1000, 2500])
    assert features_of(as_of, orders=both).orders_amount_total.tolist() == [amount, 0]


def test_an_order_reassigned_to_another_customer_moves_to_them():
    both = orders(["o", "o"], ["a", "b"], ["2025-01-01"] * 2, ["2025-01-02", "2025-01-09"])
    assert features_of("2025-01-09", orders=both).orders_count_total.tolist() == [1, 0]
    assert features_of("2025-01-10", orders=both).orders_count_total.tolist() == [0, 1]


def test_an_order_postponed_beyond_as_of_has_not_happened():
    both = orders(["o", "o"], ["a", "a"], ["2025-01-01", "2025-02-01"], ["2025-01-01", "2025-01-09"])
    assert features_of("2025-01-09", orders=both).orders_count_total.tolist() == [1, 0]
    assert features_of("2025-01-10", orders=both).orders_count_total.tolist() == [0, 0]


def test_a_gap_lies_between_orders_that_were_known():
    # The order of 11 January was booked on the 30th: until then the gap is 20 days, afterwards 10 and 10.
    late = orders(
        ["o", "p", "q"], ["a"] * 3, ["2025-01-01", "2025-01-11", "2025-01-21"], [None, "2025-01-30", None]
    )
    assert features_of("2025-01-25", orders=late).orders_median_gap_days.iloc[0] == 20
    assert features_of("2025-02-01", orders=late).orders_median_gap_days.iloc[0] == 10


def test_two_cases_at_one_moment_are_versions_unless_row_id_distinguishes_them():
    cases = table(
        customer_id=["a", "a"],
        opened_at=["2025-01-01"] * 2,
        known_at=["2025-01-02", "2025-01-03"],
        row_id=["x", "y"],
    )
    assert features_of("2025-02-01", support=cases).support_cases_90d.tolist() == [2, 0]
    assert features_of("2025-02-01", support=cases.drop(columns="row_id")).support_cases_90d.tolist() == [1, 0]


def test_events_at_one_moment_known_at_one_moment_all_count():
    clicks = table(customer_id=["a"] * 2, occurred_at=["2025-01-01"] * 2, known_at=["2025-01-02"] * 2)
    assert features_of("2025-02-01", engagement=clicks.assign(kind="click")).engagement_count_90d.tolist() == [2, 0]


def test_without_known_at_the_query_does_not_look_for_versions():
    tables = connect(retailer())
    population = numbered(population_at(tables, AS_OF[0].to_pydatetime()))
    for name, of_table in features_of_table(available_features(tables), list(CLOCKS)).items():
        sql = tables[name].get_backend().compile(table_features(name, tables, population, of_table))
        assert "superseded_at" not in sql
        assert sql.count("OVER") == 1  # the numbers of the rows


# --- answers ----------------------------------------------------------------------------------------------------

ANSWERS = {
    "customer_id": ["a", "a", "b"],
    "responded_at": ["2025-02-10", "2025-05-20", "2025-05-01"],
    "rating": [9, 3, 7],
    "invited_at": ["2025-02-01", "2025-05-01", "2025-05-01"],
}
QUARTERS = WavesConfig(period="quarter")


def survey_features(answers):
    tables = connect({"customers": table(customer_id=["a", "b"]), "responses": answers})
    return build_features(tables, build_population(tables, QUARTERS)).set_index(["wave", "customer_id"])


def test_the_last_version_of_an_answer_is_the_rating_and_an_earlier_one_the_feature():
    # The answer in February was corrected from 9 to 2 in June, after the invitation in May, so 9 was known then.
    versions = table(**{name: [values[0], *values] for name, values in ANSWERS.items()})
    versions["rating"] = [9, 2, 3, 7]
    versions["known_at"] = pd.to_datetime(["2025-02-10", "2025-06-01", "2025-05-20", "2025-05-01"])
    got = survey_features(versions)
    assert got.rating["2025-Q1", "a"] == 2
    assert got.responses_previous_rating["2025-Q2", "a"] == 9
    assert got.responses_previous_count["2025-Q2", "a"] == 1


@pytest.mark.parametrize(
    ("answered", "count"), [("2025-04-30T23:59:59.999999", 1), ("2025-05-01", 0), ("2025-05-02", 0)]
)
def test_an_answer_at_or_after_as_of_is_invisible(answered, count):
    # Invited in the first quarter, answered about when the invitation of the second went out (2025-05-01).
    answers = table(**ANSWERS)
    answers.loc[0, "responded_at"] = pd.Timestamp(answered)
    got = survey_features(answers).loc["2025-Q2", "a"]
    assert got.as_of == pd.Timestamp("2025-05-01")
    assert got.responses_previous_count == count
    assert (got.responses_previous_rating == 9) == bool(count)


def test_ratings_of_the_wave_itself_or_of_later_waves_change_no_feature():
    answers = table(**ANSWERS)
    before = survey_features(answers)
    after = survey_features(answers.assign(rating=[9, 10, 0]))
    columns = before.columns.drop("rating")
    pd.testing.assert_frame_equal(before[columns], after[columns], check_exact=True)
