"""What customers did before and after their moments, from the tables of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.data.checking.versions import latest
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.schema import TABLES
from silentnps.workflow.checked_tables import read_clean

Moments = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Events:
    """The events of a table, by customer and time.

    `moments` are all different times in order; `places` has the place of each event's time among them, and `keys`
    orders events by the code of the customer and then by it.
    """

    moments: Moments
    codes: Integers
    places: Integers
    keys: Integers

    @staticmethod
    def of(codes: Integers, times: Moments) -> Events:
        """Sort events; `codes` are of the customers, shape (n,) both, and there is one event or more.

        Examples
        --------
        >>> days = np.array(["2025-01-01", "2025-01-03", "2025-01-03"], dtype="datetime64[us]")
        >>> events = Events.of(np.array([1, 0, 1]), days)
        >>> events.between(np.array([0, 1]), days[[1, 0]], days[[1, 1]] + np.timedelta64(1, "D")).tolist()
        [1, 2]
        """
        moments, places = np.unique(times, return_inverse=True)
        order = np.lexsort((places, codes))
        keys = codes[order] * (len(moments) + 1) + places[order]
        return Events(moments, codes[order], places[order], keys)

    def _below(self, codes: Integers, moments: Moments) -> Integers:
        """Return how many events come before each customer's moment in the order of the events."""
        places = np.searchsorted(self.moments, moments, side="left")
        return np.searchsorted(self.keys, codes * (len(self.moments) + 1) + places, side="left")

    def between(self, codes: Integers, first: Moments, end: Moments) -> Integers:
        """Return how many events each customer has from `first` on and before `end`."""
        return self._below(codes, end) - self._below(codes, first)

    def days_since(self, codes: Integers, moments: Moments) -> Floats:
        """Return the days from each customer's last event before a moment to it; NaN without one."""
        last = self._below(codes, moments) - 1
        known = (last >= 0) & (self.codes[np.maximum(last, 0)] == codes)
        days = (moments - self.moments[self.places[np.maximum(last, 0)]]) / np.timedelta64(1, "D")
        return np.where(known, days, np.nan)

    def covers(self, first: Moments, end: Moments) -> Booleans:
        """Return which spans lie between the first event of the table and the last."""
        return np.asarray((first >= self.moments[0]) & (end <= self.moments[-1]))


def read_events(config: ProjectConfig, name: str, ids: pd.Index) -> Events | None:
    """Return the events of customers, coded by their places in `ids`; None where the tables have none."""
    if name not in config.tables:
        return None
    table = latest(name, read_clean(config, name)[name])
    frame: pd.DataFrame = table.select("customer_id", at=table[str(TABLES[name].clock)]).to_pandas()
    codes = ids.get_indexer(pd.Index(frame["customer_id"])).astype(np.int64)
    known = (codes >= 0) & frame["at"].notna().to_numpy()
    if not known.any():
        return None
    return Events.of(codes[known], as_moments(frame["at"][known]))


def as_moments(column: pd.Series) -> Moments:
    """Return times in UTC, without a zone, in microseconds."""
    times = pd.to_datetime(column)
    if times.dt.tz is not None:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return times.to_numpy(dtype="datetime64[us]")
