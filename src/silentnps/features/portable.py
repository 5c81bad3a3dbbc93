"""What an expression of features needs to mean the same on every engine."""

from __future__ import annotations

from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir


def portable(table: ir.Table) -> ir.Table:
    """Return the expression with seconds counted in one way on every engine.

    The seconds between 10:00:00.9 and 10:00:02.1 are two on DuckDB and Snowflake, where the clock is looked at in
    whole seconds, and one on Spark, Databricks and BigQuery, where what has passed is. Moments are cut to whole
    seconds before, which makes it two everywhere; DuckDB alone is spared that.
    """
    found: ir.Table = table.op().replace(_of_the_clock).to_expr()
    return found


def _of_the_clock(node: Any, changed: dict[str, Any] | None) -> Any:
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.TimestampDelta):
        return node
    left, right = (ops.TimestampTruncate(moment, "s") for moment in (node.left, node.right))
    return ops.TimestampDelta(left=left, right=right, part=node.part)
