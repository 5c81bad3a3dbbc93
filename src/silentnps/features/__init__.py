"""Features of a customer at a moment, for rows of (customer, as_of)."""

from silentnps.features import definitions, learned  # noqa: F401  importing them enters the features in the catalogue
