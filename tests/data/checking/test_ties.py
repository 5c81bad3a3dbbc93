"""Several answers of a customer at one moment or on one day: the last in the file counts, whatever they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written_tables import project

from silentnps.config import SurveyConfig, TableConfig
from silentnps.data.checking.checks import check_tables, clean_tables
from silentnps.data.identity.linked_tables import open_tables
from silentnps.workflow.follow_up import _calls_of_wave, _read_calls
from silentnps.workflow.watch import QUIET

DAYS = [f"2025-02-{day:02d}" for day in range(1, 6)]
N_CUSTOMERS = 30


def drawn(seed: int, *, copies: bool = False) -> pd.DataFrame:
    """Answers of a few days: most customers have several on one."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i:02d}" for i in rng.integers(0, N_CUSTOMERS, 240)],
            "responded_at": rng.choice(DAYS, 240),
            "rating": rng.integers(0, 11, 240),
        }
    )
    return pd.concat([frame, frame.sample(40, random_state=seed)], ignore_index=True) if copies else frame


CUSTOMERS = "customer_id\n" + "\n".join(f"c{i:02d}" for i in range(N_CUSTOMERS)) + "\n"


def last_of(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    return {(row.customer_id, row.responded_at): row.rating for row in frame.itertuples()}


def kept(tables: dict) -> dict[tuple[str, str], int]:
    found = tables["responses"].to_pandas()
    assert not found.duplicated(["customer_id", "responded_at"]).any()
    days = found["responded_at"].dt.strftime("%Y-%m-%d")
    return dict(zip(zip(found["customer_id"], days, strict=True), found["rating"], strict=True))


@pytest.mark.parametrize("copies", [False, True], ids=["no copies", "copies"])
@pytest.mark.parametrize("seed", range(3))
def test_the_last_in_the_file_counts_and_the_others_are_counted(tmp_path: Path, seed: int, copies: bool) -> None:
    frame = drawn(seed, copies=copies)
    config = project(tmp_path, customers=CUSTOMERS, responses=frame.to_csv(index=False))
    checked = check_tables(open_tables(config))["responses"]
    assert kept({"responses": checked.clean}) == last_of(frame)
    assert checked.n_rows == checked.n_used + sum(checked.aside.values())
    assert checked.aside["responded_at must be different in each answer of a customer"] == (
        len(frame.drop_duplicates()) - len(last_of(frame))
    )


def test_the_order_of_several_files_is_that_of_their_names(tmp_path: Path) -> None:
    frame = drawn(7)
    folder = tmp_path / "survey"
    folder.mkdir()
    for place, start in enumerate(range(0, len(frame), 60)):
        pq.write_table(pa.Table.from_pandas(frame.iloc[start : start + 60]), folder / f"part-{place}.parquet")
    config = project(tmp_path, customers=CUSTOMERS, responses=TableConfig(path=folder))
    for _ in range(3):
        assert kept(clean_tables(open_tables(config))[0]) == last_of(frame)


def test_versions_and_relational_answers_are_at_moments_of_their_own(tmp_path: Path) -> None:
    survey = (
        "customer_id,responded_at,rating,known_at,survey_type\n"
        "c01,2025-02-01,9,2025-02-03,relational\n"
        "c01,2025-02-01,2,2025-02-05,relational\n"
        "c02,2025-02-01,7,,relational\n"
        "c02,2025-02-01,0,,transactional\n"
    )
    tables = open_tables(project(tmp_path, customers=CUSTOMERS, responses=survey))
    both = SurveyConfig(type=("relational", "transactional"))
    answers = check_tables(tables, survey=both)["responses"]
    assert answers.clean.count().execute() == answers.n_used == 4
    assert not [finding for finding in answers.findings if "different" in finding.rule]


def test_of_calls_at_one_moment_the_last_answered_one_in_the_file_counts(tmp_path: Path) -> None:
    calls = "customer_id,called_at,rating\nc01,2025-03-01,10\nc01,2025-03-01,4\nc01,2025-03-01,\nc02,2025-03-01,3\n"
    config = project(tmp_path, customers=CUSTOMERS, follow_up=calls)
    features = pd.DataFrame(
        {"customer_id": ["c01", "c02"], "wave": "all", "as_of": pd.Timestamp("2025-02-01").as_unit("us")}
    )
    found = _calls_of_wave(_read_calls(config), features, "all", QUIET)
    assert dict(zip(found["customer_id"], found["rating"], strict=True)) == {"c01": 4, "c02": 3}
