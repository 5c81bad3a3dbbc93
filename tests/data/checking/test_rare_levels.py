"""Rare levels of attributes are pooled, however many attributes there are."""

from __future__ import annotations

import ibis
import pandas as pd

from silentnps.data.checking.rare_levels import OTHER, pool_rare_levels


def test_the_rare_level_of_the_last_of_many_attributes_is_pooled():
    # 130 attributes: the places of the last ones take more than one byte
    common = {f"attribute {i}": ["often"] * 60 for i in range(129)}
    customers = ibis.memtable(pd.DataFrame({**common, "last": ["often"] * 59 + ["once"]}))
    pooled = pool_rare_levels(customers, customers.columns, known={}).to_pandas()
    assert pooled["last"].tolist() == ["often"] * 59 + [OTHER]
    assert (pooled.drop(columns="last") == "often").all(axis=None)


def test_a_table_without_rare_levels_is_returned_as_it_came():
    customers = ibis.memtable(pd.DataFrame({"city": ["here"] * 60}))
    assert pool_rare_levels(customers, ["city"], known={}) is customers
