"""Features of what is ordered, and where: channels, items and categories."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import nunique_of, share, share_of, within

_basket = partial(feature, "orders", family="baskets", role="response driver")

ONLINE_CHANNELS = ("app", "e-commerce", "ecommerce", "internet", "mobile", "online", "shop app", "web", "website")
"""The values of `orders.channel`, in lower case, that count as online; all others count as physical."""


@_basket(unit="share", columns=("channel",), words="share of orders placed online in the last year")
def orders_online_share_365d(events: ir.Table) -> ir.Value:
    """Orders through an online channel over orders of a known channel, of the last 365 days."""
    return share_of(events.channel.isin(ONLINE_CHANNELS), within(events, 365))


@_basket(role="neither", unit="channels", empty=0, columns=("channel",), words="channels used in the last year")
def orders_channels_365d(events: ir.Table) -> ir.Value:
    """Different channels of the orders of the last 365 days."""
    return nunique_of(events.channel, within(events, 365))


@_basket(role="neither", unit="items", columns=("items",), words="items per order in the last year")
def orders_items_mean_365d(events: ir.Table) -> ir.Value:
    """Mean number of items of the orders of the last 365 days for which it is known."""
    recent = within(events, 365)
    return share(events["items"].sum(where=recent), events["items"].count(where=recent))


@_basket(
    role="neither", unit="categories", empty=0, columns=("category",), words="categories bought in the last year"
)
def orders_categories_365d(events: ir.Table) -> ir.Value:
    """Different categories of the orders of the last 365 days."""
    return nunique_of(events.category, within(events, 365))
