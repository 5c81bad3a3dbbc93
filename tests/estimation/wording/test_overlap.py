"""The caution of answers that are hardly like the silent customers."""

from __future__ import annotations

from silentnps.estimation.wording.overlap import describe_overlap


def test_the_caution_says_how_little_the_answers_count():
    values = {"outside_overlap_share": 0.34, "effective_sample_size": 31.0}
    assert describe_overlap(values, n_answers=1000) == (
        "Do not rely on this number: those who answered and the silent hardly overlap. For 34 % of those asked who "
        "stayed silent hardly any answer stands, and weighted to look like them 1,000 answers count as much as 31. "
        "Features together may know who answered: see who answered, and leave out what is filled in after the "
        "answer."
    )


def test_without_reason_there_is_no_caution():
    assert describe_overlap({"outside_overlap_share": 0.3, "effective_sample_size": 300.0}, n_answers=1000) == ""
    assert describe_overlap({}, n_answers=1000) == ""
