"""Amounts that an export writes as whole numbers of the smallest unit of their currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from silentnps.data.exports.columns import Found
from silentnps.data.exports.preset import MinorUnits
from silentnps.data.exports.rows import Condition, text
from silentnps.data.opening.scan import literal
from silentnps.errors import DataError

_CURRENCY = "currency"
_USUAL = 2
_WHOLE = "a whole number in the smallest unit of its currency"
_NAMED = "that of the amount, whose unit it tells"


def in_major_units(amount: str, currency: str, units: MinorUnits) -> str:
    """Return SQL of an amount such as 12.50 that is written as 1250; null where it is no whole number.

    Examples
    --------
    >>> import duckdb
    >>> units = MinorUnits(amounts=("amount",), decimals={0: ("jpy",)})
    >>> rows = "(VALUES (1250, 'JPY'), (1250, 'EUR')) AS charges (amount, currency)"
    >>> sql = f"SELECT {in_major_units('amount', 'currency', units)} FROM {rows}"
    >>> [float(amount) for (amount,) in duckdb.sql(sql).fetchall()]
    [1250.0, 12.5]
    """
    number = f"TRY_CAST({text(amount)} AS DECIMAL(24, 6))"
    cases = " ".join(
        f"WHEN {text(currency)} IN ({', '.join(literal(code.lower()) for code in codes)}) THEN {_unit(places)}"
        for places, codes in sorted(units.decimals.items())
    )
    unit = f"CASE {cases} ELSE {_unit(_USUAL)} END" if cases else _unit(_USUAL)
    return f"CAST({number} * {unit} AS DECIMAL(30, 6))"


def unit_rules(units: MinorUnits | None, used: Mapping[str, Found]) -> Iterator[Condition]:
    """Yield what must hold of amounts in minor units among the canonical columns: whole, and with a currency."""
    amounts = _amounts(units, used)
    for found in amounts:
        value = text(found.sql)
        yield Condition(f"coalesce(NOT regexp_full_match({value}, '-?\\d+'), false)", found.name, _WHOLE)
    if amounts:
        yield Condition(f"{text(used[_CURRENCY].sql)} IS NULL", used[_CURRENCY].name, _NAMED)


def refuse_without_currency(source: str, table: str, units: MinorUnits | None, used: Mapping[str, Found]) -> None:
    """Refuse amounts in minor units without a column of currencies: nobody knows how large the unit is.

    Raises
    ------
    DataError
        If there is no such column.
    """
    amounts = _amounts(units, used)
    if amounts and _CURRENCY not in used:
        raise DataError(
            f"{source} must have a column of currencies, as {amounts[0].name!r} is in the smallest unit of one; got"
            f" none. Name it in the configuration: tables.{table}.columns: {{currency: its name in the file}}."
        )


def _amounts(units: MinorUnits | None, used: Mapping[str, Found]) -> list[Found]:
    return [] if units is None else [used[name] for name in units.amounts if name in used]


def _unit(places: int) -> str:
    return f"CAST({literal(str(Decimal(1).scaleb(-places)))} AS DECIMAL(7, 6))"
