"""The definitions of features: one function per feature, in modules by raw table."""

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
