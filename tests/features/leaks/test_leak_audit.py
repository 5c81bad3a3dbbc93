"""The leak audit of features finds what the past alone does not give, however it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, retailer, table
from ibis.common.exceptions import IbisTypeError

from silentnps.config import WavesConfig
from silentnps.features.catalog import CATALOG, feature
from silentnps.features.engine import expressions
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import KEYS
from silentnps.features.leaks.leak_audit import (
    COUNTS,
    Origin,
    changed_rows,
    rebuilt_from_the_past,
    sample_rows,
)
from silentnps.features.population.population import build_population
from silentnps.features.windows import seconds_between

QUARTERS = WavesConfig(period="quarter")


def register(name: str, function: Callable[..., object], *tables: str, **options: object) -> None:
    function.__name__ = name
    options = {"family": "cheat", "unit": "cheats", "role": "response driver", "words": "cheats"} | options
    feature(*tables, **options)(function)


def audited(frames: dict[str, pd.DataFrame], *, rows: int = 2000, seed: int = 0, **options: object):
    """Return what changed in each feature, by name, when sampled rows are rebuilt from the past."""
    tables = connect(frames)
    population = build_population(tables, QUARTERS)
    frame = build_features(tables, population, **options)
    sample = sample_rows(frame, rows=rows, random_state=seed)
    rebuilt = rebuilt_from_the_past(Origin(tables, population, **options), sample)
    assert rebuilt["customer_id"].tolist() == sample["customer_id"].tolist()
    return changed_rows(sample, rebuilt).set_index("name")


def part_of(*names: str) -> dict[str, pd.DataFrame]:
    """Return some tables of the retailer beside customers and answers."""
    return {name: frame for name, frame in retailer().items() if name in ("customers", "responses", *names)}


def test_no_feature_of_the_catalogue_and_no_attribute_needs_the_future():
    changes = audited(retailer(1), seed=1)
    unlearned = {name for name, each in CATALOG.items() if not each.learned}
    assert set(changes.index) == {*unlearned, "region", "points", "member"}
    assert (changes["n_changed"] == 0).all()
    assert (changes["n_rows"] == 40).all()
    assert (changes["n_filled_before"] == changes["n_filled_after"]).all()


def test_relational_answers_of_other_customers_change_nothing():
    frames = part_of("invitations", "orders")
    answers = frames["responses"]
    kind = np.where(np.arange(len(answers)) == 0, "relational", "transactional")
    assert (audited(frames | {"responses": answers.assign(survey_type=kind)})["n_changed"] == 0).all()


def test_the_audit_honours_exclude():
    changes = audited(part_of("orders"), exclude=["region", "orders_count_30d"])
    assert not {"region", "orders_count_30d"} & set(changes.index)
    assert (changes["n_changed"] == 0).all()


LATER = (
    ("orders", "fulfilled_at"),
    ("orders", "delivered_at"),
    ("outreach", "replied_at"),
    ("support", "first_response_at"),
    ("support", "closed_at"),
    ("referrals", "converted_at"),
)


def register_later_times() -> None:
    for name, later in LATER:
        register(f"cheat_{later}", lambda events, later=later: events[later].notnull().sum(), name, empty=0)


def register_cheats() -> None:
    register_later_times()
    register("cheat_escalated", lambda events: events.escalated.cast("int64").sum(), "support", empty=0)
    register("cheat_ever", lambda events: events.n_ever.max(), "orders", empty=0)
    register("cheat_others", lambda events: events.n_of_all.max(), "orders", empty=0)
    register("planned", lambda events: seconds_between(events.ordered_at, events.promised_at).max(), "orders")


def with_more_than_the_past(name, tables, prepared=expressions._prepared):
    rows = prepared(name, tables)
    if name != "orders":
        return rows
    return rows.mutate(n_ever=rows.count().over(group_by="customer_id"), n_of_all=rows.count().over())


@contextmanager
def restored_catalogue() -> Iterator[None]:
    known = dict(CATALOG)
    try:
        yield
    finally:
        CATALOG.clear()
        CATALOG.update(known)


@pytest.fixture(scope="module")
def cheated() -> pd.DataFrame:
    """Return what changed with features that cheat in every way, while later times are not hidden."""
    with pytest.MonkeyPatch.context() as patch, restored_catalogue():
        patch.setattr(expressions, "_prepared", with_more_than_the_past)
        patch.setattr(expressions, "PLANNED", ("promised_at", *(later for _, later in LATER)))
        register_cheats()
        return audited(with_slow_answers(retailer()))


def with_slow_answers(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the base with one case per customer that is answered and closed a year later."""
    ids = frames["customers"]["customer_id"]
    case = table(opened_at=["2024-05-01"] * len(ids), first_response_at=["2025-06-01"] * len(ids))
    case = case.assign(customer_id=ids, closed_at=case["first_response_at"], category="question", escalated=False)
    return frames | {"support": pd.concat([frames["support"], case], ignore_index=True)}


def test_a_feature_cannot_read_a_later_time_too_early_by_itself():
    with restored_catalogue():
        register_later_times()
        changes = audited(part_of(*(name for name, _ in LATER)))
    cheats = changes.loc[[f"cheat_{later}" for _, later in LATER]]
    assert (cheats["n_filled_before"] > 0).all()
    assert (cheats["n_changed"] == 0).all()


@pytest.mark.parametrize("outcome", ["rating", "respondent", "as_of"])
def test_a_feature_of_several_tables_sees_only_its_inputs(outcome):
    with restored_catalogue():
        inputs = ("returns_count_365d", "orders_count_365d")
        register("cheat", lambda built: built[outcome].cast("float64"), "returns", "orders", inputs=inputs)
        with pytest.raises(IbisTypeError, match=outcome):
            audited(part_of("returns", "orders"))


@pytest.mark.parametrize("later", [later for _, later in LATER])
def test_a_later_time_that_is_read_too_early_is_found(cheated, later):
    changes = cheated.loc[f"cheat_{later}"]
    assert 0 < changes["n_changed"] < 40
    assert changes["n_lower"] == changes["n_changed"]
    assert 0 < changes["n_filled_after"] <= changes["n_filled_before"]


def test_what_a_later_time_settles_is_found(cheated):
    assert cheated.loc["cheat_escalated", "n_changed"] > 0


def test_events_after_as_of_in_a_raw_table_are_found(cheated):
    assert cheated.loc["cheat_ever", "n_changed"] > 10


def test_a_feature_of_other_customers_is_found(cheated):
    assert cheated.loc["cheat_others", "n_changed"] > 20


def test_neither_planned_times_nor_honest_features_of_the_same_table_are_reported(cheated):
    later = {column for _, column in LATER}
    honest = [name for name, each in CATALOG.items() if not each.learned and not later & set(each.columns)]
    assert (cheated.loc[honest, "n_changed"] == 0).all()
    assert cheated.loc["planned", "n_filled_before"] > 0


def test_counts_of_changed_and_filled_rows_by_hand():
    before = pd.DataFrame({"x": [1.0, np.nan, 0.0, 2.0], "word": pd.Categorical(["a", None, "b", "c"])})
    after = pd.DataFrame({"x": [1.0, np.nan, np.nan, 3.0], "word": pd.Categorical(["a", None, None, "c"])})
    counts = changed_rows(before, after)
    assert counts.columns.tolist() == ["name", "n_rows", *COUNTS]
    # In x the third became unknown and the fourth higher; in word the third became unknown.
    assert counts.values.tolist() == [["x", 4, 2, 0, 1, 2, 2], ["word", 4, 1, 0, 0, 3, 2]]


def keys(n_customers: int, n_waves: int, *, respondents: set[int]) -> pd.DataFrame:
    rows = [(f"c{i}", f"w{w}", w == 0 and i in respondents) for w in range(n_waves) for i in range(n_customers)]
    return pd.DataFrame(rows, columns=["customer_id", "wave", "respondent"]).assign(x=1.0)


def test_the_sample_has_one_row_per_customer_half_of_them_respondents():
    frame = keys(500, 3, respondents=set(range(200)))
    drawn = sample_rows(frame, rows=100)
    assert len(drawn) == 100
    assert drawn["respondent"].sum() == 50
    assert drawn["customer_id"].is_unique
    assert drawn.index.is_monotonic_increasing
    assert drawn.loc[~drawn["respondent"], "wave"].nunique() == 3


@pytest.mark.parametrize("n_respondents", [0, 10, 290, 300])
def test_where_one_group_is_small_the_other_fills_the_sample(n_respondents):
    frame = keys(300, 1, respondents=set(range(n_respondents)))
    assert len(sample_rows(frame, rows=100)) == 100
    assert len(sample_rows(frame, rows=2000)) == 300


def test_the_random_state_draws_the_sample():
    frame = keys(500, 2, respondents=set(range(200)))
    first, same, other = (sample_rows(frame, rows=100, random_state=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, same)
    assert set(first.index) != set(other.index)


def test_the_audit_leaves_no_table_behind():
    tables = connect(part_of("orders", "returns"))
    population = build_population(tables, QUARTERS)
    sample = sample_rows(build_features(tables, population))
    names = "SELECT table_name FROM information_schema.tables WHERE table_name NOT LIKE 'ibis_pandas_memtable%'"
    before = tables["orders"].get_backend().con.execute(names).fetchall()
    rebuilt_from_the_past(Origin(tables, population), sample)
    assert tables["orders"].get_backend().con.execute(names).fetchall() == before


def test_keys_are_not_features():
    frame = pd.DataFrame({name: [1] for name in KEYS} | {"x": [1.0]})
    assert changed_rows(frame, frame)["name"].tolist() == ["x"]
