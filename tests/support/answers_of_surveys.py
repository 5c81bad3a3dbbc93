"""Tables of survey answers, and what the checks make of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from event_tables import connect

from silentnps.config import SurveyConfig
from silentnps.data.checking.checks import CheckedTable, check_tables

PEOPLE = [f"c{i:04d}" for i in range(2000)]
NONE = SurveyConfig()


def answers(rng: np.random.Generator, n: int, start: str, *, days: float = 10, who: slice = slice(None), **columns):
    moments = pd.Timestamp(start) + pd.to_timedelta(np.round(rng.uniform(0, days * 86400, n)), unit="s")
    people = rng.choice(PEOPLE[who], n, replace=False)
    frame = pd.DataFrame({"customer_id": people, "responded_at": moments, "rating": rng.integers(0, 11, n)})
    return frame.assign(**columns).astype({"responded_at": "datetime64[us]"})


def checked(
    *responses: pd.DataFrame, survey: SurveyConfig = NONE, **others: pd.DataFrame
) -> dict[str, CheckedTable]:
    customers = pd.DataFrame({"customer_id": PEOPLE})
    tables = connect({"customers": customers, "responses": pd.concat(responses, ignore_index=True), **others})
    return check_tables(tables, survey=survey)
