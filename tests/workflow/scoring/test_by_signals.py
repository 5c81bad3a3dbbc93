"""Without a survey, features and scores by the rule table serve; the output says that no model made them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from projects import fails, run, write_project

TABLES = {
    "customers": "customer_id,signed_up_at\n" + "".join(f"c{i},2024-01-01\n" for i in range(20)),
    "orders": "order_id,customer_id,ordered_at,amount\n"
    + "".join(f"o{i},c{i % 15},2025-0{1 + i % 6}-03,{10 + i}\n" for i in range(40)),
    "returns": "customer_id,returned_at\nc1,2025-05-01\nc2,2025-06-01\n",
}
INVITED = "customer_id,invited_at\n" + "".join(f"c{i},2025-07-01\n" for i in range(20))


def written(folder: Path, **tables: str) -> Path:
    (folder / "data").mkdir()
    for name, text in (TABLES | tables).items():
        (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    paths = {name: {"path": f"data/{name}.csv"} for name in TABLES | tables}
    return write_project(folder, tables=paths, timezone="UTC", waves={}, estimation={})


def given(config: Path) -> dict[str, Any]:
    """Return what `written` gave, to write the project again."""
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    return {name: values[name] for name in ("tables", "timezone", "waves", "estimation")}


def test_a_base_that_was_never_surveyed_is_scored_at_a_moment(tmp_path: Path) -> None:
    config = written(tmp_path)
    for command in ("features", "score"):
        code, out, err = run(command, "-c", config, "--as-of", "2025-07-01")
        assert code == 0, err
    assert "scored by the rule table of signals" in " ".join(out.split())
    scores = pd.read_parquet(tmp_path / "out" / "scores_as_of")
    assert (len(scores), set(scores["source"])) == (20, {"signals"})
    assert scores.set_index("customer_id").loc["c2", "reasons_against"] == "returned goods in the last year"
    manifest = json.loads((tmp_path / "out" / "scores_as_of" / "_manifest.json").read_text(encoding="utf-8"))
    assert "neither a model nor a table of responses" in manifest["facts"]["scored_by"]


def test_invitations_alone_have_a_wave_to_score(tmp_path: Path) -> None:
    config = written(tmp_path, invitations=INVITED)
    assert run("features", "-c", config)[0] == 0
    code, out, err = run("score", "-c", config, "--csv", "--reasons", "0")
    assert code == 0, err
    scores = pd.read_csv(tmp_path / "out" / "scores" / "part-00000.csv")
    assert len(scores) == 20
    assert scores["reasons_against"].isna().all()
    assert "customers of wave all, scored by the rule table" in " ".join(out.split())


def test_customers_who_opted_out_get_no_score_from_the_rules_either(tmp_path: Path) -> None:
    customers = "customer_id,signed_up_at,opted_out\n" + "".join(
        f"c{i},2024-01-01,{str(i in {2, 5}).lower()}\n" for i in range(20)
    )
    config = written(tmp_path, customers=customers)
    for opted_out, n in (({}, 18), ({"score": True}, 20)):
        write_project(tmp_path, **given(config), privacy={"opted_out": opted_out})
        for command in ("features", "score"):
            code, _, err = run(command, "-c", config, "--as-of", "2025-07-01")
            assert code == 0, err
        assert len(pd.read_parquet(tmp_path / "out" / "scores_as_of")) == n
        assert ("opted out: 2 customers" in err) == (n == 18)


def test_train_says_what_serves_without_answers(tmp_path: Path) -> None:
    written(tmp_path)
    fails(tmp_path, "must have responses to train", "`silentnps score`", "--as-of DATE")
    fails(tmp_path, "Run `silentnps features` first", command="score")


def test_the_scores_of_a_model_are_not_replaced_by_the_rule_table(tmp_path: Path) -> None:
    written(tmp_path, responses="customer_id,responded_at,rating\nc1,2025-07-01,9\n")
    fails(tmp_path, "must hold a trained model", command="score")
