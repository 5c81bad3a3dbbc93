"""Orphans that would match a customer if ids were spelled alike."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir

Spelling = Callable[[ir.StringValue], ir.StringValue]

_SPELLINGS: dict[str, Spelling] = {
    "without leading zeros": lambda ids: ids.re_replace("^0+", ""),
    "in one case of letters": lambda ids: ids.lower(),
    "without blanks around": lambda ids: ids.strip(),
    "without zeros, case of letters and blanks": lambda ids: ids.strip().lower().re_replace("^0+", ""),
}
"""Ways of writing ids alike; the last one is all of them together."""


def spelling_hint(orphans: ir.Table, customers: ir.Table) -> str:
    """Return how many orphans would match in which spelling, empty if none would.

    They are not matched: 00123 and 123 may be two customers.
    """
    *single, together = spelled_alike(orphans, customers).items()
    shown = [(how, n) for how, n in single if n] or [(how, n) for how, n in (together,) if n]
    if not shown:
        return ""
    listed = ", ".join(f"{n} of them would match {how}" for how, n in shown)
    return f" {listed}: write the ids of both tables alike."


def spelled_alike(orphans: ir.Table, customers: ir.Table) -> dict[str, int]:
    """Return how many orphans would match in each spelling, the last one of all spellings together."""
    ids, known = orphans.customer_id, customers.customer_id
    matches = {how: (spell(ids).isin(spell(known))).sum().fill_null(0) for how, spell in _SPELLINGS.items()}
    counts = orphans.aggregate(**matches).execute().iloc[0]
    return {how: int(n) for how, n in zip(_SPELLINGS, counts, strict=True)}
