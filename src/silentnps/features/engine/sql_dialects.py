"""Changes to an expression of features that make it mean the same on every engine."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir


def portable(table: ir.Table) -> ir.Table:
    """Return the expression with seconds and quotients computed as DuckDB computes them, whatever the engine.

    - From 10:00:00.9 to 10:00:02.1 there are two seconds on DuckDB and Snowflake, which compare whole seconds of
      the clock, and one on Spark, Databricks and BigQuery, which count the seconds that have passed. Moments are
      truncated to whole seconds first, which makes it two on every engine.
    - A quotient of integers has six decimals on Snowflake. Dividends are converted to floats first, which keeps all
      decimals.
    """
    rewritten: ir.Table = table.op().replace(_as_on_duckdb).to_expr()
    return rewritten


def _as_on_duckdb(node: Any, changed: dict[str, Any] | None) -> Any:
    node = node.__recreate__(changed) if changed else node
    if isinstance(node, ops.TimestampDelta):
        left, right = (ops.TimestampTruncate(moment, "s") for moment in (node.left, node.right))
        return ops.TimestampDelta(left=left, right=right, part=node.part)
    if type(node) is ops.Divide and node.left.dtype.is_integer():  # not FloorDivide, which is a subclass
        return ops.Divide(ops.Cast(node.left, dt.float64), node.right)
    return node
