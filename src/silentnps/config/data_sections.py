"""The sections on data: tables, waves, features and currencies."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from silentnps.config.scale import ScaleConfig
from silentnps.config.server_url import ServerUrl
from silentnps.config.values import Currency, Encoding, KeyName, LinkedColumn, Moment, Rate, Section, Setting

MOST_EMBARGO_HOURS = 10 * 366 * 24
"""Ten years."""

NO_PLACE = "no_place"
"""The type of the error of a table that is neither in files nor on a server."""


class RowsConfig(Section):
    """Where rows are: in files or on a server."""

    path: Path | None = None
    url: ServerUrl | None = None
    table: str | None = None
    encoding: Encoding | None = None

    @model_validator(mode="after")
    def _one_place(self) -> RowsConfig:
        if self.path is None and self.url is None:
            raise PydanticCustomError(NO_PLACE, "must have the key path or url")
        if self.path is not None and self.url is not None:
            raise ValueError("must have one of the keys path and url, and not both")
        return self

    @field_validator("path")
    @classmethod
    def _no_url(cls, path: Path | None) -> Path | None:
        if path is not None and re.match(r"[A-Za-z][\w+.-]+:/", str(path)):
            raise ValueError("must be that of files; write the URL of a server after the key `url`")
        return path


class PlaceConfig(RowsConfig):
    """Where rows are, and the user's names of their columns by the canonical names."""

    columns: dict[str, str] = Field(default_factory=dict)


class TableConfig(PlaceConfig):
    """The location of a canonical table and the names of its columns there.

    The rows are in files at `path` or on the server at `url`. `columns` maps canonical names to the user's names.
    `table` names a table of a server, or inside a DuckDB or SQLite file, or a sheet of a workbook; `encoding` is
    Python's name of the encoding of CSV files that are not UTF-8, such as windows-1252.
    `decimal` is the decimal sign and `day_first` the order of dates such as 03/04/2025, where the values leave it
    open. `text` lists attributes that are names although they look like numbers. `scale` is that of the ratings of
    responses or follow_up. `max_unmatched_share` is the share of rows that may match no customer before work
    stops; by default 0.03 of responses, invitations and follow_up, 0.5 of other tables. `identified_by` names the
    key, such as email, whose values the table's customer_id holds in place of the customers' own ids. `preset`
    names the export of another program that the file is; `question` is the one that its ratings answer, where a
    file has the answers to several. `joined` are the further files of an export that is several, by the names that
    the preset gives them: each a path, or a place of its own; one with nothing but a `table` is where the first is.
    """

    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None
    text: tuple[str, ...] = ()
    scale: ScaleConfig | None = None
    max_unmatched_share: float | None = Field(default=None, ge=0, le=1)
    identified_by: KeyName | None = None
    preset: str | None = None
    question: Setting | None = None
    joined: dict[str, RowsConfig] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _places(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(values.get("joined"), dict):
            return values
        where = {key: values[key] for key in ("path", "url") if key in values}
        return {**values, "joined": {name: _place(place, where) for name, place in values["joined"].items()}}


def _place(place: Any, where: dict[str, Any]) -> Any:
    if isinstance(place, str | Path):
        return {"path": place}
    inside = isinstance(place, dict) and "table" in place and not {"path", "url"} & set(place)
    return {**where, **place} if inside else place


class WavesConfig(Section):
    """How answers are grouped into survey waves.

    `period` cuts the calendar; `dates` are explicit starts of waves (each lasts until the next); neither
    means one wave. Both are in the project's `timezone`, except dates with a zone of their own. `embargo_hours` is
    how long before an answer the customer's features are taken when invitations are not recorded. Customers
    without responses and invitations get their features at the last of `dates`. `repeats` says which of several
    answers of a customer in one wave counts, the `latest` or the `first`, or that there must be none (`refuse`).
    """

    period: Literal["month", "quarter", "year"] | None = None
    dates: tuple[Moment, ...] = ()
    embargo_hours: float = Field(default=24.0, ge=0, le=MOST_EMBARGO_HOURS)
    repeats: Literal["latest", "first", "refuse"] = "latest"

    @field_validator("repeats", mode="before")
    @classmethod
    def _no_mean(cls, repeats: object) -> object:
        if repeats == "mean":
            raise ValueError("must be latest, first or refuse: the mean of a 10 and a 4 is a passive who never was")
        return repeats


class FeaturesConfig(Section):
    """Roles that override those of the catalogue; undeclared attributes of customers are response drivers.

    `higher_is_better` says for `csat` and `ces`, where responses have these columns, whether higher is better.
    `exclude` leaves out features, and learned features that are computed from them. `include` keeps attributes that
    would be left out as personal or near-unique, and does not pool their rare levels. Customers are compared with
    those of the same `percentile_segment`, a column of customers, else with the whole base. `allow_leaks` names
    features that the training's leak audit lets pass whatever it finds. `actionable` lists attributes that the
    business can change; for other features the catalogue says so.
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
    """The currency into which amounts are converted, and the value in it of one unit of each other currency.

    A row with an amount but no currency is set aside.
    """

    to: Currency
    rates: dict[Currency, Rate] = Field(default_factory=dict)

    @field_validator("rates")
    @classmethod
    def _own_rate_is_one(cls, rates: dict[str, Decimal], info: ValidationInfo) -> dict[str, Decimal]:
        if rates.get(info.data.get("to", ""), Decimal(1)) != 1:
            raise ValueError(f"the rate of {info.data['to']} in itself must be 1")
        return rates


class LinkConfig(PlaceConfig):
    """A file that holds several keys of customers, such as customer_id and email, and the names of its columns."""

    columns: dict[LinkedColumn, str] = Field(default_factory=dict)


class IdentityConfig(Section):
    """How the keys of a customer that tables are `identified_by` are compared, and where else they are linked.

    `forms` says of a key whether its values are compared as e-mail addresses, without case and blanks, or as ids;
    keys with `mail` in their name are e-mail addresses by default. With `plus_addressing` ann+shop@example.com is
    ann@example.com. `links` are files that hold two or more keys.
    """

    forms: dict[KeyName, Literal["email", "id"]] = Field(default_factory=dict)
    plus_addressing: bool = False
    links: tuple[LinkConfig, ...] = ()
