"""Answers and invitations of a population, counted by wave or by segment."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir


def answers_by_wave(population: ir.Table) -> list[dict[str, Any]]:
    """Return one record per wave, in their order: wave, customers, invited, answers, detractors, promoters."""
    grouped = population.group_by("wave").aggregate(**_counts(population)).order_by("wave")
    return list(grouped.to_pyarrow().to_pylist())


def answers_by_segment(
    population: ir.Table, customers: ir.Table, by: str, *, wave: str, most: int
) -> list[dict[str, Any]]:
    """Return one record per segment of a wave, the largest first: segment and the counts of `answers_by_wave`."""
    rows = population.filter(population.wave == wave)
    joined = rows.join(customers.select("customer_id", segment=customers[by].cast("string")), "customer_id")
    grouped = joined.group_by("segment").aggregate(**_counts(joined))
    return list(grouped.order_by(ibis.desc("customers"), "segment").limit(most).to_pyarrow().to_pylist())


def _counts(rows: ir.Table) -> dict[str, ir.Value]:
    answered = rows.respondent
    return {
        "customers": rows.count(),
        "invited": rows.invited.sum().fill_null(0),
        "answers": answered.sum().fill_null(0),
        "detractors": (answered & (rows.rating <= 6)).sum().fill_null(0),
        "promoters": (answered & (rows.rating >= 9)).sum().fill_null(0),
    }
