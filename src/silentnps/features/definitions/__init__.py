"""Features: one function each, one module per raw table."""

from silentnps.features.definitions import (  # noqa: F401  importing a module registers its features
    baskets,
    customers,
    delivery,
    engagement,
    invitations,
    orders,
    outreach,
    referrals,
    responses,
    returns,
    support,
)
