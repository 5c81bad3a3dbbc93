"""The rows to score: those of a wave, or the base at a moment, and the command that makes them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from silentnps.errors import DataError
from silentnps.workflow.artifacts.scored_rows import RowsToScore


def test_the_rows_of_the_wave_are_counted(tmp_path: Path) -> None:
    waves = pd.DataFrame({"wave": ["2025-Q3", "2025-Q4", "2025-Q4"], "as_of": pd.Timestamp("2025-12-20")})
    waves.to_parquet(tmp_path / "features.parquet")
    assert RowsToScore(tmp_path / "features.parquet", "2025-Q4").n == 2


@pytest.mark.parametrize(
    ("as_of", "command"), [(None, "train"), (datetime(2025, 12, 20), "features --as-of 2025-12-20T00:00:00")]
)
def test_missing_and_damaged_rows_name_the_command_that_makes_them(
    tmp_path: Path, as_of: datetime | None, command: str
) -> None:
    rows = RowsToScore(tmp_path / "features.parquet", "2025-Q4", as_of)
    with pytest.raises(DataError, match=f"features.parquet is missing. Run `silentnps {command}` first"):
        _ = rows.stamp
    rows.path.write_text("x", encoding="utf-8")
    assert rows.stamp[0] == 1
    with pytest.raises(DataError, match=f"features.parquet is damaged. Run `silentnps {command}` again"):
        _ = rows.moments
