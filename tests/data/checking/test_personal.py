"""What tells who a customer is is found by its values; numbers and categories that many share are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

from silentnps.data.checking import personal, rare_levels
from silentnps.data.checking.personal import personal_columns
from silentnps.data.checking.rare_levels import OTHER, RARE_BELOW, pool_rare_levels

N = 1_200
ROW = np.arange(N)
RNG = np.random.default_rng(0)
LETTERS = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]

PERSONAL: dict[str, Any] = {
    "email": [f"somebody{i}@example.org" for i in ROW],
    "reachable_at": np.where(ROW % 3 == 0, [f"a{i}@example.org" for i in ROW], "by post"),
    "manager": [f"m{i % 7}@example.org" for i in ROW],
    "mobile": [f"+49 151 {7_000_000 + i}" for i in ROW],
    "phone_of_family": [f"0151/{7_000_000 + i // 9}" for i in ROW],
    "tel_as_number": 49_151_000_000 + RNG.permutation(N),
    "callable": 15_100_000_000 + 37 * RNG.permutation(N),
    "account": RNG.choice(90_000_000, N, replace=False) + 10_000_000,
    "kto": np.where(ROW % 4 == 0, np.nan, RNG.choice(90_000_000, N, replace=False) + 10_000_000.0),
    "customer_no": RNG.permutation(N) + 1,
    "full_name": [f"Anna {LETTERS[i % 100]} {LETTERS[i // 100]}" for i in ROW],
    "firstName": [f"An{LETTERS[i % 90]}" for i in ROW],
    "surname": [f"Mc{LETTERS[i % 60]}" for i in ROW],
    "street": [f"Church Street {i % 100}" for i in ROW],
    "where": [f"Church Street {i % 700}" for i in ROW],
    "postcode_house": [f"{10_000 + i} / {i % 9}" for i in ROW],
    "iban": [f"DE44 5001 0517 5407 {i:04d} 31" for i in ROW],
    "card": [f"4111-1111-{i:04d}-1234" for i in ROW],
    "born": [f"{i % 28 + 1}.{i % 12 + 1}.{1940 + i % 60}" for i in ROW],
    "day_of_birth": 19_400_101 + 10_000 * (ROW % 60) + 100 * (ROW % 12) + ROW % 28,
    "site": [f"https://example.org/{i % 3}" for i in ROW],
    "last_ip": [f"10.0.{i % 5}.{i % 7}" for i in ROW],
    "note": np.where(ROW % 5 == 0, [f"called in about item {i} again" for i in ROW], None),
    "code": [f"x{i:x}" for i in ROW],
}
PLAIN: dict[str, Any] = {
    "region": RNG.choice(["north", "south"], N),
    "city": [f"city {i % 60}" for i in ROW],
    "plan_name": [f"plan {i % 12}" for i in ROW],
    "phone_model": [f"model {i % 30}" for i in ROW],
    "income_band": [f"{10_000 * (i % 5)}-{10_000 * (i % 5 + 1)}" for i in ROW],
    "email_domain": [f"mail{i % 9}.example" for i in ROW],
    "long_words": [f"a plan of many words {i % 4}" for i in ROW],
    "spend": RNG.lognormal(3, 1, N),
    "revenue_cents": RNG.integers(100_000, 999_999, N),
    "lifetime": RNG.lognormal(13, 1.5, N).astype(int),
    "rank": RNG.permutation(N),
    "visits": RNG.poisson(40, N),
    "birth_year": 1940 + ROW % 60,
    "postcode": 10_000 + ROW % 90 * 17,
    "empty": pd.Series([None] * N, dtype="str"),
    "vip": ROW % 2 == 0,
}


def table_of(folder: Path, columns: dict[str, Any]) -> ir.Table:
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(next(iter(columns.values()))))], **columns})
    frame.to_parquet(folder / "customers.parquet", index=False)
    return ibis.duckdb.connect().read_parquet(folder / "customers.parquet")


def found(folder: Path, columns: dict[str, Any]) -> dict[str, str]:
    table = table_of(folder, columns)
    return {each.column: each.reason for each in personal_columns(table, list(columns))}


def test_what_tells_who_somebody_is_is_found_and_what_many_share_is_not(tmp_path: Path) -> None:
    reasons = found(tmp_path, {**PERSONAL, **PLAIN})
    assert sorted(reasons) == sorted(PERSONAL)
    assert reasons["reachable_at"] == "e-mail addresses"
    assert reasons["tel_as_number"] == "numbers of people or accounts"
    assert reasons["iban"] == "bank accounts"


def test_names_of_columns_alone_decide_nothing(tmp_path: Path) -> None:
    names = [name for name in PERSONAL if name not in ("code", "where")]
    few = {name: RNG.choice(["yes", "no", "unknown"], N) for name in names}
    assert found(tmp_path, few) == {}


def test_values_alone_decide_without_the_name_of_the_column(tmp_path: Path) -> None:
    named = {"firstName", "surname", "street", "customer_no"}  # of values that cities and ranks could have too
    renamed = {f"v{i}": values for i, (name, values) in enumerate(PERSONAL.items()) if name not in named}
    assert list(found(tmp_path, renamed)) == list(renamed)


def test_no_reason_holds_a_value(tmp_path: Path) -> None:
    text = " ".join(found(tmp_path, PERSONAL).values())
    values = {str(value) for column in PERSONAL.values() for value in column}
    assert not [value for value in values if len(value) > 5 and value in text]


@pytest.mark.parametrize("name", ["email", "kto", "code"])
def test_a_sample_and_approximate_counts_find_the_same(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal, "_SAMPLE", 100)
    monkeypatch.setattr(personal, "_EXACT_BELOW", 10)
    assert found(tmp_path, {name: PERSONAL[name], **PLAIN}).keys() == {name}


@pytest.mark.parametrize("most_named", [1_000, 2], ids=["named", "many levels"])
def test_levels_of_a_few_customers_are_put_together(
    tmp_path: Path, most_named: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rare_levels, "_MOST_NAMED", most_named)
    sizes = {"a": 30, "b": 20, "c": RARE_BELOW, "d": RARE_BELOW - 1, "e": 1}
    values = [level for level, n in sizes.items() for _ in range(n)] + [None] * 3
    table = table_of(tmp_path, {"plan": values, "whole": ["x"] * len(values)})
    pooled = pool_rare_levels(table, ["plan", "whole"], known={})
    expected = [value if value in ("a", "b", "c", None) else OTHER for value in values]
    assert pooled.order_by("plan").plan.execute().isna().sum() == 3
    assert sorted(pooled.plan.execute().fillna("")) == sorted(value or "" for value in expected)
    assert set(pooled.whole.execute()) == {"x"}
    kept = pool_rare_levels(table, ["plan"], known={"plan": ["d", OTHER]})
    assert kept.plan.execute().value_counts().to_dict() == {"a": 30, "b": 20, "c": 5, "d": 4, OTHER: 1}


def test_a_table_without_rare_levels_stays_as_it_is(tmp_path: Path) -> None:
    table = table_of(tmp_path, {"region": PLAIN["region"]})
    assert pool_rare_levels(table, ["region"], known={}) is table
