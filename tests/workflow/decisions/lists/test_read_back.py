"""What acting did: a planted effect is found, one that is not there is not, and too little data say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from acted_project import write_acted

from silentnps.errors import DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.lists.actions import list_actions
from silentnps.workflow.decisions.lists.files import read_ledger, write_ledger
from silentnps.workflow.decisions.lists.read_back import ReadBack, read_back, with_outcomes

START = pd.Timestamp("2025-06-30")
TABLES = {name: {"path": f"{name}.parquet"} for name in ("orders", "returns", "responses")}


def with_events(folder: Path, *, more: float, top: int = 60, opted_out: tuple[int, ...] = ()) -> Project:
    """Return a project with a list, and orders, returns and answers after it; `more` orders of who was treated."""
    project = write_acted(
        folder, tables=TABLES, actions={"holdout_share": 0.4, "read_back_days": 30}, opted_out=opted_out
    )
    list_actions(project, "recover", top=top)
    ledger, rng = read_ledger(project), np.random.default_rng(0)
    n = rng.poisson(2.0, size=len(ledger)) + rng.poisson(more * (ledger["arm"] == "treated"))
    ids = ledger["customer_id"].repeat(n).reset_index(drop=True)
    at = START + pd.to_timedelta(rng.uniform(0.1, 29, size=len(ids)), unit="D")
    orders = pd.DataFrame({"order_id": [f"o{i}" for i in range(len(ids))], "customer_id": ids, "ordered_at": at})
    orders["amount"] = 10.0
    last = orders.tail(1).assign(order_id="last", ordered_at=START + pd.Timedelta(days=40))
    before = orders.tail(1).assign(order_id="before", ordered_at=START - pd.Timedelta(hours=1))
    pd.concat([orders, last, before]).to_parquet(folder / "orders.parquet", index=False)
    returns = pd.DataFrame({"customer_id": ids.head(5), "returned_at": START + pd.Timedelta(days=3)})
    returns.to_parquet(folder / "returns.parquet", index=False)
    answers = pd.DataFrame({"customer_id": ledger["customer_id"], "responded_at": START + pd.Timedelta(days=9)})
    answers.assign(rating=np.where(ledger["arm"] == "treated", 9, 3)).to_parquet(folder / "responses.parquet")
    return project


def row_of(found: ReadBack, outcome: str) -> pd.Series:
    return found.effects.set_index("outcome").loc[outcome]


def test_a_planted_effect_is_within_its_interval_and_seen(tmp_path: Path) -> None:
    project = with_events(tmp_path, more=2.0)
    found = read_back(project)
    orders, spend = row_of(found, "orders"), row_of(found, "spend")
    assert orders["low"] < 2.0 < orders["high"]
    assert orders["verdict"] == "more among those on the list"
    assert [spend["low"], spend["high"]] == pytest.approx([10 * orders["low"], 10 * orders["high"]])
    assert (orders["n_treated"], orders["n_holdout"], orders["confidence_level"]) == (60, 40, 0.95)
    assert (row_of(found, "nps")["mean_treated"], row_of(found, "nps")["mean_holdout"]) == (100.0, -100.0)
    assert row_of(found, "recovered")["difference"] == pytest.approx(1.0)
    assert "the same for everybody" in row_of(found, "answered")["verdict"]
    assert pd.read_csv(found.files[0])["outcome"].tolist() == found.effects["outcome"].tolist()
    again = read_back(project)
    pd.testing.assert_frame_equal(again.effects, found.effects)


def test_no_effect_is_not_seen_and_the_smallest_that_could_be_is_told(tmp_path: Path) -> None:
    orders = row_of(read_back(with_events(tmp_path, more=0.0)), "orders")
    assert orders["low"] < 0 < orders["high"]
    assert "cannot tell" in orders["verdict"]
    assert f"{orders['smallest_seen']:.3g}" in orders["verdict"]


def test_with_few_held_out_no_difference_is_told(tmp_path: Path) -> None:
    orders = row_of(read_back(with_events(tmp_path, more=2.0, top=8)), "orders")
    assert "8 treated and 6 held out" in orders["verdict"]
    assert orders[["difference", "low", "high"]].isna().all()


def test_events_count_from_the_start_of_the_day_to_before_the_end() -> None:
    rows = pd.DataFrame({"customer_id": ["a", "b"], "starts_at": START, "ends_at": START + pd.Timedelta(days=10)})
    moments = [START - pd.Timedelta(seconds=1), START, START + pd.Timedelta(days=10)]
    events = pd.DataFrame({"customer_id": "a", "at": moments, "amount": [100, 250, 400]})
    answers = pd.DataFrame({"customer_id": "a", "at": moments[1:2] * 2, "rating": [3.0, 7.0]})
    found = with_outcomes(rows, {"orders": events, "returns": events, "responses": answers})
    assert found["orders"].tolist() == found["returns"].tolist() == [1, 0]
    assert found["spend"].tolist() == [2.5, 0]
    assert found["no_order"].tolist() == [0, 1]
    assert found["answered"].tolist() == [1, 0]
    assert found["nps"].iloc[0] == 0
    assert found["recovered"].iloc[0] == 1
    assert found[["nps", "recovered"]].iloc[1].isna().all()


def test_the_share_in_time_counts_from_the_planned_day(tmp_path: Path) -> None:
    project = with_events(tmp_path, more=0.0)
    ledger = read_ledger(project)
    treated = ledger.index[ledger["arm"] == "treated"]
    ledger.loc[treated[:30], "status"] = "done"
    ledger.loc[treated[:20], "done_at"] = ledger.loc[treated[:20], "contact_on"] + pd.Timedelta(hours=47)
    ledger.loc[treated[20:30], "done_at"] = ledger.loc[treated[20:30], "contact_on"] + pd.Timedelta(hours=48)
    write_ledger(project, ledger)
    work = read_back(project).work.iloc[0]
    assert (work["n_listed"], work["n_done"], work["n_in_time"]) == (60, 30, 20)
    # by hand, z = 1.959964: (20 + z²/2) / (60 + z²) ± z sqrt(20 * 40 / 60 + z²/4) / (60 + z²)
    assert [work["low"], work["high"]] == pytest.approx([0.227293, 0.459431], abs=1e-6)


def test_a_list_whose_days_are_not_over_waits(tmp_path: Path) -> None:
    project = with_events(tmp_path, more=0.0)
    with pytest.raises(DataError, match="tell until 2025-07-15"):
        read_back(project, on=pd.Timestamp("2025-07-15").date())
    list_actions(project, "engage", top=20, on=pd.Timestamp("2025-07-20").date())
    found = read_back(project)
    assert list(found.waiting) == ["engage of 2025-07-20"]
    assert set(found.effects["goal"]) == {"recover"}


def test_who_opted_out_since_is_left_out_and_counted(tmp_path: Path) -> None:
    project = with_events(tmp_path, more=0.0)
    people = pd.read_parquet(tmp_path / "customers.parquet")
    ledger = read_ledger(project)
    out = ledger.loc[ledger["arm"] == "treated", "customer_id"].head(3)
    people.assign(opted_out=people["customer_id"].isin(out)).to_parquet(tmp_path / "customers.parquet")
    found = read_back(project)
    assert found.n_opted_out == (3, 0)
    assert row_of(found, "orders")["n_treated"] == 57


def test_without_a_list_or_tables_the_cure_is_told(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    with pytest.raises(DataError, match="must have a list"):
        read_back(project)
    list_actions(project, "recover")
    with pytest.raises(DataError, match="orders, returns, responses"):
        read_back(project)
