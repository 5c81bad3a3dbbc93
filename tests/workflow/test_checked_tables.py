"""`features` says how many rows of each table it used, which it set aside, and why."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from projects import run, write_project

EURO = {"to": "EUR", "rates": {"USD": 0.5}}


def write(folder: Path, currencies: dict[str, object] | None = EURO, **tables: str) -> Path:
    """Write a project of small CSV files and return its configuration."""
    (folder / "data").mkdir()
    for name, text in tables.items():
        (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    paths = {name: {"path": f"data/{name}.csv"} for name in tables}
    return write_project(folder, tables=paths, currencies=currencies)


TABLES = {
    "customers": "customer_id\n001\n002\n",
    "responses": "customer_id,responded_at,rating\n001,2025-02-01,9\n002,2025-02-01,3\n",
    "orders": (
        "order_id,customer_id,ordered_at,amount,currency\n"
        "a,001,2025-01-01,10,USD\na,001,2025-01-01,10,USD\nb,1,2025-01-01,10,EUR\nc,002,2025-01-01,4,EUR\n"
    ),
    "returns": (
        "customer_id,returned_at,order_id,refund_amount,currency\n001,2025-01-05,a,6,EUR\n002,2025-01-05,c,4,EUR\n"
    ),
}


def test_features_says_what_it_used_what_it_set_aside_and_what_it_kept(tmp_path: Path) -> None:
    config = write(tmp_path, **TABLES)
    code, _, err = run("features", "-c", config)
    text = " ".join(err.split())
    assert code == 0, err
    assert "orders: 2 of 4 rows used" in text
    assert "customers: 2 of 2 rows used" in text
    assert "set aside: orders: column 'order_id' must be unique; got 1 bad rows (first rows 2)." in text
    assert "1 of them would match without leading zeros" in text
    assert "kept: returns: column 'refund_amount' must be at most the order's amount" in text
    # 10 USD are 5 EUR, so the refund of 6 EUR is above the order.
    features = pd.read_parquet(tmp_path / "out" / "features.parquet").set_index("customer_id")
    assert features["orders_amount_total"].to_dict() == {"001": 5, "002": 4}
    assert features["returns_refund_share_365d"].to_dict() == {"001": 1.2, "002": 1}


def test_validation_csv_lists_the_findings_and_then_the_rows_used(tmp_path: Path) -> None:
    config = write(tmp_path, **TABLES)
    run("features", "-c", config)
    table = pd.read_csv(tmp_path / "out" / "validation.csv")
    assert table["severity"].tolist() == ["warning"] * 3 + ["used"] * 4
    used = table[table["severity"] == "used"].set_index("table")["rows"]
    assert used.to_dict() == {"customers": 2, "responses": 2, "orders": 2, "returns": 2}
    code, out, _ = run("validate", "-c", config)
    assert code == 3  # two answers are too few to train on
    assert out.count("warning: ") == 3
    assert [line.split()[1:8:2] for line in out.splitlines() if line.startswith("│ orders")] == [
        ["orders", "4", "2", "2"]
    ]
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out" / "validation.csv"), table)


SURVEY = {
    "customers": "customer_id,signed_up_at\n"
    + "".join(f"c{i},2024-01-0{i}\n" for i in range(1, 7))
    + "c7,2026-01-01\n",
    "responses": (
        "customer_id,responded_at,rating,survey_type,known_at\n"
        "c1,2025-02-01 10:00,9,relational,2025-02-01 10:00\n"  # a later version says 3
        "c1,2025-02-01 10:00,3,relational,2025-02-02 10:00\n"
        "c2,2025-02-01 10:00,8,relational,\n"  # the same moment: the next row counts
        "c2,2025-02-01 10:00,10,relational,\n"
        "c2,2025-02-03 10:00,7,relational,\n"  # a later answer of the same wave: this one counts
        "c3,2025-02-01 10:00,1,transactional,\n"
        "c4,2024-12-01 10:00,5,relational,\n"  # before the first wave
        "c5,2025-05-01 10:00,6,relational,\n"
        "c5,2025-05-01 10:00,6,relational,\n"  # a copy
        "nobody,2025-05-01 10:00,6,relational,\n"
    ),
    "invitations": (
        "customer_id,invited_at\n"
        "c1,2025-02-01 08:00\nc1,2025-02-01 09:00\nc6,2025-05-01 08:00\nc7,2025-05-01 08:00\nc6,2024-11-01 08:00\n"
    ),
    "orders": (
        "order_id,customer_id,ordered_at,amount,known_at\n"
        "a,c1,2025-01-01 10:00,1,2025-01-01 10:00\na,c1,2025-01-01 10:00,2,2025-01-02 10:00\n"  # seen by nobody
        "b,c1,2025-01-01 10:00,1,2025-01-01 10:00\nb,c1,2025-01-01 10:00,2,2025-06-02 10:00\n"
        "c,c7,2025-01-01 10:00,1,\nd,c6,2025-06-01 10:00,1,\ne,c6,2025-04-01 10:00,1,\n"
    ),
    "engagement": "customer_id,occurred_at\nc1,2025-01-01\nc1,2025-01-01\nc1,2025-08-01\nc7,2025-01-01\n",
    "campaigns": "campaign_id,starts_at\nx,2025-01-01\n,2025-01-01\n",
}
WAVES = {"dates": ["2025-01-01", "2025-04-01"]}


def counted(folder: Path, **options: object) -> tuple[dict[str, str], pd.DataFrame, str]:
    """Return by table what is said of its rows and how many are used, and what is printed; rows add up in each."""
    config = write_project(folder, tables=paths(folder), waves=WAVES, timezone="UTC", survey={"type": "relational"})
    code, _, err = run("features", "-c", config, *options.get("arguments", ()))
    assert code == 0, err
    table = pd.read_csv(folder / "out" / "validation.csv")
    used = table[table["severity"] == "used"].set_index("table")
    for row in used.itertuples():
        n_of = int(re.search(r"Of (\d+)\.", row.cure)[1])
        assert n_of == row.rows + sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) \(", row.cure)), row
    return used["cure"].to_dict(), used, " ".join(err.split())


def paths(folder: Path) -> dict[str, dict[str, str]]:
    (folder / "data").mkdir(exist_ok=True)
    for name, text in SURVEY.items():
        (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    return {name: {"path": f"data/{name}.csv"} for name in SURVEY}


def test_rows_are_used_or_set_aside_for_one_reason_each_and_validate_counts_alike(tmp_path: Path) -> None:
    cure, used, said = counted(tmp_path)
    assert used["rows"].to_dict() == {
        "customers": 6,
        "responses": 3,
        "invitations": 2,
        "orders": 3,
        "engagement": 1,
        "campaigns": 1,
    }
    assert cure["responses"] == (
        "Of 10. Not used: 1 (survey_type must be of survey.type), 1 (customer_id must be in the table customers), "
        "1 (each row must be unique), 1 (responded_at must be different in each answer of a customer), "
        "1 (superseded by a later version), 1 (before the first wave), "
        "1 (followed by a later one of the same customer in the same wave)."
    )
    assert "responses: 3 of 10 rows used. Not used: 1 (survey_type" in said
    assert "campaigns: 1 of 2 rows kept; `impact` says what each campaign changed." in said
    features = pd.read_parquet(tmp_path / "out" / "features.parquet")
    assert features[features["respondent"]].set_index("customer_id")["rating"].to_dict() == {
        "c1": 3,
        "c2": 7,
        "c5": 6,
    }
    before = (tmp_path / "out" / "validation.csv").read_bytes()
    assert run("validate", "-c", tmp_path / "config.yaml")[0] == 3  # too few answers to train on
    assert (tmp_path / "out" / "validation.csv").read_bytes() == before


def test_at_a_moment_answers_are_events_and_rows_add_up_too(tmp_path: Path) -> None:
    cure, used, _ = counted(tmp_path, arguments=("--as-of", "2025-03-01"))
    assert used["rows"].to_dict() == {
        "customers": 6,
        "responses": 4,
        "invitations": 3,
        "orders": 2,
        "engagement": 1,
        "campaigns": 1,
    }
    assert "1 (not known before the last as_of of their customer)" in cure["responses"]
    assert cure["orders"] == (
        "Of 7. Not used: 1 (of customers who signed up later), "
        "3 (not known before the last as_of of their customer), 1 (superseded by a later version)."
    )


def test_several_surveys_without_waves_stop_every_step_with_the_line_to_add(tmp_path: Path) -> None:
    days = [f"2025-{month:02d}-03" for month in (1, 4, 7, 10) for _ in range(12)]
    survey = "".join(f"c{i % 20},{day},{i % 11}\n" for i, day in enumerate(days))
    tables = {
        "customers": "customer_id\n" + "".join(f"c{i}\n" for i in range(20)),
        "responses": f"customer_id,responded_at,rating\n{survey}",
    }
    write(tmp_path, None, **tables)
    named = {name: {"path": f"data/{name}.csv"} for name in tables}
    config = write_project(tmp_path, tables=named, waves={})
    line = "waves: {dates: [2025-01-03, 2025-04-03, 2025-07-03, 2025-10-03]}"
    for command in ("features", "train", "validate"):
        code, out, err = run(command, "-c", config)
        assert (code, line in " ".join((out + err).split())) == (1, True), command
    assert not (tmp_path / "out" / "features.parquet").exists()
    config.write_text(config.read_text().replace("waves: {}", line))
    assert run("features", "-c", config)[0] == 0
    features = pd.read_parquet(tmp_path / "out" / "features.parquet")
    assert features.groupby("wave")["respondent"].sum().tolist() == [12] * 4


def test_several_currencies_without_rates_end_with_one_line(tmp_path: Path) -> None:
    config = write(tmp_path, None, **TABLES)
    code, _, err = run("features", "-c", config)
    assert code == 1
    assert "got EUR, USD." in " ".join(err.split())
