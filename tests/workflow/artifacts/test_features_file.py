"""features.parquet: written with text, read with categories, refused when it is of an earlier version."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from silentnps.config import ProjectConfig
from silentnps.errors import DataError
from silentnps.features.engine.expressions import KEYS
from silentnps.workflow.artifacts.features_file import read_features, write_features_file
from silentnps.workflow.artifacts.project import Project

FRAME = pd.DataFrame(
    {
        **{name: ["a", "b"] for name in KEYS},
        "tier": pd.Categorical(["gold", None]),
        "orders": [1.0, None],
    }
)


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(ProjectConfig(name="shop", tables={"customers": {"path": tmp_path / "c.csv"}}, output=tmp_path))


def test_features_are_read_as_they_were_written(shop: Project) -> None:
    write_features_file(FRAME, shop.features)
    assert pd.read_parquet(shop.features)["tier"].dtype != "category"
    pd.testing.assert_frame_equal(read_features(shop)[["tier", "orders"]], FRAME[["tier", "orders"]])


def test_a_file_takes_the_place_of_a_folder_of_parts(shop: Project) -> None:
    shop.features.mkdir()
    write_features_file(FRAME, shop.features)
    assert shop.features.is_file()


def test_features_that_are_missing_damaged_or_of_an_earlier_version_are_refused(shop: Project) -> None:
    with pytest.raises(DataError, match=r"features\.parquet is missing\. Run `silentnps train` first"):
        read_features(shop)
    shop.features.write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match=r"features\.parquet is damaged"):
        read_features(shop)
    write_features_file(FRAME.drop(columns=KEYS[0]), shop.features)
    with pytest.raises(DataError, match="was written by an earlier version"):
        read_features(shop)
