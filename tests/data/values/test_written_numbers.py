"""Numbers, dates and empty values as people's tools write them, by the SQL that reads them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silentnps.data.values import written_dates, written_numbers
from silentnps.data.values.markers import ALWAYS, AMONG_NUMBERS, is_marker

CONNECTION = duckdb.connect()


def values(expression: str, texts: list[str | None]) -> list[Any]:
    CONNECTION.register("given_texts", pa.table({"x": pa.array(texts, pa.string())}))
    return [row[0] for row in CONNECTION.execute(f"SELECT {expression} FROM given_texts").fetchall()]


def numbers_of(texts: list[str], **options: Any) -> written_numbers.Numbers | None:
    shapes = Counter(shape for shape in values(written_numbers.shape("x"), list(texts)) if shape is not None)
    return written_numbers.numbers_of(shapes, **{"declared": None, **options})


def read(texts: list[str], **options: Any) -> list[float | None]:
    """Return the texts as numbers in the way that is found for all of them."""
    found = numbers_of(texts, **options)
    assert found is not None
    assert not found.ambiguous
    plain = values(written_numbers.rewritten("x", found.way), list(texts))
    return [None if text == written_numbers.NO_NUMBER else float(text) for text in plain]


GROUPING = {".": (",", " ", "\u00a0", "\u202f", "'", "\u2019", ""), ",": (".", " ", "\u00a0", "'", "")}
AROUND = ("{}", "€{}", "{} €", "EUR {}", "{} eur", "$ {}", "{}%", "{} %", "CHF{}", "R$ {}", "zł {}")
MINUS = ("-{}", "({})", "\u2212{}", "{}-")


def written(number: int, *, decimal: str, group: str) -> str:
    """Return a number of hundredths with its decimals, and its thousands grouped."""
    whole = f"{number // 100:,}".replace(",", group)
    return f"{whole}{decimal}{number % 100:02d}"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=8), st.data())
def test_numbers_written_in_one_way_are_these_numbers(hundredths: list[int], data: st.DataObject) -> None:
    decimal = data.draw(st.sampled_from([".", ","]))
    group, around = data.draw(st.sampled_from(GROUPING[decimal])), data.draw(st.sampled_from(AROUND))
    minus = data.draw(st.sampled_from(MINUS))
    signs = data.draw(st.lists(st.booleans(), min_size=len(hundredths), max_size=len(hundredths)))
    own = [around.format(written(n, decimal=decimal, group=group)) for n in hundredths]
    texts = [minus.format(text) if negative else text for text, negative in zip(own, signs, strict=True)]
    expected = [(-n if negative else n) / 100 for n, negative in zip(hundredths, signs, strict=True)]
    assert read(texts) == expected


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,23,456.78", "12"], [123456.78, 12]),
        (["1,5E+05", "2"], [150000, 2]),
        (["1,234,567", "5.5"], [1234567, 5.5]),
        (["1.234.567", "0,5"], [1234567, 0.5]),
        (["1 234", "12,5"], [1234, 12.5]),
        (["0.305", "1.234"], [0.305, 1.234]),
        (["12345", "1.234"], [12345, 1.234]),  # no thousands are grouped
    ],
)
def test_numbers_by_hand(texts: list[str], numbers: list[float]) -> None:
    assert read(texts) == numbers


@pytest.mark.parametrize("texts", [["1,234", "5,678"], ["1,234", "987"], ["1.234", "987"], ["€1,234"]])
@pytest.mark.parametrize(("declared", "thousands"), [(".", ","), (",", ".")])
def test_what_can_be_read_in_two_ways_needs_a_declaration(texts: list[str], declared: str, thousands: str) -> None:
    found = numbers_of(texts)
    assert found is not None
    assert found.ambiguous
    plain = [text.lstrip("€").replace(thousands, "").replace(",", ".") for text in texts]
    assert read(texts, declared=declared) == [float(text) for text in plain]


def test_three_decimals_of_amounts_are_not_taken_for_granted() -> None:
    texts = ["1.234", "5.678"]
    assert read(texts) == [1.234, 5.678]
    found = numbers_of(texts, money=True)
    assert found is not None
    assert found.ambiguous


@pytest.mark.parametrize(
    "odd", ["12a", "1,2,3", "12.34.56", "(5", "abc", "$12.00", "12%", "3.4.2024", "+49 170 123"]
)
def test_one_text_that_is_written_otherwise_is_no_number(odd: str) -> None:
    assert read([*["12.5"] * 9, odd]) == [*[12.5] * 9, None]


def test_numbers_with_a_zero_in_front_are_codes() -> None:
    found = numbers_of(["01067", "10115"])
    assert found is not None
    assert found.codes


WAYS = {
    "%Y-%m-%d": None,
    "%Y/%m/%d": None,
    "%Y%m%d": None,
    "%d.%m.%Y": None,
    "%d/%m/%Y": True,
    "%m/%d/%Y": False,
    "%d-%m-%Y": True,
    "%d %b %Y": None,
    "%d-%b-%Y": None,
    "%B %d, %Y": None,
}
"""Ways of writing a date, and what is to be declared of the order of day and month."""

CLOCKS = {"": "", " %H:%M": " %H:%M", " %H:%M:%S": " %H:%M:%S", " %I:%M %p": " %H:%M"}


def as_dates(texts: list[str], day_first: bool | None = None) -> written_dates.Dates | None:
    shapes = Counter(shape for shape in values(written_dates.shape("x"), list(texts)) if shape is not None)
    return written_dates.dates_of(shapes, day_first=day_first)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)), min_size=1, max_size=5),
    st.sampled_from(list(WAYS)),
    st.sampled_from(list(CLOCKS)),
)
def test_dates_written_in_one_way_are_these_dates(moments: list[datetime], way: str, clock: str) -> None:
    texts = [moment.strftime(way + clock) for moment in moments]
    found = as_dates(texts, WAYS[way])
    assert found is not None
    assert not found.ambiguous
    assert found.n_fit == len(texts)
    iso = [moment.strftime("%Y-%m-%d" + CLOCKS[clock]) for moment in moments]
    assert values(written_dates.rewritten("x", found), list(texts)) == iso


def test_the_order_of_day_and_month_is_seen_declared_or_left_open() -> None:
    seen = as_dates(["03/04/2025", "13/04/2025"])
    assert seen is not None
    assert (seen.day_first, seen.ambiguous) == (True, False)
    seen = as_dates(["03/04/2025", "03/14/2025"])
    assert seen is not None
    assert (seen.day_first, seen.ambiguous) == (False, False)
    left_open = as_dates(["03/04/2025", "05/06/2025"])
    assert left_open is not None
    assert left_open.ambiguous
    for day_first, iso in ((True, "2025-04-03"), (False, "2025-03-04")):
        found = as_dates(["03/04/2025"], day_first)
        assert found is not None
        assert values(written_dates.rewritten("x", found), ["03/04/2025", None, "x"]) == [iso, None, "?"]


@pytest.mark.parametrize("text", ["1.2.24", "14:05", "12", "north 5", "2025", "abc"])
def test_no_date_is_made_of_a_short_year_a_time_of_day_or_a_number(text: str) -> None:
    assert as_dates([text]) is None


def test_markers_of_emptiness_are_known_whatever_their_case_and_the_blanks_around_them() -> None:
    words = (*ALWAYS, *AMONG_NUMBERS)
    texts = [form for word in words for form in (word, word.upper(), word.title(), f" {word}\t")]
    assert values(is_marker("x", words), list(texts)) == [True] * len(texts)
    others = [None, "", "5", "n/a!", "north", "-5", "nullable", "0", "Nan a"]
    assert values(is_marker("x", words), others) == [False] * len(others)
    assert values(is_marker("x", ["-999", "leer"]), ["-999", "Leer", "n/a", "999"]) == [True, True, False, False]
