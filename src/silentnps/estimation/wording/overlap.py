"""The caution of an estimate whose answers are hardly like its silent customers."""

from __future__ import annotations

from collections.abc import Mapping

from silentnps.estimation.checks.overlap import hardly_overlap, overlap_measures


def describe_overlap(diagnostics: Mapping[str, float], *, n_answers: int) -> str:
    """Say that answers and silent customers hardly overlap; empty where they do.

    Parameters
    ----------
    diagnostics
        `outside_overlap_share` and `effective_sample_size` of `diagnose`; one that is not there says nothing.

    Examples
    --------
    >>> describe_overlap({"outside_overlap_share": 0.01, "effective_sample_size": 400.0}, n_answers=700)
    ''
    """
    if not hardly_overlap(diagnostics, n_answers=n_answers):
        return ""
    outside, effective = overlap_measures(diagnostics, n_answers=n_answers)
    return (
        "Do not rely on this number: those who answered and the silent hardly overlap. For "
        f"{100 * outside:.0f} % of those asked who stayed silent hardly any answer stands, and weighted to look "
        f"like them {n_answers:,} answers count as much as {effective:,.0f}. Features together may know who "
        "answered: see who answered, and leave out what is filled in after the answer."
    )
