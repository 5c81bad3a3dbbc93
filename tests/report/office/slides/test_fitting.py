"""Whether texts fit: larger letters need more room, and what does not fit is cut visibly."""

from __future__ import annotations

import pytest

from silentnps.report.office.slides.fitting import breaks_words, cut, fitted, height_of, n_lines

TEXT = "silent customers are less satisfied than those who answered " * 4


def test_larger_letters_and_narrower_boxes_need_more_lines() -> None:
    assert n_lines(TEXT, size=10, width=6) < n_lines(TEXT, size=20, width=6) < n_lines(TEXT, size=20, width=3)
    assert n_lines("", size=10, width=6) == 1


def test_the_largest_size_that_fits_is_taken() -> None:
    size, kept = fitted([TEXT], sizes=(20, 16, 12), width=6, height=1.4)
    assert kept == [TEXT]
    assert height_of([TEXT], size=size, width=6) <= 1.4
    larger = [each for each in (20, 16, 12) if each > size]
    assert larger
    assert all(height_of([TEXT], size=each, width=6) > 1.4 for each in larger)


@pytest.mark.parametrize("height", [0.0, 0.5, 1.0, 2.0])
def test_what_does_not_fit_is_left_out_whole_and_said(height: float) -> None:
    size, kept = fitted([TEXT] * 5, sizes=(20, 12), width=6, height=height)
    assert kept[-1] == "More in the notes."
    assert set(kept[:-1]) <= {TEXT}
    assert len(kept) == 1 or height_of(kept, size=size, width=6) <= height


@pytest.mark.parametrize("text", [TEXT, "x" * 300, f"a {'y' * 300}"])
@pytest.mark.parametrize("lines", [1, 2, 4])
def test_a_cut_text_fits_and_ends_in_dots(text: str, lines: int) -> None:
    shown = cut(text, size=12, width=2, lines=lines)
    assert shown.endswith("…")
    assert len(shown) > 1
    assert n_lines(shown, size=12, width=2) <= lines


def test_a_text_that_fits_is_not_cut() -> None:
    assert cut("north", size=12, width=2, lines=1) == "north"


def test_a_word_longer_than_a_line_is_noticed() -> None:
    assert breaks_words("Customers", size=13, width=0.7)
    assert not breaks_words("Customers", size=13, width=1.5)
