"""The scores as written, read for lists and for other systems."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from silentnps.storage.spreadsheet_csv import read_csv

_TEXTS = ("customer_id", "wave", "source", "nps_class", "nps_band", "reasons_for", "reasons_against")
_NUMBERS = ("p_detractor", "p_passive", "p_promoter", "expected_nps")
SCORED = (*_TEXTS, *_NUMBERS, "as_of")
"""Columns of the scores that actions read; `as_of` without a zone, in UTC."""


def read_scored(folder: Path, *, without: Collection[str] = ()) -> pd.DataFrame:
    """Return the scores in a folder that `silentnps score` wrote, columns `SCORED`, without some customers.

    Raises
    ------
    OSError, ValueError, KeyError
        If they are missing or damaged.
    """
    paths = sorted(folder.glob("part-*"))
    if not paths:
        raise FileNotFoundError(folder)
    frame = pd.concat([_read(path) for path in paths], ignore_index=True)
    frame["as_of"] = pd.to_datetime(frame["as_of"], utc=True).dt.tz_localize(None)
    for name in _TEXTS:
        frame[name] = frame[name].astype("object").where(frame[name].notna(), "")
    for name in _NUMBERS:
        frame[name] = frame[name].astype("float64")
    return frame[~frame["customer_id"].isin(without)].reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path, columns=list(SCORED))
    return read_csv(path, text=_TEXTS)[list(SCORED)]
