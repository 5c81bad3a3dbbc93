"""Amounts in several currencies: refused, or converted by declared rates."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from silentnps.config import CurrenciesConfig
from silentnps.data.opening.scan import literal
from silentnps.data.values.casts import Family, converted_money
from silentnps.errors import ConfigError
from silentnps.schema import Table

CURRENCY = "currency"


def has_money(table: Table, names: Collection[str]) -> bool:
    """Return whether a table that can name currencies has amounts; `names` are the columns it has."""
    return table.kind_of(CURRENCY) == "currency" and any(table.kind_of(name) == "money" for name in names)


def refuse_nameless(source: str, table: Table, names: Collection[str], declared: CurrenciesConfig | None) -> None:
    """Refuse a table of amounts without a currency column where `currencies` is declared."""
    if declared is not None and CURRENCY not in names and has_money(table, names):
        raise ConfigError(
            f"{source} must have the column 'currency' where `currencies` is declared; got none."
            f" Map it in the configuration: tables.{table.name}.columns: {{currency: its name in the file}}."
        )


def refuse_unknown_rates(by_table: Mapping[str, set[str]], declared: CurrenciesConfig | None) -> None:
    """Refuse currencies that cannot be added up; `by_table` holds those of each table."""
    codes = sorted(set().union(*by_table.values()))
    if declared is None:
        if len(codes) > 1:
            where = " and ".join(name for name in by_table if by_table[name])
            example = f"{{to: {codes[0]}, rates: {{{codes[1]}: 1.25}}}}"
            raise ConfigError(
                f"the amounts of {where} must be in one currency, or `currencies` be declared; got"
                f" {_listed(codes)}. Add the rates, such as `currencies: {example}`."
            )
        return
    missing = [code for code in codes if code != declared.to and code not in declared.rates]
    if missing:
        raise ConfigError(
            f"currencies.rates must have every currency of the tables; got none for {_listed(missing)}."
            f" Add what 1 {missing[0]} is worth in {declared.to}."
        )


def converted(raw: str, family: Family, *, value: str, currency: str, declared: CurrenciesConfig) -> str:
    """Return SQL of an amount in minor units of `declared.to`.

    `value` is the SQL of the amount in its own currency, `currency` that of the code; the checks set
    rows without a code aside.
    """
    cases = [
        f"WHEN {literal(code)} THEN {converted_money(raw, family, rate=rate)}"
        for code, rate in sorted(declared.rates.items())
        if code != declared.to
    ]
    return f"CASE {currency} {' '.join(cases)} ELSE {value} END" if cases else value


def _listed(codes: list[str]) -> str:
    return ", ".join(codes[:10]) + (f" and {len(codes) - 10} more" if len(codes) > 10 else "")
