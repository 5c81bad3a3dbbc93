"""Errors of reading are gathered, each once, with their column."""

from __future__ import annotations

import pytest

from silentnps.data.findings import refuse_errors
from silentnps.data.reading.refusals import Refusals
from silentnps.errors import ConfigError, DataError


def test_errors_are_gathered_once_each_and_others_pass() -> None:
    refusals = Refusals("orders")
    for _ in range(2):
        with refusals.gathered("amount"):
            raise DataError("amount is wrong")
    with pytest.raises(ZeroDivisionError), refusals.gathered():
        _ = 1 / 0
    assert [(refusal.table, refusal.column, str(refusal)) for refusal in refusals.found] == [
        ("orders", "amount", "amount is wrong")
    ]
    assert refusals.columns == {"amount"}


def test_one_error_is_raised_as_it_is_and_several_are_named_in_one_message() -> None:
    refusals = Refusals("orders")
    refusals.add(ConfigError("name the zone"), "ordered_at")
    with pytest.raises(ConfigError, match=r"^name the zone$"):
        refuse_errors(refusals.found)
    for i in range(12):
        refusals.add(DataError(f"wrong {i}."), "amount")
    with pytest.raises(ConfigError, match=r"name the zone There are further errors. wrong 0.*wrong 8. And 3 more"):
        refuse_errors(refusals.found)
