"""Features of referrals to friends. A conversion counts from its own time on."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import count_of, count_within, days_since_last, share_of

_referrals = partial(feature, "referrals", family="referrals", role="response driver")


@_referrals(unit="referrals", empty=0, words="friends referred in the last year")
def referrals_count_365d(events: ir.Table) -> ir.Value:
    """Referrals in the last 365 days."""
    return count_within(events, 365)


@_referrals(unit="referrals", empty=0, words="friends referred")
def referrals_count_total(events: ir.Table) -> ir.Value:
    """Referrals before as_of."""
    return events.count()


@_referrals(unit="referrals", empty=0, columns=("converted_at",), words="referred friends who became customers")
def referrals_converted_total(events: ir.Table) -> ir.Value:
    """Referrals whose friend became a customer before as_of."""
    return count_of(events.converted_at_happened)


@_referrals(unit="days", words="days since the last referral")
def referrals_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last referral to as_of."""
    return days_since_last(events)


@_referrals(
    role="neither", unit="share", columns=("converted_at",), words="share of referred friends who became customers"
)
def referrals_conversion_share(events: ir.Table) -> ir.Value:
    """Referrals whose friend became a customer before as_of, over referrals."""
    return share_of(events.converted_at_happened)
