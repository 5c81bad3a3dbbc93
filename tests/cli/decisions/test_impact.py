"""What a person reads of a campaign."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import FEW_TABLES, run, write_project

from silentnps.simulation.simulate import simulate

TABLES = {name: {"path": f"data/{name}.parquet"} for name in (*FEW_TABLES, "campaigns")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    simulate(folder / "data", customers=1500, seed=2, campaign_orders=1.5)
    return write_project(folder, tables=TABLES)


def test_impact_prints_effects_verdicts_and_where_the_tables_are(shop):
    code, out, err = run("impact", "-c", shop, "--campaign", "planted", "--confidence", "0.9")
    assert code == 0, err
    said = " ".join(out.split())
    for words in ("treated customers", "90 days before 2025-10-01", "90 %", "interval", "placebo"):
        assert words in said
    assert "Orders: the campaign helped, by +1." in said
    assert "Surveyed NPS:" in said
    assert (shop.parent / "out" / "impact" / "planted" / "effects.csv").exists()
    assert "2 other campaigns started" in " ".join(err.split())
    assert "expected NPS is left out" in " ".join(err.split())


def test_a_campaign_must_be_named(shop):
    assert run("impact", "-c", shop)[0] == 2
    assert run("impact", "-c", shop, "--campaign", "planted", "--days", "3")[0] == 2
