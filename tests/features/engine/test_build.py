"""Features compared with a second engine, and the properties that every feature must have."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from event_tables import connect, later, moments, retailer, table, with_unknowns
from feature_oracle import CLOCKS, expected_features

import silentnps.features  # noqa: F401  fills the catalogue
from silentnps.config import WavesConfig
from silentnps.errors import ConfigError, DataError
from silentnps.features.catalog import CATALOG, catalog_frame
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import KEYS
from silentnps.features.population.population import build_population, population_at
from silentnps.schema import HAPPENED

QUARTERS = WavesConfig(period="quarter")
UNLEARNED = {name: entry for name, entry in CATALOG.items() if not entry.learned}


def built(frames, waves=QUARTERS, **options):
    tables = connect(frames)
    return build_features(tables, build_population(tables, waves), **options)


def plain(features):
    """Return the features with categories as objects: which categories a column has depends on the batch."""
    return features.astype(dict.fromkeys(features.select_dtypes("category"), "object"))


@pytest.fixture(scope="module")
def frames():
    return retailer()


@pytest.fixture(scope="module")
def features(frames):
    return built(frames)


@pytest.fixture(scope="module")
def another_run(frames):
    """Return the features as they came from another run, and of which tables that was told, in order."""
    seen: list[str] = []
    return built(frames, progress=seen.append), seen


@pytest.mark.parametrize(("seed", "every"), [(0, 3), pytest.param(1, 1, marks=pytest.mark.slow)])
def test_every_feature_equals_the_second_engine(seed, every):
    frames = retailer(seed)
    tables = connect(frames)
    population = build_population(tables, QUARTERS)
    got = build_features(tables, population)
    rows = population.order_by("wave", "customer_id").to_pandas().iloc[::every]
    wanted = expected_features(frames, rows)
    assert set(wanted.columns) == set(UNLEARNED)
    assert (wanted.nunique() > 1).all()
    pd.testing.assert_frame_equal(got.loc[rows.index, list(wanted)], wanted.astype("float64"), rtol=1e-12)


@pytest.mark.slow
def test_every_feature_equals_the_second_engine_where_much_is_unknown():
    frames = with_unknowns(retailer(), share=0.8)
    tables = connect(frames)
    population = build_population(tables, QUARTERS)
    got = build_features(tables, population)
    wanted = expected_features(frames, population.order_by("wave", "customer_id").to_pandas())
    pd.testing.assert_frame_equal(got[list(wanted)], wanted.astype("float64"), rtol=1e-12)


def test_every_feature_varies_in_the_small_base(features):
    assert [name for name in UNLEARNED if features[name].nunique() < 2] == []


def test_rows_are_sorted_by_wave_and_customer_and_begin_with_the_population(features):
    assert tuple(features.columns[: len(KEYS)]) == KEYS
    pd.testing.assert_frame_equal(features, features.sort_values(["wave", "customer_id"], kind="stable"))
    assert features.index.equals(pd.RangeIndex(len(features)))


def test_two_runs_are_equal_bit_for_bit(another_run, features):
    pd.testing.assert_frame_equal(another_run[0], features, check_exact=True)


def test_columns_can_be_added_to_the_frame_one_by_one_without_a_warning(another_run):
    again = another_run[0]
    added = [f"added_{n}" for n in range(20)]
    for name in added:
        again.insert(0, name, 1.0)  # a frame in many pieces would warn
    for name in added:
        del again[name]


def test_row_order_does_not_matter_except_for_answers_at_one_moment(frames, features):
    moment = ["customer_id", "responded_at"]
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in frames.items()}
    shuffled["responses"] = shuffled["responses"].sort_index()
    assert frames["responses"].duplicated(moment).any()
    pd.testing.assert_frame_equal(built(shuffled), features, check_exact=True)
    once = {**frames, "responses": frames["responses"].drop_duplicates(moment, keep="last")}
    shuffled["responses"] = once["responses"].sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(built(shuffled), features, check_exact=True)


def test_nothing_after_as_of_matters(frames):
    tables = connect(frames)
    end = pd.Timestamp("2024-10-01")
    known = build_features(tables, population_at(tables, end.to_pydatetime()))
    past = {
        name: _until(frame, CLOCKS | {"responses": "responded_at"}, name, end) for name, frame in frames.items()
    }
    truncated = connect(past)
    pd.testing.assert_frame_equal(
        build_features(truncated, population_at(truncated, end.to_pydatetime())), known, check_exact=True
    )


def _until(frame, clocks, name, end):
    if name not in clocks:
        return frame
    frame = frame[frame[clocks[name]] < end].copy()
    for column in set(HAPPENED) & set(frame):
        frame[column] = frame[column].mask(frame[column] >= end)
    return frame


def test_events_added_after_every_as_of_change_nothing(frames, features):
    rng = np.random.default_rng(5)
    more = {}
    for name, clock in CLOCKS.items():
        future = frames[name].copy()
        future[clock] = later(rng, moments(rng, len(future)) + pd.Timedelta(days=600), days=9, missing=0)
        if name == "orders":
            future["order_id"] = "f" + future.order_id
        more[name] = pd.concat([frames[name], future])
    pd.testing.assert_frame_equal(built(frames | more), features, check_exact=True)


def test_an_event_at_as_of_itself_does_not_count():
    frames = {
        "customers": table(customer_id=["a"]),
        "engagement": table(customer_id=["a", "a"], occurred_at=["2025-01-14T23:59:59.999999", "2025-01-15"]),
    }
    tables = connect(frames)
    got = build_features(tables, population_at(tables, pd.Timestamp("2025-01-15").to_pydatetime()))
    assert got.engagement_count_30d.tolist() == [1]


def test_a_window_includes_its_first_moment():
    frames = {
        "customers": table(customer_id=["a"]),
        "engagement": table(customer_id=["a", "a"], occurred_at=["2025-01-01", "2024-12-31T23:59:59"]),
    }
    tables = connect(frames)
    got = build_features(tables, population_at(tables, pd.Timestamp("2025-01-31").to_pydatetime()))
    assert got.engagement_count_30d.tolist() == [1]


@pytest.mark.slow
def test_a_customer_alone_has_the_features_of_the_batch(frames, features):
    tables = connect(frames)
    population = build_population(tables, QUARTERS)
    for customer in ("c07", "c39"):  # with events, and without any
        wanted = features[features.customer_id == customer].reset_index(drop=True)
        if customer == "c07":
            alone = build_features(tables, population.filter(population.customer_id == customer))
            pd.testing.assert_frame_equal(plain(alone), plain(wanted), check_exact=True)
        rows = {name: frame[frame.customer_id == customer] for name, frame in frames.items()}
        tables_of_customer = connect(rows)
        copied = (
            tables_of_customer["customers"].get_backend().create_table("p", ibis.memtable(population.to_pyarrow()))
        )
        alone = build_features(tables_of_customer, copied.filter(copied.customer_id == customer))
        pd.testing.assert_frame_equal(plain(alone), plain(wanted), check_exact=True)


@pytest.mark.parametrize(
    "missing",
    [{"orders", "engagement", "referrals"}, {"returns", "outreach", "support", "responses"}],
    ids=["one half", "the other half"],
)
def test_missing_tables_give_no_column(frames, features, missing):
    tables = connect(frames)
    population = build_population(tables, QUARTERS)
    got = build_features({name: rows for name, rows in tables.items() if name not in missing}, population)
    gone = {entry.name for entry in UNLEARNED.values() if missing & set(entry.tables)}
    assert all(any(name in entry.tables for entry in UNLEARNED.values()) for name in missing)
    assert set(features) - set(got) == gone
    pd.testing.assert_frame_equal(got, features.drop(columns=list(gone)), check_exact=True)


def test_a_missing_optional_column_takes_its_features_with_it(frames, features):
    fewer = frames | {"support": frames["support"].drop(columns="closed_at")}
    fewer["orders"] = frames["orders"].drop(columns=["promised_at", "discount"])
    gone = {
        entry.name for entry in UNLEARNED.values() if {"closed_at", "promised_at", "discount"} & set(entry.columns)
    }
    pd.testing.assert_frame_equal(built(fewer), features.drop(columns=list(gone)), check_exact=True)


def test_no_event_gives_zero_counts_and_unknown_recencies(features):
    # c35 to c39 have no events in any table; the flag of a dormant customer is 1, an unknown average is NaN.
    nobody = features[features.customer_id >= "c35"]
    assert len(nobody) > 0
    for entry in UNLEARNED.values():
        if entry.tables != ("customers",):
            wanted = np.nan if entry.empty is None else entry.empty
            np.testing.assert_array_equal(nobody[entry.name], np.full(len(nobody), wanted), err_msg=entry.name)


def test_attributes_pass_through_as_numbers_and_sorted_categories(features):
    assert features.points.dtype == "float64"
    assert features.region.cat.categories.tolist() == ["north", "south", "west"]
    assert features.member.cat.categories.tolist() == ["false", "true"]
    assert not {"born", "opted_out", "signed_up_at"} & set(features)


def test_exclude_leaves_out_only_what_it_names(frames, features):
    got = built(frames, exclude=["region", "orders_amount_365d"])
    pd.testing.assert_frame_equal(
        got, features.drop(columns=["region", "orders_amount_365d"]), check_categorical=False
    )


def test_an_unknown_name_in_exclude_is_refused(frames):
    with pytest.raises(ConfigError, match="orders_count_9d"):
        built(frames, exclude=["orders_count_9d"])


def test_an_attribute_named_like_a_feature_is_refused(frames):
    few = {name: frames[name] for name in ("customers", "responses", "orders")}
    for name in ("rating", "Orders_Count_90d"):
        clash = few | {"customers": frames["customers"].rename(columns={"points": name})}
        with pytest.raises(DataError, match=name):
            built(clash)
        assert name not in built(clash, exclude=[name]).columns[len(KEYS) :]


def test_progress_is_called_with_every_table_that_has_features_most_features_first(another_run):
    names = ["customers", *sorted(set(CLOCKS) | {"invitations", "responses"})]
    n_features = {name: sum(entry.tables == (name,) for entry in UNLEARNED.values()) for name in names}
    assert another_run[1] == sorted(names, key=lambda name: -n_features[name])


def test_temporary_tables_are_gone_afterwards(frames):
    tables = connect({name: frames[name] for name in ("customers", "responses", "orders", "returns")})
    population = build_population(tables, QUARTERS)
    names = "SELECT table_name FROM information_schema.tables ORDER BY ALL"
    connection = tables["customers"].get_backend().con
    before = connection.execute(names).fetchall()
    build_features(tables, population)
    assert connection.execute(names).fetchall() == before


def test_the_catalogue_is_complete_for_every_feature():
    frame = catalog_frame()
    assert frame.name.tolist() == list(CATALOG)
    assert frame.role.isin(["response driver", "shadow", "neither"]).all()
    assert frame.definition.str.endswith(".").all()
    for entry in CATALOG.values():
        assert entry.name.startswith(("lifetime_", "orders_") if entry.learned else f"{entry.tables[0]}_")
        assert all((entry.words, entry.unit, entry.family))


def test_deliveries_returns_and_support_are_the_shadows():
    frame = catalog_frame()
    shadows = set(frame[frame.role == "shadow"].family)
    assert shadows == {"delivery", "returns", "support"}
    assert not shadows & set(frame[frame.role != "shadow"].family)
