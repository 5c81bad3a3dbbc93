"""What is much longer than a rating with its words is none, so that no search in it takes for ever."""

from __future__ import annotations

from silentnps.data.values.rating_notation import read_notation


def test_a_text_that_is_much_longer_than_a_rating_is_none():
    said = read_notation("7 - " + "x" * 100)
    assert said is not None
    assert said.number == 7
    assert read_notation("7 - " + "x" * 200) is None
    assert read_notation("(" * 100 + "1" * 3_000_000) is None
