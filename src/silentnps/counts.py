"""Counts in words: one finding, two findings."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless there is one.

    >>> counted(1, "finding"), counted(2_000, "bad row")
    ('1 finding', '2,000 bad rows')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
