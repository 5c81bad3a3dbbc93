"""The simulated truth beside the tables of a simulated retailer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.schema import NPS_CLASSES

FILE = "truth.parquet"
"""What `silentnps simulate` writes beside its tables."""

_COLUMNS = ["customer_id", "wave", "nps_class", "answered"]


def read_truth(config: ProjectConfig, frame: pd.DataFrame) -> Floats | None:
    """Return what each row's customer really adds to NPS in its wave, NaN where unknown; None without a truth."""
    place = config.tables["customers"].path
    path = None if place is None else place.parent / FILE
    if path is None or not path.is_file():
        return None
    try:
        table = pd.read_parquet(path, columns=_COLUMNS)
    except (OSError, ValueError):  # a file of that name which is none of a simulation
        return None
    values = dict(zip(NPS_CLASSES, CLASS_VALUES.tolist(), strict=True))
    value = table["nps_class"].astype(str).map(values)
    known = pd.Series(value.to_numpy(), index=pd.MultiIndex.from_frame(table[["customer_id", "wave"]].astype(str)))
    rows = pd.MultiIndex.from_frame(frame[["customer_id", "wave"]].astype(str))
    return known[~known.index.duplicated()].reindex(rows).to_numpy(dtype=np.float64)


def mean_truth(truth: Floats | None, rows: Booleans) -> float:
    """Return the true NPS of chosen rows; NaN if it is not known of all of them."""
    return float("nan") if truth is None or not rows.any() else float(truth[rows].mean())
