"""Markers of emptiness: however they are written, and whatever shortcut decides that a text is none."""

from __future__ import annotations

import duckdb
import pytest

from silentnps.data.values.markers import ALWAYS, AMONG_NUMBERS, is_marker


@pytest.mark.parametrize("words", [(*ALWAYS, *AMONG_NUMBERS), ("N/A", "-999"), ("\u2013", "keine Angabe")])
def test_texts_decided_by_their_ends_and_length_are_no_markers(words: tuple[str, ...]) -> None:
    around = ("{}", "{} ", "\t{}", "\u00a0{}\u00a0", "{}5", "5{}", "{}" + "x" * 40, " " * 60 + "{}")
    texts = [form.format(word.upper()) for word in words for form in around] + ["", " ", "c0001", "n/a9"]
    listed = {word.strip().lower() for word in words}
    expected = [text.strip(" \t\r\n\u00a0").lower() in listed for text in texts]
    sql = f"SELECT {is_marker('t', words)} FROM (SELECT unnest(?) AS t)"
    assert [found for (found,) in duckdb.execute(sql, [texts]).fetchall()] == expected
    assert duckdb.sql(f"SELECT {is_marker('t', words)} FROM (SELECT NULL::VARCHAR AS t)").fetchall() == [(False,)]
