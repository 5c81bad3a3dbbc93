"""Features of returns and refunds."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import count_within, days_since_last, share, sum_of, within
from silentnps.schema import MINOR_UNITS

_shadow = partial(feature, family="returns", role="shadow", actionable=True)
_returns = partial(_shadow, "returns")


@_returns(unit="returns", empty=0, words="returns in the last 90 days")
def returns_count_90d(events: ir.Table) -> ir.Value:
    """Returns in the last 90 days."""
    return count_within(events, 90)


@_returns(unit="returns", empty=0, words="returns in the last year")
def returns_count_365d(events: ir.Table) -> ir.Value:
    """Returns in the last 365 days."""
    return count_within(events, 365)


@_returns(unit="days", words="days since the last return")
def returns_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last return to as_of."""
    return days_since_last(events)


@_returns(unit="currency", empty=0, columns=("refund_amount",), words="refunds in the last year")
def returns_refund_amount_365d(events: ir.Table) -> ir.Value:
    """Sum of the refunds of the last 365 days."""
    return sum_of(events.refund_amount, within(events, 365)) / MINOR_UNITS


@_shadow(
    "returns",
    "orders",
    unit="share",
    inputs=("returns_refund_amount_365d", "orders_amount_365d"),
    words="refunds as a share of spend in the last year",
)
def returns_refund_share_365d(built: ir.Table) -> ir.Value:
    """Refunds over the amounts of orders, both of the last 365 days; above 1 when older orders came back."""
    return share(built.returns_refund_amount_365d, built.orders_amount_365d)


@_shadow(
    "returns",
    "orders",
    unit="ratio",
    inputs=("returns_count_365d", "orders_count_365d"),
    words="returns per order in the last year",
)
def returns_per_order_365d(built: ir.Table) -> ir.Value:
    """Returns over orders, both of the last 365 days."""
    return share(built.returns_count_365d, built.orders_count_365d)
