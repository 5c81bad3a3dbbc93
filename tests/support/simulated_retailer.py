"""A small simulated retailer for tests, and its tables as data frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.simulation.simulate import simulate

CUSTOMERS = 3_000
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Retailer:
    folder: Path

    def __getitem__(self, table: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{table}.parquet")


def make(folder: Path, **options: Any) -> Retailer:
    simulate(folder, **({"customers": CUSTOMERS} | options))
    return Retailer(folder)
