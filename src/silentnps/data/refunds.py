"""Refunds against the orders they belong to."""

from __future__ import annotations

import ibis.expr.types as ir

from silentnps.data.versions import latest

_NEEDED = {"order_id", "refund_amount"}


def above_their_orders(returns: ir.Table, orders: ir.Table | None) -> ir.Table | None:
    """Return the returns of orders whose refunds sum to more than the order's amount; None if that cannot be known.

    Of versions the last ones count.
    """
    if orders is None or not _NEEDED.issubset(returns.columns):
        return None
    returns, orders = latest("returns", returns), latest("orders", orders)
    refunded = returns.group_by("order_id").aggregate(refunded=returns.refund_amount.sum())
    pairs = refunded.join(orders.select("order_id", "amount"), "order_id")
    return returns.semi_join(pairs.filter(pairs.refunded > pairs.amount), "order_id")
