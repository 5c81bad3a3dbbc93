"""The canonical tables: the columns that silentnps knows, their kinds, and which of them are required."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "time", "money", "number", "integer", "text", "boolean", "currency"]

MINOR_UNITS = 100
"""Money is stored as integers of 1/100 of its currency, so that sums are the same in every run."""

KNOWN_AT = "known_at"
"""The time since which the values of a row have been known, in tables whose rows may be updated later."""

ROW_ID = "row_id"
"""The optional key of tables that have no key of their own."""

RATED_BY_CLASS = "rated_by_class"
"""A column of answers given as classes: their `rating` represents the class and is not a number to compute with."""

KEY_MATCH = "key_match"
"""A column of tables that another key than the customers' ids identifies: `one`, `none` or `several` customers.

It says to how many customers the key of a row belongs, and is null where the row has no key.
"""

FILE_ROW = "silentnps_row"
"""The 1-based position of a row in the user's file, in tables of which a preset kept some rows or that a lookup of
keys may have put in another order."""


@dataclass(frozen=True)
class Column:
    """One canonical column; `low` and `high` are inclusive bounds of valid values."""

    name: str
    kind: Kind
    required: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """One canonical table; `clock` is the time column that says when a row became known.

    `key` identifies a row. In a table without a key, `natural_key` identifies the rows that are versions of each
    other.
    """

    name: str
    columns: tuple[Column, ...]
    clock: str | None = None
    key: tuple[str, ...] = ()
    natural_key: tuple[str, ...] = ()
    extra_columns: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the columns without which the table cannot be used."""
        return tuple(column.name for column in self.columns if column.required)

    def key_in(self, columns: Collection[str]) -> tuple[str, ...]:
        """Return the key of a table with these columns: its own, else `row_id` if it is among them, else none."""
        return self.key or ((ROW_ID,) if ROW_ID in columns else ())

    def kind_of(self, name: str) -> Kind | None:
        """Return the kind of a canonical column, or None for a column that is not in the schema."""
        return next((column.kind for column in self.columns if column.name == name), None)


def _id(name: str, *, required: bool = False) -> Column:
    return Column(name, "id", required)


def _time(name: str, *, required: bool = False) -> Column:
    return Column(name, "time", required)


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


CUSTOMER = _id("customer_id", required=True)
_KNOWN_AT = _time(KNOWN_AT)
_ROW_ID = _id(ROW_ID)
_CURRENCY = Column("currency", "currency")

_ALL = (
    Table(
        "customers",
        (CUSTOMER, _time("signed_up_at"), Column("opted_out", "boolean")),
        key=("customer_id",),
        extra_columns=True,
    ),
    Table(
        "responses",
        (
            CUSTOMER,
            _time("responded_at", required=True),
            Column("rating", "integer", required=True, low=0, high=10),
            _time("invited_at"),
            *_text("survey_id", "survey_type", "channel", "tags", "associate_id", "comment"),
            Column("duration_seconds", "number", low=0),
            Column("csat", "number"),
            Column("ces", "number"),
            _KNOWN_AT,
        ),
        clock="responded_at",
        natural_key=("customer_id", "responded_at"),
    ),
    Table(
        "invitations",
        (
            CUSTOMER,
            _time("invited_at", required=True),
            *_text("survey_id", "survey_type", "channel", "tags"),
            Column("reminders", "integer", low=0),
        ),
        clock="invited_at",
    ),
    Table(
        "follow_up",
        (
            CUSTOMER,
            _time("called_at", required=True),
            Column("rating", "integer", low=0, high=10),
            *_text("survey_id"),
        ),
        clock="called_at",
    ),
    Table(
        "orders",
        (
            _id("order_id", required=True),
            CUSTOMER,
            _time("ordered_at", required=True),
            Column("amount", "money", required=True, low=0),
            Column("discount", "money", low=0),
            *_text("channel", "store_id"),
            _time("promised_at"),
            _time("fulfilled_at"),
            _time("delivered_at"),
            Column("items", "integer", low=0),
            *_text("category"),
            _CURRENCY,
            _KNOWN_AT,
        ),
        clock="ordered_at",
        key=("order_id",),
    ),
    Table(
        "returns",
        (
            CUSTOMER,
            _time("returned_at", required=True),
            _id("order_id"),
            Column("refund_amount", "money", low=0),
            *_text("reason"),
            _CURRENCY,
            _KNOWN_AT,
            _ROW_ID,
        ),
        clock="returned_at",
        natural_key=("customer_id", "returned_at", "order_id"),
    ),
    Table(
        "outreach",
        (
            CUSTOMER,
            _time("sent_at", required=True),
            *_text("channel"),
            _time("replied_at"),
            *_text("associate_id"),
            _KNOWN_AT,
            _ROW_ID,
        ),
        clock="sent_at",
        natural_key=("customer_id", "sent_at", "channel"),
    ),
    Table(
        "support",
        (
            CUSTOMER,
            _time("opened_at", required=True),
            *_text("category"),
            _time("first_response_at"),
            _time("closed_at"),
            Column("escalated", "boolean"),
            _KNOWN_AT,
            _ROW_ID,
        ),
        clock="opened_at",
        natural_key=("customer_id", "opened_at"),
    ),
    Table(
        "referrals",
        (CUSTOMER, _time("referred_at", required=True), _time("converted_at"), _KNOWN_AT, _ROW_ID),
        clock="referred_at",
        natural_key=("customer_id", "referred_at"),
    ),
    Table(
        "engagement",
        (CUSTOMER, _time("occurred_at", required=True), *_text("kind"), _KNOWN_AT, _ROW_ID),
        clock="occurred_at",
        natural_key=("customer_id", "occurred_at", "kind"),
    ),
    Table(
        "campaigns",
        (
            _id("campaign_id", required=True),
            _time("starts_at", required=True),
            _time("ends_at"),
            _id("customer_id"),
        ),
        clock="starts_at",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""Every canonical table by name, in the order of the documentation."""

RENAMED_TABLES = {"followup": "follow_up"}
"""The present names of tables by their former ones."""

NEVER_EMPTY = ("customers", "responses")
"""Tables that must have rows; any other may be empty, when there were no such events."""

PLANNED = ("promised_at", "starts_at", "ends_at")
"""Times that are planned: they may lie in the future, and are known from the start."""

HAPPENED = ("fulfilled_at", "delivered_at", "replied_at", "first_response_at", "closed_at", "converted_at")
"""Times of what may happen to a row later: null says that it has not. One before the row's own clock is no time.

It stays in its column and marks that nobody knows whether and when it has happened, which null would not say.
"""

NPS_CLASSES = ("detractor", "passive", "promoter")
"""The three classes, in the order that is used everywhere."""
