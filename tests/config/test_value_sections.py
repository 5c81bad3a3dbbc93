"""The section on value."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from silentnps.config import AccountsConfig, ProjectConfig, ValueConfig


def test_nothing_is_taken_off_a_spend_that_is_not_named():
    with pytest.raises(ValidationError, match="must have the key spend where it has less"):
        ValueConfig(less="refunds")
    assert ValueConfig(spend="revenue", less="refunds").less == "refunds"


def test_the_column_of_accounts_is_no_feature():
    tables = {"customers": {"path": "c.csv"}}
    config = ProjectConfig(name="b", output="out", tables=tables, accounts={"column": "firm"})
    assert config.features.exclude == ("firm",)
    assert ProjectConfig(name="b", output="out", tables=tables).features.exclude == ()


@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        ({"role": "job"}, "must have the keys role and weights together"),
        ({"weights": {"buyer": 2}}, "must have the keys role and weights together"),
        ({"role": "job", "weights": "spend"}, "must weigh by role or by spend"),
        ({"role": "job", "weights": {"buyer": 0}}, "greater than 0"),
    ],
)
def test_weights_are_of_declared_roles_or_of_spend(declared: dict[str, object], rule: str):
    with pytest.raises(ValidationError, match=rule):
        AccountsConfig(column="firm", **declared)
    assert AccountsConfig(column="firm", role="job", weights={"buyer": 2}).weights == {"buyer": 2.0}
