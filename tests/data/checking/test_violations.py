"""The rows of each rule, and the first reason of each row, as pandas counts them row by row."""

from __future__ import annotations

from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from silentnps.data.checking.rules import Rule
from silentnps.data.checking.violations import count_violations


def rule(column: str, effect: Any) -> Rule:
    return Rule(column, "true", effect, "", lambda t: t[column])


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_each_row_is_set_aside_for_the_first_rule_that_it_violates(share: float) -> None:
    rng = np.random.default_rng(1)
    names = {"a": "row", "b": "value", "c": "row", "d": "note", "e": "row", "never": "row"}
    flags = pd.DataFrame({name: rng.random(500) < (0.0 if name == "never" else share) for name in names})
    flags = flags.astype("boolean").mask(rng.random(flags.shape) < 0.1)  # null is not bad
    table = ibis.memtable(flags)
    n_rows, violated, aside = count_violations(table, [rule(*each) for each in names.items()])
    bad = flags.fillna(False).astype(bool)
    sets_aside = bad[["a", "c", "e"]]
    first = sets_aside.idxmax(axis=1)[sets_aside.any(axis=1)].value_counts()
    assert n_rows == 500
    assert {rule.column: n for rule, n in violated} == {name: n for name, n in bad.sum().items() if n}
    assert aside == {f"{name} must be true": n for name, n in first.items()}


def test_a_table_without_rules_or_rows_is_counted() -> None:
    table = ibis.memtable(pd.DataFrame({"a": pd.Series([True], dtype="boolean")}))
    assert count_violations(table, []) == (1, [], {})
    assert count_violations(table.filter(~table.a), [rule("a", "row")]) == (0, [], {})
