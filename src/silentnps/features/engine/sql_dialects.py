"""What an expression of features needs to mean the same on every engine."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir


def portable(table: ir.Table) -> ir.Table:
    """Return the expression with seconds and quotients that are the same on every engine as on DuckDB.

    - Between 10:00:00.9 and 10:00:02.1 two seconds pass on DuckDB and Snowflake, which look at the clock in whole
      seconds, and one on Spark, Databricks and BigQuery, which look at what has passed. Moments are cut to whole
      seconds before: two everywhere.
    - A quotient of whole numbers has six decimals on Snowflake. They are floats before: as many as there are.
    """
    found: ir.Table = table.op().replace(_as_on_duckdb).to_expr()
    return found


def _as_on_duckdb(node: Any, changed: dict[str, Any] | None) -> Any:
    node = node.__recreate__(changed) if changed else node
    if isinstance(node, ops.TimestampDelta):
        left, right = (ops.TimestampTruncate(moment, "s") for moment in (node.left, node.right))
        return ops.TimestampDelta(left=left, right=right, part=node.part)
    if type(node) is ops.Divide and node.left.dtype.is_integer():  # not FloorDivide, its child
        return ops.Divide(ops.Cast(node.left, dt.float64), node.right)
    return node
