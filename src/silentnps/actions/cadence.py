"""The day on which to contact a customer: at once, or at the next step after the last order, by a cadence."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Floats

_STEPS = {
    "2-2-2": (pd.DateOffset(days=2), pd.DateOffset(weeks=2), pd.DateOffset(months=2)),
    "3-3-3": (pd.DateOffset(days=3), pd.DateOffset(weeks=3), pd.DateOffset(months=3)),
}
_SATURDAY = 5


def contact_dates(cadences: pd.Series, days_since_order: Floats, on: date, *, weekends: bool = False) -> list[date]:
    """Return the day of contact of each customer, `on` or later.

    By 2-2-2 it is 2 days, 2 weeks or 2 months after the last order, whichever is next; by 3-3-3 it is 3 days, 3
    weeks or 3 months. Where all have passed, no order is known, or the cadence is `at once`, it is `on`.

    Parameters
    ----------
    cadences
        Of the rule of each customer.
    days_since_order
        Days from the last order to `on`, shape (n,); NaN where there is none.
    weekends
        Whether Saturdays and Sundays count; otherwise the Monday after them takes their place.

    Examples
    --------
    >>> contact_dates(pd.Series(["2-2-2", "at once"]), np.array([10.0, 10.0]), date(2025, 7, 1))
    [datetime.date(2025, 7, 7), datetime.date(2025, 7, 1)]
    """
    days = (_next_step(str(cadence), since, on) for cadence, since in zip(cadences, days_since_order, strict=True))
    return [day if weekends else _working_day(day) for day in days]


def _next_step(cadence: str, days_since_order: float, on: date) -> date:
    if cadence not in _STEPS or np.isnan(days_since_order):
        return on
    today = pd.Timestamp(on)
    ordered = today - pd.Timedelta(days=int(days_since_order))
    steps = [ordered + step for step in _STEPS[cadence]]
    return min((step.date() for step in steps if step >= today), default=on)


def _working_day(day: date) -> date:
    ahead = max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0
    return (pd.Timestamp(day) + pd.Timedelta(days=ahead)).date()
