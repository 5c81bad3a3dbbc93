"""The currencies of amounts: which there are, and what only a person can say of them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from silentnps.data.files.names import listed, quoted
from silentnps.workflow.onboarding.looked import Found, Looked
from silentnps.workflow.onboarding.meanings import COLUMN_WORDS, resemblance

CURRENCY = "currency"
_LETTERS = 3
_WITH_AMOUNTS = {"orders": "amount", "returns": "refund_amount"}


def currencies_of(looked: Looked) -> list[str]:
    """Return the currencies of all amounts, in alphabetical order; none where no column names any."""
    columns = [found.mapped[CURRENCY] for found in _tables(looked) if CURRENCY in found.mapped]
    return sorted({level.strip().upper() for column in columns for level in column.levels})


def is_currency(text: str) -> bool:
    """Return whether a text may be the code of a currency.

    >>> is_currency("EUR"), is_currency("euro")
    (True, False)
    """
    return len(text) == _LETTERS and text.isascii() and text.isalpha() and text.isupper()


def rate_of(text: str) -> Decimal | None:
    """Return a rate that was typed; None if it is none.

    >>> rate_of("0.92"), rate_of("-1"), rate_of("one")
    (Decimal('0.92'), None, None)
    """
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and rate > 0 else None


def unread_currencies(looked: Looked) -> list[str]:
    """Return a sentence on each column that is named like one of currencies, but has no codes of them."""
    return [
        f"currency: {found.sample.label} has the column {quoted(name)}, whose values are no codes such as EUR;"
        " it is not used, and all its amounts count as one currency"
        for found in _tables(looked)
        if CURRENCY not in found.fit.columns
        for name in found.columns
        if name not in found.fit.columns.values() and resemblance(name, CURRENCY, COLUMN_WORDS[CURRENCY])
    ]


def where_currencies_are(looked: Looked) -> str:
    """Return the columns that name currencies, in words."""
    return listed(
        f"{found.sample.label}: {found.fit.columns[CURRENCY]}"
        for found in _tables(looked)
        if CURRENCY in found.fit.columns
    )


def _tables(looked: Looked) -> list[Found]:
    return [
        looked.tables[name]
        for name, amount in _WITH_AMOUNTS.items()
        if name in looked.tables and amount in looked.tables[name].fit.columns
    ]
