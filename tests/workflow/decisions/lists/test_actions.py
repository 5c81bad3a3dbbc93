"""Lists: who is on them and who must not be, how many, in which order, with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from acted_project import scores_of, write_acted

from silentnps.actions.goals import GOALS
from silentnps.errors import ConfigError, DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.lists.actions import Listed, list_actions
from silentnps.workflow.decisions.lists.customer_facts import customer_facts
from silentnps.workflow.decisions.lists.files import read_ledger
from silentnps.workflow.privacy.forgotten import remember_to_forget

DAYS = [pd.Timestamp(day).date() for day in ("2025-07-01", "2025-07-20", "2025-08-15")]


def listed(folder: Path, goal: str = "recover", **options: object) -> tuple[Project, Listed]:
    project = write_acted(folder)
    return project, list_actions(project, goal, **options)  # type: ignore[arg-type]


def test_the_list_has_the_class_of_the_goal_the_most_valuable_first(tmp_path: Path) -> None:
    project, made = listed(tmp_path, top=30)
    assert len(made.table) == 30
    assert set(made.table["nps_class"]) == {"detractor"}
    assert made.table["rank"].tolist() == list(range(1, 31))
    assert (made.table["value"].diff().dropna() <= 0).all()
    ledger = read_ledger(project)
    best = ledger.assign(value=ledger["probability"] * ledger["expected_spend"])["value"].min()
    scores, spend = scores_of(400), pd.read_parquet(project.features)["orders_amount_365d"]
    p = scores["p_detractor"].mask(scores["source"] == "survey", 1.0)
    of_class = (p * spend)[scores["nps_class"] == "detractor"].sort_values(ascending=False)
    assert best == pytest.approx(of_class.iloc[len(ledger) - 1])
    assert made.value == pytest.approx(made.table["value"].sum())


@pytest.mark.parametrize("goal", GOALS)
def test_nobody_who_opted_out_or_was_forgotten_is_listed_or_held_out(tmp_path: Path, goal: str) -> None:
    out = tuple(range(0, 400, 5))
    project = write_acted(tmp_path, opted_out=out)
    for place in range(1, 400, 5):
        remember_to_forget(project, f"C{place:05d}", now=pd.Timestamp("2025-01-01"), models=())
    made = list_actions(project, goal, top=400)
    places = read_ledger(project)["customer_id"].str[1:].astype(int) % 5
    assert set(places) == {2, 3, 4}
    assert made.left_out["opted out"] > 0
    assert made.left_out["forgotten"] > 0
    for path in (*made.files, made.holdout):
        assert b"C00000" not in path.read_bytes()


def test_who_opted_out_is_listed_where_the_configuration_allows_it(tmp_path: Path) -> None:
    for name, allowed in (("a", False), ("b", True)):
        (tmp_path / name).mkdir()
        privacy = {"opted_out": {"act": allowed}}
        project = write_acted(tmp_path / name, opted_out=tuple(range(400)), privacy=privacy)
        if allowed:
            assert len(list_actions(project, "recover").table) > 0
        else:
            with pytest.raises(DataError, match="opted out"):
                list_actions(project, "recover")


@pytest.mark.slow
def test_nobody_is_contacted_twice_in_a_period_by_any_goal(tmp_path: Path) -> None:
    project = write_acted(tmp_path, 600, actions={"period_days": 30, "cooldown_days": 40, "read_back_days": 45})
    for day in DAYS:
        for goal in GOALS:
            list_actions(project, goal, top=40, on=day, formats=("parquet",))
    ledger = read_ledger(project)
    treated = ledger[ledger["arm"] == "treated"].sort_values(["customer_id", "contact_on"])
    gaps = treated.groupby("customer_id")["contact_on"].diff().dropna()
    assert len(gaps) > 20
    assert gaps.min() >= pd.Timedelta(days=30)
    same = treated.groupby(["customer_id", "goal"])["contact_on"].diff().dropna()
    assert same.min() >= pd.Timedelta(days=40)
    held = ledger[ledger["arm"] == "holdout"].merge(treated, on="customer_id", suffixes=("_held", ""))
    after = held["listed_on"] - held["listed_on_held"]
    assert not ((after >= pd.Timedelta(0)) & (after < pd.Timedelta(days=45))).any()


def test_the_share_held_out_is_the_one_asked_for_and_recorded(tmp_path: Path) -> None:
    project = write_acted(tmp_path, actions={"holdout_share": 0.25})
    made = list_actions(project, "recover", top=30)
    ledger = read_ledger(project)
    held = ledger.loc[ledger["arm"] == "holdout", "customer_id"]
    assert (len(made.table), made.n_held_out) == (30, 10)
    assert not set(held) & set(made.table["customer_id"])
    written = pd.read_csv(made.holdout)
    assert written["customer_id"].tolist() == held.tolist()
    assert set(written["until"]) == {"2025-09-28"}
    values = ledger["probability"] * ledger["expected_spend"]
    assert values[ledger["arm"] == "holdout"].max() > values[ledger["arm"] == "treated"].median()


def test_the_same_inputs_give_the_same_list_and_another_seed_another_holdout(tmp_path: Path) -> None:
    held = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        project = write_acted(tmp_path / name, random_state=seed)
        made = list_actions(project, "recover", formats=("xlsx", "csv", "jsonl", "parquet"))
        ledger = read_ledger(project)
        held[name] = set(ledger.loc[ledger["arm"] == "holdout", "customer_id"])
        assert len(made.files) == 4
    for kind in ("xlsx", "csv", "jsonl", "parquet"):
        a, b = (tmp_path / name / "out" / "actions" / f"recover.{kind}" for name in "ab")
        assert a.read_bytes() == b.read_bytes()
    assert held["a"] == held["b"] != held["c"]


def test_a_list_that_is_made_again_is_the_same_until_it_was_worked_on(tmp_path: Path) -> None:
    project, made = listed(tmp_path, top=20)
    again = list_actions(project, "recover", top=20)
    pd.testing.assert_frame_equal(again.table, made.table)
    assert len(read_ledger(project)) == 20 + made.n_held_out


def test_ids_that_spreadsheets_would_compute_stay_texts(tmp_path: Path) -> None:
    scores = scores_of(400)
    places = scores.index[(scores["nps_class"] == "detractor")][:3]
    ids = dict(zip(places, ["=1+1", "+49", "@x"], strict=True))
    project = write_acted(tmp_path, ids=ids)
    made = list_actions(project, "recover", top=400, formats=("xlsx", "csv"))
    sheet = openpyxl.load_workbook(made.files[0])["List"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert set(ids.values()) & {cell.value for cell in cells}
    assert not [line for line in made.files[1].read_text().splitlines() if ',"=' in line or ",=" in line]


def test_reasons_drivers_channels_and_days_are_those_of_the_customer(tmp_path: Path) -> None:
    _, made = listed(tmp_path, top=400)
    rows = made.table.set_index("customer_id")
    drivers = {"two late": "delivery", "two support": "support", "one return": "returns", "tier": "attribute"}
    for start, driver in drivers.items():
        assert set(rows.loc[rows["reasons"].str.startswith(start), "driver"]) == {driver}
    answered = rows[rows["known_from"] == "answer"]
    assert len(answered) > 3
    assert set(answered["driver"]) == {"answered"}
    assert set(answered["probability"]) == {1.0}
    assert set(rows.loc[rows["reasons"] == "", "driver"]) == {"no reason"}
    assert set(rows.loc[rows["channel_from"] != "playbook", "channel"]) == {"email"}
    assert set(rows["channel_from"]) == {"playbook", "answered 2 of 4 e-mails"}
    assert {day.weekday() for day in rows["contact_on"]} <= set(range(5))


def test_who_answered_is_left_out_on_request(tmp_path: Path) -> None:
    project = write_acted(tmp_path, actions={"respondents": False})
    assert set(list_actions(project, "recover", top=400).table["known_from"]) == {"model"}


def test_a_list_that_surveys_is_a_random_sample_of_silent_customers_and_gives_nothing_away(tmp_path: Path) -> None:
    project, made = listed(tmp_path, "survey", top=40)
    ledger = read_ledger(project)
    assert made.n_held_out == 0
    assert set(ledger["known_from"]) == {"model"}
    assert made.table[["nps_class", "probability", "expected_nps", "reasons", "driver"]].isna().all().all()
    longer = list_actions(project, "survey", top=80)
    assert longer.table["customer_id"].tolist()[:40] == made.table["customer_id"].tolist()


def test_the_users_playbook_and_capacity_count(tmp_path: Path) -> None:
    rule = {"driver": "any", "action": "Write", "owner": "Ann", "effort": "low", "channel": "letter"}
    rules = [{**rule, "cadence": "at once"}]
    book = {name: rules for name in ("detractor", "passive", "promoter", "survey")}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(book), encoding="utf-8")
    project = write_acted(tmp_path, actions={"playbook": "mine.yaml", "capacity": 7})
    made = list_actions(project, "engage")
    assert made.table["owner"].tolist() == ["Ann"] * 7
    assert set(made.table["channel"]) <= {"letter", "email"}


def test_without_spend_the_most_probable_come_first(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    features = pd.read_parquet(project.features).drop(columns="orders_amount_365d")
    features.to_parquet(project.features)
    made = list_actions(project, "recover", top=20)
    assert made.value is None
    assert (made.table["probability"].diff().dropna() <= 0).all()
    assert made.table["expected_spend"].isna().all()


def test_the_newer_of_two_scores_counts_and_a_day_before_them_is_refused(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    later = scores_of(400).assign(as_of=pd.Timestamp("2025-08-01", tz="UTC"), wave="2025-08-01")
    project.scores_as_of.mkdir()
    later.to_parquet(project.scores_as_of / "part-00000.parquet")
    features = pd.read_parquet(project.features)
    features.assign(wave="2025-08-01", orders_amount_365d=1.0).to_parquet(project.features_as_of)
    made = list_actions(project, "recover", top=5)
    assert made.on.isoformat() == "2025-08-01"
    assert set(made.table["expected_spend"]) == {1.0}
    with pytest.raises(ConfigError, match="--on must be a day on which the scores were known, 2025-08-01"):
        list_actions(project, "recover", on=DAYS[0])


def test_without_scores_or_with_a_damaged_ledger_the_cure_is_told(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    list_actions(project, "recover", top=5)
    (project.output / "actions" / "ledger.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="backup"):
        list_actions(project, "recover", top=5)
    (project.scores / "part-00000.parquet").unlink()
    with pytest.raises(DataError, match="silentnps score"):
        list_actions(project, "recover", top=5)


def test_facts_are_in_the_order_of_the_customers(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    ids = pd.Series(["C00008", "C00001", "nobody"])
    facts = customer_facts(project, ids, "2025-Q2", as_of=False).table
    assert facts["customer_id"].tolist() == ids.tolist()
    assert facts["channel"].tolist() == ["email", "", ""]
    assert np.isnan(facts["expected_spend"].iloc[2])
