"""The ledger: one contact a customer a period over all goals, and what a log changes."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from silentnps.actions.ledger import (
    LEDGER_COLUMNS,
    Rests,
    at_rest,
    empty_ledger,
    tidy_ledger,
    with_log,
    without_list,
)
from silentnps.errors import DataError

RESTS = Rests(period=30, cooldown=90, holdout=60)


def entry(customer: str, on: str, goal: str = "recover", **changes: object) -> dict[str, object]:
    usual = {"arm": "treated", "status": "open", "contact_on": on, "done_at": None}
    return {"customer_id": customer, "listed_on": on, "goal": goal, **usual, **changes}


def ledger(*rows: dict[str, object]) -> pd.DataFrame:
    return tidy_ledger(pd.DataFrame(list(rows)))


def resting(rows: pd.DataFrame, goal: str, on: str) -> dict[str, str]:
    found = at_rest(rows, goal, date.fromisoformat(on), RESTS)
    return dict(zip(found["customer_id"], found["why"], strict=True))


def log(**columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame(columns).assign(row=range(2, 2 + len(columns["customer_id"])))
    return frame.assign(done_at=pd.to_datetime(frame["done_at"]))


@pytest.mark.parametrize(
    ("goal", "on", "why"),
    [
        ("engage", "2025-07-30", "period"),
        ("engage", "2025-07-31", None),
        ("recover", "2025-07-31", "cooldown"),
        ("recover", "2025-09-28", "cooldown"),
        ("recover", "2025-09-29", None),
    ],
)
def test_a_contact_rests_for_every_goal_and_longer_for_its_own(goal: str, on: str, why: str | None) -> None:
    assert resting(ledger(entry("a", "2025-07-01")), goal, on) == ({"a": why} if why else {})


def test_the_later_of_planned_and_done_counts_and_who_was_skipped_is_free_for_other_goals() -> None:
    rows = ledger(
        entry("planned", "2025-07-01", contact_on="2025-08-15"),
        entry("late", "2025-07-01", status="done", done_at="2025-08-10 09:00"),
        entry("skipped", "2025-07-20", status="skipped"),
    )
    assert resting(rows, "engage", "2025-08-10") == {"planned": "period", "late": "period"}
    assert resting(rows, "recover", "2025-08-10")["skipped"] == "cooldown"


def test_who_is_held_out_is_left_alone_by_every_goal_until_it_is_over() -> None:
    rows = ledger(entry("h", "2025-07-01", arm="holdout", contact_on=None))
    assert resting(rows, "advocate", "2025-08-29") == {"h": "holdout"}
    assert resting(rows, "advocate", "2025-08-30") == {}


def test_the_same_list_is_replaced_until_something_was_done() -> None:
    rows = ledger(entry("a", "2025-07-01"), entry("a", "2025-07-01", "engage"))
    assert without_list(rows, "recover", date(2025, 7, 1))["goal"].tolist() == ["engage"]
    worked = rows.assign(status=["done", "open"])  # sorted: engage first
    with pytest.raises(DataError, match="1 of its customers"):
        without_list(worked, "engage", date(2025, 7, 1))


def test_a_log_counts_for_the_latest_list_before_it() -> None:
    rows = ledger(entry("a", "2025-01-01"), entry("a", "2025-06-01"), entry("b", "2025-06-01"))
    changed, n = with_log(rows, log(customer_id=["a"], status=["done"], done_at=["2025-03-01 10:00"]))
    assert n == 1
    assert changed["status"].tolist() == ["done", "open", "open"]
    again, n = with_log(changed, log(customer_id=["a"], status=["done"], done_at=["2025-03-01 10:00"]))
    assert n == 0
    pd.testing.assert_frame_equal(again, changed)
    named, _ = with_log(rows, log(customer_id=["a"], status=["skipped"], done_at=[None], goal=["recover"]))
    assert named["status"].tolist() == ["open", "skipped", "open"]


def test_of_two_rows_of_a_log_the_last_counts() -> None:
    rows = ledger(entry("a", "2025-01-01"))
    changed, _ = with_log(rows, log(customer_id=["a", "a"], status=["open", "done"], done_at=[None, "2025-01-02"]))
    assert changed["status"].tolist() == ["done"]


def test_a_log_of_strangers_or_of_before_the_list_is_refused_by_line_without_ids() -> None:
    rows = ledger(entry("a", "2025-06-01"), entry("h", "2025-06-01", arm="holdout"))
    with pytest.raises(DataError, match="a customer of a list; got 2 others: 2, 3") as error:
        with_log(rows, log(customer_id=["stranger", "h"], status=["open", "open"], done_at=[None, None]))
    assert "stranger" not in str(error.value)
    with pytest.raises(DataError, match=r"\(done_at\); got 1 others: 2"):
        with_log(rows, log(customer_id=["a"], status=["done"], done_at=["2025-05-31"]))


def test_an_empty_ledger_has_the_columns() -> None:
    assert list(empty_ledger()) == list(LEDGER_COLUMNS)
    assert resting(empty_ledger(), "recover", "2025-07-01") == {}
