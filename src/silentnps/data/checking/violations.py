"""How many rows of a table violate each rule, and the rows that remain."""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.rules import Rule

_ASIDE = "silentnps_aside"


def count_violations(rows: ir.Table, rules: list[Rule]) -> tuple[int, list[tuple[Rule, int]], dict[str, int]]:
    """Count by one query: all rows, the rows of each violated rule, and the rows set aside by first reason.

    The last is `CheckedTable.aside`. Rules that no row violates are left out.
    """
    if not rules:
        return int(rows.count().execute()), [], {}
    flags = rows.select(**{f"rule_{i}": rule.bad(rows).fill_null(False) for i, rule in enumerate(rules)})
    sums = {name: flags[name].sum().fill_null(0) for name in flags.columns}
    before = ibis.literal(False)
    for i, rule in enumerate(rules):
        if rule.effect == "row":
            sums[f"first_{i}"] = (flags[f"rule_{i}"] & ~before).sum().fill_null(0)
            before |= flags[f"rule_{i}"]
    (counts,) = flags.aggregate(n_rows=flags.count(), **sums).to_pyarrow().to_pylist()
    violated = [(rule, int(counts[f"rule_{i}"])) for i, rule in enumerate(rules) if counts[f"rule_{i}"]]
    first = {reason_of(rule.column, rule.rule): int(counts.get(f"first_{i}", 0)) for i, rule in enumerate(rules)}
    return int(counts["n_rows"]), violated, {reason: n for reason, n in first.items() if n}


def reason_of(column: str, rule: str) -> str:
    """Return why rows are set aside: the rule they violate; `column` is empty for whole rows."""
    return f"{column or 'each row'} must be {rule}"


def set_aside(rows: ir.Table, rules: list[Rule]) -> ir.Table:
    """Return the rows that violate no rule on rows, with null where they violate a rule on values, unless kept."""
    if not rules:
        return rows
    bad = [(rule, rule.bad(rows).fill_null(False)) for rule in rules]
    emptied = [(rule.column, flag) for rule, flag in bad if rule.effect == "value" and not rule.stays]
    values = {
        name: reduce(or_, (flag for column, flag in emptied if column == name)).ifelse(
            ibis.null(rows[name].type()), rows[name]
        )
        for name in sorted({column for column, _ in emptied})
    }
    aside = reduce(or_, (flag for rule, flag in bad if rule.effect == "row"), ibis.literal(False))
    return rows.mutate(**values, **{_ASIDE: aside}).filter(~ibis._[_ASIDE]).drop(_ASIDE)
