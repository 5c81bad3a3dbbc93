"""What a person types, reads and gets back of actions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from acted_project import write_acted
from projects import run

from silentnps.workflow.decisions.lists.files import read_ledger


@pytest.mark.parametrize(
    "words", [(), ("--goal", "recover", "--read-back"), ("--goal", "please"), ("--on", "soon")]
)
def test_wrong_usage_ends_with_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    write_acted(tmp_path)
    assert run("actions", "-c", tmp_path / "config.yaml", *words)[0] == 2


def test_a_list_is_told_by_driver_without_ids(tmp_path: Path) -> None:
    write_acted(tmp_path)
    config = tmp_path / "config.yaml"
    code, out, err = run("actions", "-c", config, "--goal", "recover", "--top", "20", "--format", "csv")
    assert code == 0, err
    assert "20 customers of" in out
    assert "held out at random: 3 more" in " ".join(out.split())
    assert "logistics" in out
    assert "C00" not in out + err
    table = pd.read_csv(tmp_path / "out" / "actions" / "recover.csv")
    assert len(table) == 20


def test_a_log_is_counted_and_an_empty_read_back_says_why(tmp_path: Path) -> None:
    project = write_acted(tmp_path)
    config = tmp_path / "config.yaml"
    assert run("actions", "-c", config, "--goal", "advocate", "--top", "5", "--on", "2025-07-01")[0] == 0
    ledger = read_ledger(project)
    first = ledger.loc[ledger["arm"] == "treated", "customer_id"].iloc[0]
    (tmp_path / "log.csv").write_text(f"customer_id,status,done_at\n{first},done,2025-07-02\n", encoding="utf-8")
    code, out, _ = run("actions", "-c", config, "--log", tmp_path / "log.csv")
    assert (code, out.splitlines()) == (
        0,
        ["1 rows read, 1 entries changed", "of all lists: 4 open, 1 done, 0 skipped"],
    )
    code, _, err = run("actions", "-c", config, "--read-back")
    assert code == 1
    assert "orders, returns, responses" in err


def test_write_back_names_its_file_and_who_is_left_out(tmp_path: Path) -> None:
    write_acted(tmp_path, opted_out=(3,))
    code, out, err = run("actions", "-c", tmp_path / "config.yaml", "--write-back", "profile")
    assert code == 0
    assert "399 customers" in out
    assert "profile.jsonl" in out
    assert "left out: 1 opted out" in err


def test_effects_are_printed_with_customers_and_intervals(tmp_path: Path) -> None:
    tables = {"orders": {"path": "orders.parquet"}}
    project = write_acted(tmp_path, tables=tables, actions={"holdout_share": 0.4, "read_back_days": 30})
    config = tmp_path / "config.yaml"
    assert run("actions", "-c", config, "--goal", "recover", "--top", "60")[0] == 0
    ids = read_ledger(project)["customer_id"]
    orders = pd.DataFrame(
        {"customer_id": ids, "order_id": ids, "ordered_at": "2025-07-10", "amount": range(len(ids))}
    )
    last = orders.tail(1).assign(order_id="last", ordered_at="2025-09-01")
    pd.concat([orders, last]).to_parquet(tmp_path / "orders.parquet")
    code, out, err = run("actions", "-c", config, "--read-back")
    assert code == 0, err
    assert "95 % interval" in out
    assert "(60)" in out
    assert "(40)" in out
    assert "0 of 60 done" in out
    assert "C00" not in out
