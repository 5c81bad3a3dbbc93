"""What stays of a customer in rows that cannot go; the files are read by the tests of the command."""

from __future__ import annotations

import pandas as pd

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
