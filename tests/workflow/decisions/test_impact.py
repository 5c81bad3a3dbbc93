"""The impact of a campaign, from tables to files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from projects import FEW_TABLES, change, run, write_project

from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.impact import Judged, impact

TABLES = {name: {"path": f"data/{name}.parquet"} for name in (*FEW_TABLES, "engagement", "campaigns")}
ORDERS = 1.0


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a retailer with a campaign that brings an order a customer, more or less."""
    folder = tmp_path_factory.mktemp("planted")
    simulate(folder / "data", customers=2000, seed=4, campaign_orders=ORDERS)
    write_project(folder, tables=TABLES)
    return folder


@pytest.fixture(scope="module")
def judged(planted: Path) -> Judged:
    return impact(Project(load_config(planted / "config.yaml")), campaign="planted")


@pytest.fixture
def copy(tmp_path: Path, planted: Path) -> Path:
    shutil.copytree(planted / "data", tmp_path / "data")
    write_project(tmp_path, tables=TABLES)
    return tmp_path


def test_the_planted_orders_are_found(planted, judged):
    truth = pd.read_parquet(planted / "data" / "truth_of_campaign.parquet").query("treated")["orders_effect"].mean()
    table = pd.read_csv(judged.folder / "effects.csv").set_index("outcome")
    orders = table.loc["orders"]
    assert orders["effect"] == pytest.approx(truth, abs=4 * orders["standard_error"])
    assert orders["low"] > 0
    assert orders["treated_after"] - orders["untreated_after"] > ORDERS / 2
    assert list(table.index) == ["surveyed NPS", "orders", "order value", "engagement"]
    assert (table["n_treated"] > 0).all()
    assert set(table["confidence_level"]) == {0.95}


def test_files_say_what_is_printed(judged):
    content = json.loads((judged.folder / "impact.json").read_text(encoding="utf-8"))
    assert content["sentences"] == judged.sentences
    assert [row["outcome"] for row in content["effects"]] == [each.outcome.name for each in judged.impact.effects]
    assert content["windows"][2].startswith("2025-10-01")
    assert content["days"] == 90
    assert sorted(path.name for path in judged.folder.iterdir()) == ["balance.csv", "effects.csv", "impact.json"]
    balance = pd.read_csv(judged.folder / "balance.csv")
    assert {"tier", "region", "orders_count_90d"} <= set(balance["feature"])


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(planted, judged):
    before = {path.name: path.read_bytes() for path in judged.folder.iterdir()}
    impact(Project(load_config(planted / "config.yaml")), campaign="planted")
    assert {path.name: path.read_bytes() for path in judged.folder.iterdir()} == before


@pytest.mark.slow
def test_what_happens_after_the_window_does_not_matter(copy, judged):
    start = pd.Timestamp("2025-10-01 15:00", tz="UTC")
    end = start + pd.Timedelta(days=90)
    change(copy, "orders", lambda rows: rows.assign(amount=rows["amount"].mask(rows["ordered_at"] > end, 9999.0)))
    again = impact(Project(load_config(copy / "config.yaml")), campaign="planted")
    assert [each.difference.value for each in again.impact.effects] == [
        each.difference.value for each in judged.impact.effects
    ]


@pytest.mark.slow
def test_another_length_of_the_windows_gives_another_result(planted, judged):
    project = Project(load_config(planted / "config.yaml"))
    shorter = impact(project, campaign="planted", days=60, confidence_level=0.8)
    assert shorter.windows.days == 60
    assert shorter.impact.effects[-1].confidence_level == 0.8
    assert shorter.impact.effects[-1].difference.value != judged.impact.effects[-1].difference.value


Spoil = Callable[[pd.DataFrame], pd.DataFrame]


def _to_everybody(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(customer_id=None)


def _to_few(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["campaign_id"] != "planted") | (rows.groupby("campaign_id").cumcount() < 30)]


def _at_the_end(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(starts_at=pd.Timestamp("2025-12-25", tz="UTC"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_to_everybody, ("must have rows with a customer_id", "leaves nobody to compare with")),
        pytest.param(_to_few, ("50 treated customers", "got 30"), marks=pytest.mark.slow),
        pytest.param(_at_the_end, ("14 days back", "6 after"), marks=pytest.mark.slow),
    ],
    ids=["everybody", "few", "at the end"],
)
def test_campaigns_that_cannot_be_judged_are_refused(copy: Path, spoil: Spoil, words: tuple[str, ...]):
    change(copy, "campaigns", spoil)
    _fails(copy, "planted", *words)


def test_an_unknown_campaign_is_told_with_how_many_there_are(planted):
    line = _fails(planted, "sprng", "'sprng'", "none of its 9 campaigns")
    assert "campaign-01" not in line


def test_too_many_days_name_the_most(planted):
    code, _, err = run("impact", "-c", planted / "config.yaml", "--campaign", "planted", "--days", "120")
    assert code == 1
    assert "Take --days 91 or fewer" in " ".join(err.split())


@pytest.mark.slow
def test_without_campaigns_the_table_is_asked_for(copy):
    write_project(copy, tables={name: path for name, path in TABLES.items() if name != "campaigns"})
    _fails(copy, "planted", "tables must have campaigns", "Add the table")


def _fails(folder: Path, campaign: str, *words: str) -> str:
    code, _, err = run("impact", "-c", folder / "config.yaml", "--campaign", campaign)
    assert code == 1, err
    lines = [line for line in err.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, err
    for word in words:
        assert word in lines[0]
    return lines[0]
