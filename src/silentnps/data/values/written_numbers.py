"""Numbers as people's tools write them: grouped thousands, a decimal comma, currency or per cent signs, brackets.

A column is read in one way: with one sign of decimals, and one currency or per cent sign or none. What could be
read in two ways is left to a declaration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from silentnps.data.values.casts import clean_text
from silentnps.data.values.markers import let

Decimal = Literal[".", ","]

_SIGNS = "€$£¥₹₽₺₩₪฿₫₴₦¢"
_CODES = (
    *("AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP"),
    *("HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KRW", "KZT", "MAD", "MXN", "MYR", "NOK", "NZD", "PEN"),
    *("PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD"),
    *("VND", "ZAR"),
)
_OTHERS = (r"R\$", r"US\$", r"A\$", r"C\$", r"kr\.?", "zł", "Kč", "Ft", r"Fr\.", "lei", "TL", "Rs\\.?")
_CURRENCY = "|".join((*_OTHERS, *_CODES, *(code.lower() for code in _CODES), f"[{_SIGNS}]"))
_WRITTEN = (
    rf"^(\(?) ?([+-]?) ?({_CURRENCY}|) ?([+-]?) ?([0-9.,' ]*[0-9][0-9.,']*?)([eE][+-]?[0-9]+|)"
    rf" ?({_CURRENCY}|%|) ?(-?)(\)?)$"
)
_PARTS = ("opened", "sign", "before", "inner", "digits", "power", "after", "trailing", "closed")
_BLANKS = "\u00a0\u202f\u2009\u2007"
_GROUPED = "[1-9][0-9]{0,2}(%s[0-9]{3})+"
_INDIAN = "[1-9][0-9]?(,[0-9]{2})+,[0-9]{3}"
_BODY: dict[Decimal, str] = {
    ".": rf"([0-9]+|{_GROUPED % ','}|{_INDIAN}|{_GROUPED % '[ ]'}|{_GROUPED % chr(39)})(\.[0-9]*)?|\.[0-9]+",
    ",": rf"([0-9]+|{_GROUPED % '[.]'}|{_GROUPED % '[ ]'}|{_GROUPED % chr(39)})(,[0-9]*)?|,[0-9]+",
}

_PARTS_OF = "regexp_extract(snps_t, '{}', [{}])".format(
    _WRITTEN.replace("'", "''"), ", ".join(f"'{name}'" for name in _PARTS)
)
_IS_WHOLE = (  # brackets are a pair; a plus before groups begins a phone number
    "snps_p.digits <> '' AND (snps_p.opened = '') = (snps_p.closed = '')"
    " AND NOT (snps_p.sign = '+' AND contains(snps_p.digits, ' '))"
)
_LONGEST = 60

NO_NUMBER = "?"
"""What is written in place of a text that is no number in the way of its column; no cast takes it."""


@dataclass(frozen=True)
class Way:
    """How the numbers of a column are written: the sign of decimals, and the currency or per cent sign or none."""

    decimal: Decimal
    affix: str = ""

    def __str__(self) -> str:
        grouping = "," if self.decimal == "." else "."
        words = (
            f"with '{self.decimal}' as the sign of decimals and '{grouping}', blank or apostrophe between thousands"
        )
        return f"{words}, without the sign {self.affix}" if self.affix else words


@dataclass(frozen=True)
class Numbers:
    """What the texts of a column are as numbers: how many are, in the best way, and whether it is beyond doubt."""

    way: Way
    n_fit: int
    ambiguous: bool
    codes: bool
    """Whether whole numbers begin with a zero, which means something: they are names."""
    bare: bool
    """Whether all of them are nothing but digits."""


def shape(raw: str) -> str:
    """Return SQL of the shape of a text as a number: its affix, a bar, and a letter; null of what is no number.

    i a whole number of up to three digits, I a longer one, s grouped by blanks or apostrophes, p has decimals
    after a point, c after a comma, b and B could be either (by a comma, by a point), z begins with a zero.
    """
    digits = "snps_p.digits"
    point, comma = _fits(digits, "."), _fits(digits, ",")
    either = f"CASE WHEN contains({digits}, ',') THEN 'b' WHEN contains({digits}, '.') THEN 'B' ELSE 's' END"
    letter = (
        f"CASE WHEN regexp_full_match({digits}, '0[0-9]+') THEN 'z' WHEN regexp_full_match({digits}, '[0-9]+')"
        f" THEN CASE WHEN length({digits}) <= 3 THEN 'i' ELSE 'I' END"
        f" WHEN {point} AND {comma} THEN {either} WHEN {point} THEN 'p' WHEN {comma} THEN 'c' END"
    )
    sql = let(
        "snps_p",
        _PARTS_OF,
        f"CASE WHEN {_IS_WHOLE} THEN snps_p.before || snps_p.after || '|' || {letter} END",
    )
    bare = "CASE WHEN length(snps_t) > 1 AND snps_t < '1' THEN 'z' WHEN length(snps_t) <= 3 THEN 'i' ELSE 'I' END"
    only_digits = f"WHEN regexp_full_match(snps_t, '[0-9]+') THEN '|' || {bare}"  # told apart without its parts
    some_digits = f"WHEN regexp_matches(snps_t, '[0-9]') AND length(snps_t) <= {_LONGEST} THEN {sql}"
    return let("snps_t", _text(raw), f"CASE {only_digits} {some_digits} END")


def rewritten(raw: str, way: Way) -> str:
    """Return SQL of the numbers as plain texts such as -1234.5, of other texts NO_NUMBER; blank stays null."""
    drop = ",'' " if way.decimal == "." else ".'' "
    plain = f"replace(translate(snps_p.digits, '{drop}', ''), ',', '.')"
    minus = (
        "CASE WHEN snps_p.opened <> '' OR '-' IN (snps_p.sign, snps_p.inner, snps_p.trailing) THEN '-' ELSE '' END"
    )
    affix = way.affix.replace("'", "''")
    fits = f"{_IS_WHOLE} AND snps_p.before || snps_p.after = '{affix}' AND {_fits('snps_p.digits', way.decimal)}"
    sql = let(
        "snps_p",
        _PARTS_OF,
        f"CASE WHEN {fits} THEN {minus} || {plain} || snps_p.power ELSE '{NO_NUMBER}' END",
    )
    return let("snps_t", _text(raw), f"CASE WHEN snps_t IS NULL THEN NULL ELSE {sql} END")


def numbers_of(shapes: Mapping[str, int], *, declared: Decimal | None, money: bool = False) -> Numbers | None:
    """Judge the shapes of a column; None where no text is a number. `money`: three decimals are not usual."""
    counts: Counter[tuple[str, str]] = Counter()
    for text, n in shapes.items():
        affix, _, letter = text.rpartition("|")
        counts[affix, letter] += n
    affixes: Counter[str] = Counter()
    for (affix, letter), n in counts.items():
        affixes[affix] += n if letter != "z" else 0
    if not affixes.total():
        return None
    affix = affixes.most_common(1)[0][0]
    letters = Counter({letter: n for (other, letter), n in counts.items() if other == affix})
    decimal, doubt = _decimal(letters, declared, money)
    fit = sum(letters[letter] for letter in ("iIsbBp" if decimal == "." else "iIsbBc"))
    plain = set(letters) <= {"i", "I", "z"}
    return Numbers(Way(decimal, affix), fit, doubt, codes=letters["z"] > 0 and plain, bare=plain and affix == "")


def _decimal(letters: Counter[str], declared: Decimal | None, money: bool) -> tuple[Decimal, bool]:
    """Return the sign of decimals and whether another one would be as good."""
    if declared is not None:
        return declared, False
    if letters["p"] != letters["c"]:
        return ("." if letters["p"] > letters["c"] else ","), False
    if letters["b"]:  # a group or three decimals
        return ".", True
    # programs write a point before decimals; people group thousands and leave smaller numbers as they are
    return ".", letters["B"] > 0 and not letters["I"] and (letters["i"] > 0 or money)


def _fits(body: str, decimal: Decimal) -> str:
    return f"regexp_full_match({body}, '{_BODY[decimal].replace(chr(39), chr(39) * 2)}')"


def _text(raw: str) -> str:
    return f"translate({clean_text(raw)}, '\u2212\u2019{_BLANKS}', '-''{' ' * len(_BLANKS)}')"
