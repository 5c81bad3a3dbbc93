"""Types of values shared by the sections of a configuration."""

from __future__ import annotations

import codecs
import difflib
import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from silentnps.schema import TABLES


def _code(currency: str) -> str:
    if re.fullmatch("[A-Z]{3}", currency) is None:
        raise ValueError("must be a code of three capital letters such as EUR")
    return currency


Currency = Annotated[str, AfterValidator(_code)]

Rate = Annotated[Decimal, Field(gt=0, max_digits=12)]
"""The value of one unit of a currency in another; few enough digits for exact products with amounts."""


def _setting(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Setting = Annotated[str, BeforeValidator(_setting)]
"""A text; YAML numbers, true and false need no quotes."""


def _moment(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError("must be a date such as 2025-07-01, or a moment")
    return value


def within_calendar(moment: datetime) -> datetime:
    """Return the moment; ValueError if it is too near the ends of the calendar for times before and after it."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"must be between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment


_FIRST_YEAR, _LAST_YEAR = 1900, 2200

Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(within_calendar)]
"""A date or a moment between 1900 and 2200; numbers are refused."""


def _encoding(name: str) -> str:
    try:
        "a".encode(codecs.lookup(name).name)
    except (LookupError, ValueError, TypeError):
        raise ValueError("must be an encoding of text such as windows-1252 or utf-16") from None
    return name


Encoding = Annotated[str, AfterValidator(_encoding)]
"""An encoding of text that Python knows."""


_OF_ORDERS = "order_id"
"""The canonical column that is a key of customers too: an order has one customer."""


def _key_name(name: str) -> str:
    taken = {column.name for table in TABLES.values() for column in table.columns} - {_OF_ORDERS}
    if re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name) is None:
        raise ValueError("must be letters, digits and '_', a letter first, such as email")
    if name in taken:
        raise ValueError("must be a name like email, which is no canonical column")
    return name


KeyName = Annotated[str, AfterValidator(_key_name)]
"""The name of a key of customers that is not their own id."""

CUSTOMER_ID = "customer_id"

LinkedColumn = Annotated[str, AfterValidator(lambda name: name if name == CUSTOMER_ID else _key_name(name))]
"""The name of a column of a file of links: a key of customers, or their own id."""


class Section(BaseModel):
    """A mapping in the YAML file: unknown keys are refused, and numbers must be finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def did_you_mean(name: str, known: list[str]) -> str:
    """Return a hint with the closest known name; empty if none is close."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
