"""What stays of a customer in rows that cannot go; the files are read by the tests of the command."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from silentnps.storage.parquet_tables import write_parquet
from silentnps.workflow.privacy.forgotten_rows import as_a_stranger


def test_a_stranger_has_the_class_of_the_answer_and_nothing_else() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "wave": ["w", "w", "w", "w"],
            "rating": [9.0, 0.0, 7.0, None],
            "reminders": [2.0, 1.0, None, None],
            "town": pd.Categorical(["x", "y", "y", "z"]),
            "age": [30, 80, 30, 40],
        }
    )
    changed = as_a_stranger(frame, frame["customer_id"].eq("b").to_numpy())
    stranger = changed.iloc[1]
    assert stranger["customer_id"].startswith("forgotten-")
    assert (stranger["rating"], stranger["town"], stranger["age"]) == (3.0, "x", 30)
    assert pd.isna(stranger["reminders"])
    pd.testing.assert_frame_equal(changed.drop(1), frame.drop(1))
    assert changed.dtypes.equals(frame.dtypes)


def test_a_level_that_was_the_customers_alone_is_gone_from_the_column_and_from_the_file(tmp_path: Path) -> None:
    towns = pd.Categorical(["x", "of b alone", "x", None], categories=["x", "never", "of b alone"])
    frame = pd.DataFrame({"customer_id": list("abcd"), "wave": "w", "town": towns})
    changed = as_a_stranger(frame, frame["customer_id"].eq("b").to_numpy())
    assert changed["town"].cat.categories.tolist() == ["x", "never"]
    write_parquet(changed, tmp_path / "rows.parquet", compression="none")
    assert b"of b alone" not in (tmp_path / "rows.parquet").read_bytes()
    write_parquet(frame, tmp_path / "rows.parquet", compression="none")
    assert b"of b alone" in (tmp_path / "rows.parquet").read_bytes()
