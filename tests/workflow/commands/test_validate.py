"""`validate` names everything at once: all errors, rows set aside, missing features, expected intervals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from projects import run, write_project

from silentnps.config import load_config
from silentnps.workflow.checked_tables import gather_checks
from silentnps.workflow.left_out import AsTrained

SOUND = {
    "customers": "customer_id,tier,email\n" + "".join(f"c{i},gold,c{i}@example.com\n" for i in range(60)),
    "responses": "customer_id,responded_at,rating\n"
    + "".join(f"c{i},2025-02-01 10:00,{(0, 8, 10)[i % 3]}\n" for i in range(40)),
    "orders": "order_id,customer_id,ordered_at,amount\n"
    + "".join(f"o{i},c{i % 60},2025-01-0{1 + i % 9} 10:00,{i}.50\n" for i in range(80)),
    "support": "customer_id,opened_at\nc1,2025-01-01 10:00\n",
}


def write(folder: Path, options: Mapping[str, Mapping[str, object]] | None = None, **changed: str | None) -> Path:
    """Write a project of CSV files with options of tables; a table that is None is named but has no file."""
    (folder / "data").mkdir()
    tables = {**SOUND, **changed}
    for name, text in tables.items():
        if text is not None:
            (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    return write_project(
        folder,
        tables={name: {"path": f"data/{name}.csv", **(options or {}).get(name, {})} for name in tables},
        timezone="UTC",
    )


def content_of(folder: Path) -> dict:
    return json.loads((folder / "out" / "validation.json").read_text(encoding="utf-8"))


def errors_of(folder: Path) -> list[tuple[str, str]]:
    return [(f["table"], f["column"]) for f in content_of(folder)["findings"] if f["severity"] == "error"]


BROKEN = {
    "orders": "order_id,ordered_at,amount\n1,2025-01-01 10:00,x\n2,yesterday,2\n",
    "support": None,
    "returns": 'customer_id,returned_at,refund_amount\nc1,03/04/2025,"1,234"\nnobody,05/06/2025,"2,345"\n',
}


def test_one_run_names_the_errors_of_all_tables_and_columns_and_hides_nothing(tmp_path: Path) -> None:
    code, out, _ = run("validate", "-c", write(tmp_path, **BROKEN))
    assert code == 1
    assert errors_of(tmp_path) == [
        ("orders", "customer_id"),
        ("orders", "ordered_at"),
        ("orders", "amount"),
        ("returns", "returned_at"),
        ("returns", "refund_amount"),
        ("support", ""),
    ]
    assert len(re.findall(r"^error: ", out, re.MULTILINE)) == 6
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "6 errors must be corrected" in page
    assert "yesterday" not in page + out  # a value of a customer
    # a column that cannot be read does not hide what is wrong with the others
    orphans = [
        f for f in content_of(tmp_path)["findings"] if f["table"] == "returns" and f["severity"] == "warning"
    ]
    assert [(f["column"], f["first_rows"]) for f in orphans] == [("customer_id", [2])]


def test_train_stops_with_a_message_that_names_all_errors(tmp_path: Path) -> None:
    code, _, err = run("train", "-c", write(tmp_path, **BROKEN))
    text = " ".join(err.split())
    assert code == 1
    assert "'customer_id'" in text
    assert "column 'amount'" in text
    assert "support.csv" in text


def test_a_zone_that_cannot_be_used_is_named_beside_the_errors_of_tables(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, support=None)).model_copy(update={"timezone": "Mars/Base"})
    checks = gather_checks(config, AsTrained())
    assert [(f.table, f.column) for f in checks.errors] == [("configuration", "timezone"), ("support", "")]


@pytest.mark.parametrize("changed", [{}, BROKEN], ids=["sound", "broken"])
def test_rows_of_every_table_are_used_or_set_aside(tmp_path: Path, changed: dict[str, str | None]) -> None:
    returned = "customer_id,returned_at\nc1,2025-01-01\nc1,2025-01-01\nnobody,2025-01-01\n,2025-01-01\n"
    run("validate", "-c", write(tmp_path, **{"returns": returned, **changed}))
    tables = {table["table"]: table for table in content_of(tmp_path)["tables"]}
    for table in tables.values():
        if table["rows"] is not None:
            assert table["rows"] == table["used"] + sum(reason["rows"] for reason in table["aside"]), table
    assert tables["returns"]["rows"] == (2 if changed else 4)


def test_exit_codes_tell_fine_from_attention(tmp_path: Path) -> None:
    orphans = SOUND["orders"] + "".join(f"x{i},guest{i},2025-01-01 10:00,1\n" for i in range(20))
    config = write(tmp_path, orders=orphans)
    assert run("validate", "-c", config)[0] == 3
    assert run("validate", "-c", config, "--max-share", "0.5")[0] == 0
    assert content_of(tmp_path)["verdict"]["attention"] == []


def test_too_few_answers_ask_for_attention(tmp_path: Path) -> None:
    answers = "\n".join(SOUND["responses"].splitlines()[:20]) + "\n"
    code, out, _ = run("validate", "-c", write(tmp_path, responses=answers))
    assert code == 3
    assert "19 answers" in out
    assert content_of(tmp_path)["waves"][0]["expected"] is None


def test_columns_say_their_kind_range_and_how_they_were_read_but_no_personal_value(tmp_path: Path) -> None:
    dated = SOUND["orders"].replace("2025-01-09 10:00", "31.01.2025").replace("2025-01-0", "2025-01-0")
    german = re.sub(r"2025-01-0(\d) 10:00", r"2\1.01.2025", dated)
    run("validate", "-c", write(tmp_path, orders=german))
    tables = {
        table["table"]: {c["column"]: c for c in table["columns"]} for table in content_of(tmp_path)["tables"]
    }
    ordered, email = tables["orders"]["ordered_at"], tables["customers"]["email"]
    assert ordered["kind"] == "time"
    assert "day" in ordered["read"]
    assert "local times of UTC" in ordered["read"]
    assert (tables["orders"]["amount"]["low"], tables["orders"]["amount"]["high"]) == ("0.50", "79.50")
    assert email["personal"]
    assert (email["levels"], email["low"], email["high"]) == (None, "", "")
    assert tables["customers"]["tier"]["levels"] == 1
    everything = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert "example.com" not in everything + json.dumps(content_of(tmp_path))


def test_missing_tables_and_columns_are_named_and_the_page_says_what_it_assumes(tmp_path: Path) -> None:
    run("validate", "-c", write(tmp_path))
    missing = {each["missing"]: each["features"] for each in content_of(tmp_path)["missing_features"]}
    assert "returns_count_90d" in missing["returns"]
    assert missing["orders.promised_at"]
    assert "customers" not in missing
    code, out, _ = run("validate", "-c", tmp_path / "config.yaml", "--json")
    assert code == 0
    assert json.loads(out) | {"made_at": ""} == content_of(tmp_path) | {"made_at": ""}
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|<script|<link|<img", page)
    assert "The planning formula assumes" in page
    assert content_of(tmp_path)["waves"][0]["answers"] == 40


def test_a_column_without_any_value_counts_as_missing(tmp_path: Path) -> None:
    lines = SOUND["orders"].splitlines()
    empty = "\n".join([f"{lines[0]},discount", *(f"{line}," for line in lines[1:])])
    run("validate", "-c", write(tmp_path, orders=empty))
    assert "orders.discount" in [each["missing"] for each in content_of(tmp_path)["missing_features"]]


SURVEY = """\
id,email,survey_type,score,comment,created_at,person_properties.customer_id
1,,csat,5,,1700000001,c1
2,,nps,,,1700000002,c2
3,,nps,9,,1700000000,c3
4,,nps,0,,1700000003,nobody
5,,nps,8,,1700000003,c4
6,,nps,8,,1700000003,c4
"""


def test_rows_after_a_preset_have_the_numbers_of_the_file_and_add_up_with_those_that_it_keeps_out(
    tmp_path: Path,
) -> None:
    run("validate", "-c", write(tmp_path, {"responses": {"preset": "delighted"}}, responses=SURVEY))
    content = content_of(tmp_path)
    (answers,) = [table for table in content["tables"] if table["table"] == "responses"]
    assert answers["rows"] == 6 == answers["used"] + sum(reason["rows"] for reason in answers["aside"])
    found = {
        (f["column"], f["severity"]): f["first_rows"]
        for f in content["findings"]
        if f["table"] == "responses" and f["rows"]
    }
    assert found[("survey_type", "note")] == [1]
    assert found[("score", "note")] == [2]
    assert found[("customer_id", "warning")] == [4]
    assert found[("", "warning")] == [6]


def test_a_table_without_any_row_to_use_asks_for_attention(tmp_path: Path) -> None:
    guests = re.sub(r",c(\d)", r",guest\1", SOUND["orders"])
    config = write(tmp_path, {"orders": {"max_unmatched_share": 1}}, orders=guests)
    code, out, _ = run("validate", "-c", config, "--max-share", "1")
    assert (code, "orders: none of 80 rows is used" in " ".join(out.split())) == (3, True)
