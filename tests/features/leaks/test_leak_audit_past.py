"""Rebuilt rows know no answer, and of several versions of a row only the one that was known."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest
from event_tables import connect, retailer

from silentnps.config import WavesConfig
from silentnps.features.catalog import CATALOG, feature
from silentnps.features.engine import expressions
from silentnps.features.engine.build import build_features
from silentnps.features.leaks.leak_audit import Origin, changed_rows, rebuilt_from_the_past, sample_rows
from silentnps.features.population.population import build_population


def few_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a base that these tests change or read."""
    return {name: retailer()[name] for name in ("customers", "invitations", "responses", "orders")}


def built_and_rebuilt(frames: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sampled rows of features, and the same rows rebuilt from the past."""
    tables = connect(frames)
    population = build_population(tables, WavesConfig(period="quarter"))
    sample = sample_rows(build_features(tables, population))
    return sample, rebuilt_from_the_past(Origin(tables, population), sample)


def test_nothing_of_the_rebuilding_is_left_in_the_connection() -> None:
    tables = connect(few_tables())
    population = build_population(tables, WavesConfig(period="quarter"))
    sample = sample_rows(build_features(tables, population))
    connection = population.get_backend().con
    views, stored = "view_name FROM duckdb_views()", "table_name FROM duckdb_tables()"
    queries = (f"SELECT database_name, {name}" for name in (views, stored, "NULL FROM duckdb_databases()"))
    everything = f"FROM ({' UNION '.join(queries)}) ORDER BY ALL"
    before = connection.execute(everything).fetchall()
    rebuilt_from_the_past(Origin(tables, population), sample)
    assert connection.execute(everything).fetchall() == before


def with_best_rating(prepared, name, tables):
    """Prepare a raw table, adding the best rating that a customer ever gave to the orders."""
    rows = prepared(name, tables)
    if name != "orders":
        return rows
    best = tables["responses"].group_by("customer_id").aggregate(lambda t: t.rating.max().name("best_rating"))
    return rows.left_join(best, "customer_id").select(*rows.columns, "best_rating")


def test_a_feature_that_reads_ratings_whenever_they_were_given_is_found(monkeypatch):
    def cheat(events):
        return events.best_rating.max()

    monkeypatch.setattr(expressions, "_prepared", partial(with_best_rating, expressions._prepared))
    feature("orders", family="cheat", unit="rating", role="response driver", words="best rating")(cheat)
    try:
        changes = changed_rows(*built_and_rebuilt(few_tables())).set_index("name")
    finally:
        del CATALOG["cheat"]
    assert changes.index[changes["n_changed"] > 0].tolist() == ["cheat"]


def test_nobody_has_answered_in_the_rebuilt_rows():
    sample, rebuilt = built_and_rebuilt(few_tables())
    assert sample["respondent"].any()
    assert not rebuilt["respondent"].any()
    assert rebuilt[["rating", "reminders"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(
        rebuilt[["customer_id", "wave", "as_of"]], sample[rebuilt.columns[:3]].reset_index(drop=True)
    )


@pytest.mark.parametrize("days", [1, 90])
def test_later_versions_of_rows_change_nothing(days):
    # Every order is corrected some days later; its first version does not say when it became known.
    frames = few_tables()
    orders = frames["orders"].assign(known_at=pd.Series(pd.NaT, index=range(600), dtype="datetime64[us]"))
    corrected = orders.assign(known_at=orders["ordered_at"] + pd.Timedelta(days=days), amount=1)
    frames["orders"] = pd.concat([orders, corrected])
    changes = changed_rows(*built_and_rebuilt(frames)).set_index("name")
    assert (changes["n_changed"] == 0).all()
    assert changes.loc["orders_amount_total", "n_filled_before"] > 20
