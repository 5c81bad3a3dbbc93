"""Which columns are spend, what is refused, and all silent customers of a large base."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError
from silentnps.numerics.silent_population import SilentPopulation
from silentnps.training.control import EverySilent
from silentnps.workflow.large_base.everybody import Everybody
from silentnps.workflow.value.spend import _of_silent, spend_columns, spend_values

NAMES = ("customer_id", "region", "revenue", "orders_amount_365d", "returns_refund_amount_365d")
BOTH = ("orders_amount_365d", "returns_refund_amount_365d")


def config(**value: str) -> ProjectConfig:
    return ProjectConfig(name="shop", output="out", tables={"customers": {"path": "c.csv"}}, value=value)


def test_spend_is_orders_less_refunds_as_far_as_they_are_known():
    assert spend_columns(config(), NAMES) == BOTH
    assert spend_columns(config(), NAMES[:4]) == BOTH[:1]
    assert spend_columns(config(), NAMES[:3]) == ()
    assert spend_columns(config(spend="revenue"), NAMES) == ("revenue",)
    assert spend_columns(config(spend="revenue", less=BOTH[1]), NAMES) == ("revenue", BOTH[1])


@pytest.mark.parametrize("name", ["revenu", "customer_id"])
def test_spend_is_a_column_of_the_features(name: str):
    with pytest.raises(ConfigError, match=r"value\.spend must be a column of the features; got"):
        spend_columns(config(spend=name), NAMES)


def test_unknown_refunds_make_spend_unknown_and_words_are_no_spend():
    rows = pd.DataFrame({"a": [3.0, 2.0], "b": [1.0, None], "c": ["x", "y"]})
    np.testing.assert_array_equal(spend_values(rows, ("a", "b")), [2.0, np.nan])
    with pytest.raises(ConfigError, match="value must name columns of numbers; got 'c'"):
        spend_values(rows, ("c",))


def test_the_silent_of_a_large_base_are_counted_by_spend():
    laws = np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2], [0.1, 0.1, 0.8], [0.3, 0.3, 0.4]])
    invited = np.array([True, True, False, True])
    population = SilentPopulation.counted(3, 1, np.ones(0, dtype=np.bool_))
    everybody = Everybody(population, EverySilent(laws, invited), pd.DataFrame())
    got = _of_silent(np.array([1.0, 3.0, 5.0, np.nan]), everybody)
    assert got.totals.tolist() == [4.0, 5.0]
    np.testing.assert_allclose(got.means, [0.25 * laws[0] + 0.75 * laws[1], laws[2]])
    assert (got.squares, got.largest, got.n) == (35.0, 5.0, 3)
