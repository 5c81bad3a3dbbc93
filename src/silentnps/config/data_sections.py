"""The sections on data: tables, waves, features and currencies."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from silentnps.config.scale import ScaleConfig
from silentnps.config.values import Currency, Encoding, Moment, Rate, Section

MOST_EMBARGO_HOURS = 10 * 366 * 24
"""Ten years."""


class TableConfig(Section):
    """Where a canonical table is and what its columns are called there.

    `columns` maps canonical names to the user's names. `table` names a table inside a DuckDB file, and `encoding`
    the encoding of CSV files that are not UTF-8, as Python calls it, such as windows-1252.
    `decimal` is the sign of decimals and `day_first` the order of dates such as 03/04/2025, where the values leave
    it open. `text` are attributes that are names though they look like numbers. `scale` is that of the ratings of
    responses or follow_up. `max_unmatched_share` is the share of rows that may be of no customer before the work
    stops; by default 0.03 of responses, invitations and follow_up, 0.5 of other tables.
    """

    path: Path
    table: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    encoding: Encoding | None = None
    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None
    text: tuple[str, ...] = ()
    scale: ScaleConfig | None = None
    max_unmatched_share: float | None = Field(default=None, ge=0, le=1)


class WavesConfig(Section):
    """How answers are gathered into survey waves.

    `period` cuts the calendar; `dates` are explicit starts of waves (each lasts to the next); neither means
    one wave. Both are times of the project's `timezone`, but for dates with a zone of their own. `embargo_hours` is
    how long before an answer the features of its customer are taken when invitations are not recorded. Without
    responses and invitations the features are those at the last of `dates`.
    """

    period: Literal["month", "quarter", "year"] | None = None
    dates: tuple[Moment, ...] = ()
    embargo_hours: float = Field(default=24.0, ge=0, le=MOST_EMBARGO_HOURS)


class FeaturesConfig(Section):
    """Roles declared over the catalogue's; attributes of customers that nobody declares are response drivers.

    `higher_is_better` says for each of `csat` and `ces` among the columns of responses whether more is better.
    `exclude` leaves features out, and with one that a learned feature is computed from also that. `include` brings
    attributes back that would be left out as personal or near-unique, and keeps their rare levels apart. Customers
    are compared with those of equal `percentile_segment`, a column of customers, else with the whole base.
    `allow_leaks` names features that the leak audit of the training lets pass whatever it finds. `actionable` are
    attributes that one can do something about; of other features the catalogue says so.
    """

    response_drivers: tuple[str, ...] = ()
    shadow_features: tuple[str, ...] = ()
    neither: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    higher_is_better: dict[str, bool] = Field(default_factory=dict)
    percentile_segment: str | None = None
    allow_leaks: tuple[str, ...] = ()
    actionable: tuple[str, ...] = ()


class CurrenciesConfig(Section):
    """The currency into which amounts are converted, and the worth of 1 of each other currency in it.

    A row with an amount and without currency is set aside.
    """

    to: Currency
    rates: dict[Currency, Rate] = Field(default_factory=dict)

    @field_validator("rates")
    @classmethod
    def _none_of_its_own(cls, rates: dict[str, Decimal], info: ValidationInfo) -> dict[str, Decimal]:
        if rates.get(info.data.get("to", ""), Decimal(1)) != 1:
            raise ValueError(f"the rate of {info.data['to']} in itself must be 1")
        return rates
