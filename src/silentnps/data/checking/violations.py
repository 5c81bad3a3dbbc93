"""How many rows of a table violate each rule, and the rows that remain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.rules import Rule

_ASIDE = "silentnps_aside"


def count_violations(rows: ir.Table, rules: list[Rule]) -> tuple[int, list[tuple[Rule, int]], dict[str, int]]:
    """Count all rows, the rows of each violated rule, and the rows set aside by first reason.

    The last is `CheckedTable.aside`. Rules that no row violates are left out. One query counts; another one looks
    at the order of rules only where several set rows aside.
    """
    if not rules:
        return int(rows.count().execute()), [], {}
    flags = rows.select(**{f"rule_{i}": rule.bad(rows) for i, rule in enumerate(rules)})
    counts = _counted(flags, {name: flags[name].sum() for name in flags.columns})
    violated = [(rule, n) for i, rule in enumerate(rules) if (n := counts[f"rule_{i}"])]
    aside = {f"rule_{i}": rule for i, rule in enumerate(rules) if rule.effect == "row" and counts[f"rule_{i}"]}
    first = _first_reasons(flags, list(aside)) if len(aside) > 1 else counts
    of_reason = {reason_of(rule.column, rule.rule): first[name] for name, rule in aside.items() if first[name]}
    return counts["n_rows"], violated, of_reason


def _first_reasons(flags: ir.Table, names: list[str]) -> dict[str, int]:
    """Count the rows of each flag that none of the flags before it has."""
    before, sums = ibis.literal(False), {}
    for name in names:
        flag = flags[name].fill_null(False)
        sums[name] = (flag & ~before).sum()
        before |= flag
    return _counted(flags, sums)


def _counted(flags: ir.Table, sums: Mapping[str, ir.IntegerScalar]) -> dict[str, int]:
    (counts,) = flags.aggregate(n_rows=flags.count(), **sums).to_pyarrow().to_pylist()
    return {name: int(n or 0) for name, n in counts.items()}


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
