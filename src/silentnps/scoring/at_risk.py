"""The silent customers who are most likely detractors, the likeliest first: a list for people."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from silentnps.storage.spreadsheet_csv import read_csv

_FROM_SCORES = ("customer_id", "p_detractor", "nps_class", "expected_nps", "reasons_against", "reasons_for")
AT_RISK_COLUMNS = ("rank", *_FROM_SCORES)


def most_at_risk(scores: Path, n: int, *, barred: Collection[str] = ()) -> pd.DataFrame:
    """Return the `n` silent customers of the highest probability of being a detractor, columns `AT_RISK_COLUMNS`.

    Parameters
    ----------
    scores
        A folder that `silentnps score` wrote, of Parquet or CSV.
    n
        How many there are at most. Equal probabilities are in the order of the ids.
    barred
        Ids of customers who must not be approached.

    Notes
    -----
    Who answered is not listed: the answer is known. Probabilities have three decimals and `expected_nps` (points)
    one. Scores without probabilities, of a base that was never surveyed, give no list.
    """
    likeliest = pd.DataFrame(columns=list(_FROM_SCORES))
    for path in sorted(scores.glob("part-*")):
        part = _read(path)
        candidates = part[(part["source"] == "model") & part["p_detractor"].notna()]
        candidates = candidates[~candidates["customer_id"].isin(barred)][list(_FROM_SCORES)]
        both = candidates if likeliest.empty else pd.concat([likeliest, candidates])
        likeliest = both.sort_values(["p_detractor", "customer_id"], ascending=[False, True]).head(n)
    rounded = likeliest.astype({"p_detractor": float, "expected_nps": float}).round(
        {"p_detractor": 3, "expected_nps": 1}
    )
    rounded.insert(0, "rank", range(1, len(rounded) + 1))
    return rounded.reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    columns = ["source", *_FROM_SCORES]
    if path.suffix == ".parquet":
        return pd.read_parquet(path, columns=columns)
    return read_csv(path, text=("customer_id", "reasons_for", "reasons_against"))[columns]
