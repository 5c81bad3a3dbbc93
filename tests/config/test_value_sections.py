"""The section on value."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from silentnps.config import ValueConfig


def test_nothing_is_taken_off_a_spend_that_is_not_named():
    with pytest.raises(ValidationError, match="must have the key spend where it has less"):
        ValueConfig(less="refunds")
    assert ValueConfig(spend="revenue", less="refunds").less == "refunds"
