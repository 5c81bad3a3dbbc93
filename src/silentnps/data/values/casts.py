"""SQL that turns a user's column into a canonical kind, and says which of its values cannot be turned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from silentnps.data.values.ids import is_tidy_id
from silentnps.schema import MINOR_UNITS, Kind

Family = Literal["text", "tidy", "whole", "real", "boolean", "date", "instant", "local", "other"]
"""What DuckDB holds: `instant` is a timestamp with a zone, `local` one without; `tidy` texts are ids as is."""

AnyKind = Kind | Literal["date"]
"""The kinds of the schema, and `date` for attributes of customers."""

RULES: dict[AnyKind, str] = {
    "id": "an identifier (text or a number)",
    "time": "an ISO date or time such as 2025-03-31 14:05:00",
    "money": "an amount such as 1234.50, written in one way",
    "number": "a number such as 0.25",
    "integer": "a whole number",
    "text": "text",
    "currency": "a currency code of three letters such as EUR",
    "boolean": "true or false (or yes/no, 1/0)",
    "date": "an ISO date such as 2025-03-31",
}

_BLANKS = "' \t\r\n\u00a0'"
_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_LOCAL = _DAY + r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
_INSTANT = _LOCAL + r"( UTC| ?Z| ?[+-]\d{2}(:?\d{2})?)"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_PLAIN_WHOLE = r"-?(0|[1-9]\d{0,17})"
_CODE = "[A-Za-z]{3}"
_WHOLE_FLOAT = r"(0|[1-9]\d*)\.0+"
_PLAIN_NUMBER = r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?"


_MOST = (2**63 - 1) // MINOR_UNITS
_SMALL = 1_000_000_000


@dataclass(frozen=True)
class Cast:
    """One column's SQL: the canonical value, and the conditions of a bad row and of a time without zone."""

    value: str
    bad: str | None
    zoneless: str | None
    rule: str


def cast(raw: str, *, family: Family, kind: AnyKind, zone: str | None) -> Cast:
    """Return the SQL of one column; `raw` is its quoted name, `zone` that of times that name none themselves."""
    value = _CASTS[kind](raw, family, zone)
    never_bad = kind in ("id", "text") and family not in ("real", "other")
    zoneless = _zoneless(raw, family) if kind == "time" and zone is None else None
    return Cast(
        value=value,
        bad=None if never_bad else f"({_present(raw, family)}) AND ({value}) IS NULL",
        zoneless=zoneless,
        rule=RULES[kind],
    )


def family_of(sql_type: str) -> Family:
    """Return the family of a DuckDB type as DESCRIBE writes it."""
    if sql_type in _EXACT:
        return _EXACT[sql_type]
    if sql_type.endswith("]"):
        return "other"
    return _BY_STEM.get(sql_type.split("(")[0], "other")


def attribute_kind(family: Family) -> AnyKind:
    """Return the kind in which an attribute of customers passes when its type is known."""
    return _ATTRIBUTE_KINDS.get(family, "text")


def misfits(raw: str) -> dict[AnyKind, str]:
    """Return, for kinds from strict to loose, the SQL condition of a text that is not of the kind.

    Texts such as 01067 are no numbers: their leading zero means something.
    """
    text = clean_text(raw)
    return {
        "boolean": f"lower({text}) NOT IN ('true', 'false')",
        "integer": f"NOT {_matches(text, _PLAIN_WHOLE)}",
        "number": f"NOT {_matches(text, _PLAIN_NUMBER)}",
        "date": f"NOT {_matches(text, _DAY)} OR {text} IS NOT NULL AND TRY_CAST({text} AS DATE) IS NULL",
        "time": f"{text} IS NOT NULL AND ({_time(raw, 'text', 'UTC')}) IS NULL",
    }


def clean_text(raw: str) -> str:
    """Return SQL of a text without blanks around it, null if nothing is left."""
    return f"nullif(trim(CAST({raw} AS VARCHAR), {_BLANKS}), '')"


def _present(raw: str, family: Family) -> str:
    if family == "text":
        return f"{clean_text(raw)} IS NOT NULL"
    if family == "real":
        return f"{raw} IS NOT NULL AND NOT isnan(CAST({raw} AS DOUBLE))"
    return f"{raw} IS NOT NULL"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, '{pattern}')"


def _text(raw: str, family: Family, zone: str | None) -> str:
    if family == "text":
        return clean_text(raw)
    if family == "real":
        # A column of whole numbers with gaps often arrives as floats: 12.0 means 12.
        whole = f"CAST(TRY_CAST({raw} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {raw} = trunc({raw}) THEN {whole} ELSE CAST({raw} AS VARCHAR) END"
    return "NULL::VARCHAR" if family == "other" else f"CAST({raw} AS VARCHAR)"


def _id(raw: str, family: Family, zone: str | None) -> str:
    if family != "text":
        return _text(raw, family, zone)
    # Whole numbers with gaps also arrive as the text of floats; the suffix is looked for first as it is rare.
    text = clean_text(raw)
    return (
        f"CASE WHEN {is_tidy_id(raw)} THEN CAST({raw} AS VARCHAR)"
        f" WHEN ends_with({text}, '.0') AND {_matches(text, _WHOLE_FLOAT)}"
        f" THEN split_part({text}, '.', 1) ELSE {text} END"
    )


def _currency(raw: str, family: Family, zone: str | None) -> str:
    text = clean_text(raw)
    return f"CASE WHEN {_matches(text, _CODE)} THEN upper({text}) END" if family == "text" else "NULL::VARCHAR"


def _numeric(raw: str, family: Family, sql_type: str) -> str:
    if family == "text":
        text = clean_text(raw)
        return f"CASE WHEN {_matches(text, _NUMBER)} THEN TRY_CAST({text} AS {sql_type}) END"
    return f"TRY_CAST({raw} AS {sql_type})" if family in ("whole", "real") else f"NULL::{sql_type}"


def _number(raw: str, family: Family, zone: str | None) -> str:
    number = _numeric(raw, family, "DOUBLE")
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _integer(raw: str, family: Family, zone: str | None) -> str:
    if family == "whole":
        return f"TRY_CAST({raw} AS BIGINT)"
    number = _numeric(raw, family, "DOUBLE")
    return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"


def _money(raw: str, family: Family, zone: str | None) -> str:
    # Through decimals: 100 * 0.575 as floats is 57.49999999999999, and rounds the wrong way.
    exact = _in_minor_units(_numeric(raw, family, "DECIMAL(24, 6)"))
    if family == "whole":
        return f"CASE WHEN {raw} BETWEEN -{_MOST} AND {_MOST} THEN {MINOR_UNITS} * CAST({raw} AS BIGINT) END"
    if family == "real":  # small amounts by decimals of 64 bits: the same, and twenty times as fast
        small = _in_minor_units(f"CAST({raw} AS DECIMAL(18, 6))")
        return f"CASE WHEN abs({raw}) < {_SMALL} THEN {small} ELSE {exact} END"
    return exact


def _in_minor_units(exact: str) -> str:
    return f"TRY_CAST(round_even({MINOR_UNITS} * ({exact}), 0) AS BIGINT)"


def converted_money(raw: str, family: Family, *, rate: Decimal) -> str:
    """Return SQL of money in minor units of another currency, of which 1 is worth `rate`; half to even, exactly."""
    exact = _numeric(raw, family, "DECIMAL(24, 6)")
    factor = f"{(rate * MINOR_UNITS).normalize():f}"
    scale = len(factor.partition(".")[2])
    return f"TRY_CAST(round_even(({exact}) * CAST('{factor}' AS DECIMAL(14, {scale})), 0) AS BIGINT)"


def _boolean(raw: str, family: Family, zone: str | None) -> str:
    if family == "boolean":
        return raw
    if family in ("whole", "real"):
        return f"CASE {raw} WHEN 1 THEN true WHEN 0 THEN false END"
    if family == "text":
        word = f"lower({clean_text(raw)})"
        yes, no = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
        return f"CASE WHEN {word} IN {yes} THEN true WHEN {word} IN {no} THEN false END"
    return "NULL::BOOLEAN"


def _date(raw: str, family: Family, zone: str | None) -> str:
    if family == "text":
        return f"TRY_CAST({clean_text(raw)} AS DATE)"
    return f"CASE WHEN isfinite({raw}) THEN {raw} END" if family == "date" else "NULL::DATE"


def _time(raw: str, family: Family, zone: str | None) -> str:
    if family == "text":
        return _time_of_text(clean_text(raw), zone)
    sql = {
        "instant": _naive(raw),
        "local": _utc(f"CAST({raw} AS TIMESTAMP)", zone),
        "date": _end_of_day(raw, zone),
    }
    return f"CASE WHEN isfinite({raw}) THEN {sql[family]} END" if family in sql else "NULL::TIMESTAMP"


def _time_of_text(text: str, zone: str | None) -> str:
    # DuckDB takes no blank before an offset.
    joined = f"regexp_replace({text}, ' ([Z+-])', '\\1')"
    return (
        f"CASE WHEN {_matches(text, _DAY)} THEN {_end_of_day(f'TRY_CAST({text} AS DATE)', zone)}"
        f" WHEN {_matches(text, _LOCAL)} THEN {_utc(f'TRY_CAST({text} AS TIMESTAMP)', zone)}"
        f" WHEN {_matches(text, _INSTANT)} THEN {_naive(f'TRY_CAST({joined} AS TIMESTAMPTZ)')} END"
    )


def _end_of_day(day: str, zone: str | None) -> str:
    # The next day's first microsecond less one, since a day of 23 or 25 hours has its own length.
    return f"{_utc(f'({day} + INTERVAL 1 DAY)', zone)} - INTERVAL 1 MICROSECOND"


def _utc(local: str, zone: str | None) -> str:
    if zone is None:
        return "NULL::TIMESTAMP"
    return local if zone == "UTC" else _naive(f"timezone('{zone}', {local})")


def _naive(instant: str) -> str:
    """Return SQL of a moment in UTC without zone, ten times as fast as by the rules of zones."""
    return f"make_timestamp(epoch_us({instant}))"


def _zoneless(raw: str, family: Family) -> str | None:
    if family == "text":
        text = clean_text(raw)
        return f"{_matches(text, _DAY)} OR {_matches(text, _LOCAL)}"
    return f"{raw} IS NOT NULL" if family in ("local", "date") else None


_CASTS: dict[AnyKind, Callable[[str, Family, str | None], str]] = {
    "id": _id,
    "time": _time,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "text": _text,
    "currency": _currency,
    "boolean": _boolean,
    "date": _date,
}

_EXACT: dict[str, Family] = {
    "TIMESTAMP WITH TIME ZONE": "instant",
    "TIMESTAMP": "local",
    "TIMESTAMP_S": "local",
    "TIMESTAMP_MS": "local",
    "TIMESTAMP_NS": "local",
    "DATE": "date",
    "BOOLEAN": "boolean",
}

_BY_STEM: dict[str, Family] = {
    **dict.fromkeys(("VARCHAR", "ENUM", "UUID"), "text"),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "whole"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "whole"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "real"),
}

_ATTRIBUTE_KINDS: dict[Family, AnyKind] = {
    "whole": "integer",
    "real": "number",
    "boolean": "boolean",
    "date": "date",
    "instant": "time",
    "local": "time",
}
