"""Features: one function each, one file per raw table and one for the learned, for rows of (customer, as_of)."""

from silentnps.features import (  # noqa: F401  importing a table's file enters its features in the catalogue
    baskets,
    customers,
    delivery,
    engagement,
    invitations,
    learned,
    orders,
    outreach,
    referrals,
    responses,
    returns,
    support,
)
