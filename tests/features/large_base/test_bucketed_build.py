"""Features built in buckets of customers: the values of `build_features`, from only the columns that are needed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from event_tables import connect, retailer
from versioned_tables import written_again

from silentnps.config import WavesConfig
from silentnps.errors import ConfigError
from silentnps.features.definitions.known_words import KNOWN_WORDS
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import available_features
from silentnps.features.engine.used_columns import used_columns
from silentnps.features.large_base.bucketed_build import Base, build_buckets, store_rows
from silentnps.features.population.population import build_population

QUARTERS = WavesConfig(period="quarter")


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    texts = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(texts, "str")).sort_values(["wave", "customer_id"], ignore_index=True)


def in_buckets(
    frames: dict[str, pd.DataFrame], folder: Path, n: int, exclude: Collection[str] = ()
) -> list[pd.DataFrame]:
    tables = connect(frames)
    base = Base.of(tables, build_population(tables, QUARTERS), exclude=exclude)
    store = store_rows(base, folder, buckets=n)
    out = folder / "out"
    out.mkdir()
    assert build_buckets(base, store, out) == 0
    return [pd.read_parquet(path) for path in sorted(out.iterdir())]


def few_tables(seed: int) -> dict[str, pd.DataFrame]:
    return {
        name: frame for name, frame in retailer(seed).items() if name in ("customers", "invitations", "returns")
    }


@pytest.mark.parametrize(
    "versions", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["versions", "last values"]
)
def test_buckets_hold_the_same_values(tmp_path: Path, versions: bool) -> None:
    frames = written_again(retailer(1)) if versions else retailer(1)
    compare(frames, in_buckets(frames, tmp_path / "work", 2))


def test_transactional_answers_do_not_count_in_buckets_either(tmp_path: Path) -> None:
    frames = {name: retailer(1)[name] for name in ("customers", "responses", "invitations")}
    kinds = np.where(np.arange(len(frames["responses"])) % 2, "transactional", "relational")
    frames["responses"] = frames["responses"].assign(survey_type=kinds)
    parts = in_buckets(frames, tmp_path / "work", 2)
    compare(frames, parts)
    all_relational = {**frames, "responses": frames["responses"].drop(columns="survey_type")}
    more_parts = in_buckets(all_relational, tmp_path / "all", 2)
    name = "responses_previous_count"
    assert pd.concat(parts)[name].sum() < pd.concat(more_parts)[name].sum()


@pytest.mark.slow
def test_words_that_no_feature_knows_are_stored_as_digests_and_still_count(tmp_path: Path) -> None:
    frames = retailer(1)
    rng = np.random.default_rng(0)
    for name, columns in KNOWN_WORDS.items():
        for column, known in columns.items():
            words = [*known, *(word.upper() for word in known), " other ", "OTHER", "Mrs Miller called", None]
            chosen = rng.choice(np.array(words, dtype=object), len(frames[name]))
            frames[name] = frames[name].assign(**{column: chosen})
    compare(frames, in_buckets(frames, tmp_path / "work", 2))
    stored = "".join(str(pd.read_parquet(path).to_dict()) for path in tmp_path.rglob("work/*/000000/**/*.parquet"))
    assert "complaint" in stored
    assert "Miller" not in stored
    assert "OTHER" not in stored


def test_more_buckets_than_customers_hold_the_same_values(tmp_path: Path) -> None:
    frames = {name: frame[frame["customer_id"] < "c05"] for name, frame in few_tables(1).items()}
    parts = in_buckets(frames, tmp_path / "work", 8)
    assert len(parts) == 8
    assert min(len(part) for part in parts) == 0
    compare(frames, parts)


def compare(frames: dict[str, pd.DataFrame], parts: list[pd.DataFrame]) -> None:
    """Compare the features of buckets with those of `build_features`."""
    tables = connect(frames)
    whole = build_features(tables, build_population(tables, QUARTERS))
    joined = pd.concat([plain(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(plain(joined), plain(whole), check_dtype=False)
    assert not pd.concat(parts).duplicated(["customer_id", "wave"]).any()


def test_a_bucket_holds_all_of_its_customers(tmp_path: Path) -> None:
    parts = in_buckets(few_tables(2), tmp_path / "work", 5)
    seen = [set(part["customer_id"]) for part in parts]
    assert sum(len(customers) for customers in seen) == len(set().union(*seen))


def test_features_that_are_excluded_are_not_built(tmp_path: Path) -> None:
    frames = retailer(3)
    names = [each.name for each in available_features(connect(frames)) if each.tables != ("orders",)]
    parts = in_buckets(frames, tmp_path / "work", 2, exclude=names)
    assert all("orders_count_90d" in part and not set(names) & set(part) for part in parts)


def test_attributes_that_are_excluded_are_no_columns_and_others_are(tmp_path: Path) -> None:
    (part,) = in_buckets(few_tables(3), tmp_path / "work", 1, exclude=["region"])
    assert "region" not in part
    assert {"points", "member"} <= set(part)


def test_an_unknown_name_is_not_excluded_in_silence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"got 'regoin'\. Correct the name"):
        in_buckets(few_tables(3), tmp_path / "work", 1, exclude=["regoin"])


def test_only_columns_that_features_use_are_written() -> None:
    tables = connect(retailer(4))
    population = build_population(tables, QUARTERS)
    all_used = used_columns(tables, population)
    assert set(all_used["customers"]) == {"customer_id", "signed_up_at", "region", "points", "member"}
    assert "order_id" not in all_used["orders"]
    names = {each.name for each in available_features(tables)} - {"orders_count_90d"}
    few_used = used_columns(tables, population, exclude={*names, "region", "points", "member"})
    assert few_used == {"orders": ["customer_id", "ordered_at"], "population": list(population.columns)}


def test_columns_in_conditions_count_as_used() -> None:
    tables = connect(retailer(4))
    population = build_population(tables, QUARTERS)
    names = {each.name for each in available_features(tables)} - {"engagement_clicks_90d"}
    assert "kind" in used_columns(tables, population, exclude=names)["engagement"]
