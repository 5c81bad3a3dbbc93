"""Features learned from the base at the earliest training wave."""

from silentnps.features.learned import learned  # noqa: F401  importing it enters the features in the catalogue
