"""Tables for other engines hold what features need, and no more."""

from __future__ import annotations

from pathlib import Path

import ibis
import pandas as pd
import pytest
from event_tables import connect, retailer, table
from versioned_tables import written_again

from silentnps.config import WavesConfig
from silentnps.errors import DataError
from silentnps.features.engine.build import build_features
from silentnps.features.large_base.exported import POPULATION, export_tables
from silentnps.features.population.population import build_population

QUARTERS = WavesConfig(period="quarter")


def read_back(folder: Path) -> dict[str, ibis.Table]:
    connection = ibis.duckdb.connect()
    return {path.name: connection.read_parquet(path / "rows.parquet") for path in sorted(folder.iterdir())}


@pytest.mark.slow
@pytest.mark.parametrize("versions", [False, True], ids=["last values", "versions"])
def test_features_of_the_exported_tables_are_those_of_the_tables(tmp_path: Path, versions: bool) -> None:
    frames = written_again(retailer(3)) if versions else retailer(3)
    answers = frames["responses"]
    frames["responses"] = answers.assign(survey_type=["relational", "transactional"] * (len(answers) // 2))
    tables = connect(frames)
    population = build_population(tables, QUARTERS)
    export_tables(tables, population, tmp_path)
    written = read_back(tmp_path)
    built = build_features(written, written.pop(POPULATION))
    pd.testing.assert_frame_equal(built, build_features(tables, population), check_exact=True)


def test_columns_and_tables_that_no_feature_needs_are_left_out(tmp_path: Path) -> None:
    campaigns = table(campaign_id=["c"], starts_at=["2024-01-01"], ends_at=["2024-02-01"])
    tables = connect(retailer(3) | {"campaigns": campaigns})
    exclude = ["orders_online_share_365d", "orders_channels_365d", "orders_items_mean_365d"]
    export_tables(tables, build_population(tables, QUARTERS), tmp_path, exclude=exclude)
    assert set(tables["orders"].columns) - set(read_back(tmp_path)["orders"].columns) == {
        "order_id",
        "channel",
        "items",
    }


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tables = connect(retailer(3))
    (tmp_path / "orders" / "rows.parquet").mkdir(parents=True)
    with pytest.raises(DataError, match=r"must be room in memory and on the disk .* got .*orders.*Free some"):
        export_tables(tables, build_population(tables, QUARTERS), tmp_path)
