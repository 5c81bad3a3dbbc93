"""Refunds against the orders they belong to."""

from __future__ import annotations

import ibis.expr.types as ir

from silentnps.data.checking.versions import latest

_NEEDED = {"order_id", "refund_amount"}


def refunded_above_amount(returns: ir.Table, orders: ir.Table | None) -> ir.Table | None:
    """Return order_id and n_returns of orders whose refunds sum to more than their amount; None if nobody can know.

    Of versions the last ones count.
    """
    if orders is None or not _NEEDED.issubset(returns.columns):
        return None
    returns, orders = latest("returns", returns), latest("orders", orders)
    refunded = returns.group_by("order_id").aggregate(
        refunded=returns.refund_amount.sum(), n_returns=returns.count()
    )
    pairs = refunded.join(orders.select("order_id", "amount"), "order_id")
    return pairs.filter(pairs.refunded > pairs.amount).select("order_id", "n_returns")
